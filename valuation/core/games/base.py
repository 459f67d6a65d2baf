"""Game: a vectorised utility of coalitions, bool (b, n_players) -> float64 (b,)."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from valuation.errors import ShapeMismatch, UtilityNotFinite

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@runtime_checkable
class Game(Protocol):
    """What every method relies on.

    n_players : int, at least 1
    empty : float, v(∅)
    cheap : bool, whether a coalition costs microseconds, so that full enumeration is a choice
    """

    @property
    def n_players(self) -> int: ...

    @property
    def cheap(self) -> bool: ...

    @property
    def empty(self) -> float: ...

    def __call__(self, coalitions: Bools, /) -> Floats:
        """Utilities float64 (b,) of coalitions bool (b, n_players); the same batch, the same bits.

        Raises
        ------
        UtilityNotFinite : a coalition has no finite utility
        """
        ...

    def untrainable(self, coalitions: Bools, /) -> Bools:
        """Which coalitions cannot train a model and so have the value v(∅); bool (b,)."""
        ...

    def closed_form(self) -> Floats | None:
        """Exact Shapley values (n_players,) without enumeration; None where no formula is known."""
        ...


def as_coalitions(coalitions: Any, n_players: int) -> Bools:
    """The coalitions as bool (b, n_players).

    Raises
    ------
    ShapeMismatch : another shape
    """
    members = np.asarray(coalitions)
    if members.ndim != 2 or members.shape[1] != n_players:
        raise ShapeMismatch(
            f"Coalitions must have the shape (b, {n_players}), not {members.shape}."
        )
    return members.astype(bool, copy=False)


def checked_utilities(utilities: Any, count: int) -> Floats:
    """The utilities as float64 (count,), all of them finite.

    Raises
    ------
    ShapeMismatch : another number of them
    UtilityNotFinite : NaN or an infinity among them
    """
    checked = np.asarray(utilities, dtype=np.float64)
    if checked.shape != (count,):
        raise ShapeMismatch(f"The game must return {count} utilities, not shape {checked.shape}.")
    if not np.isfinite(checked).all():
        at = int(np.flatnonzero(~np.isfinite(checked))[0])
        raise UtilityNotFinite(f"The utility of coalition {at} of the batch is {checked[at]}.")
    return checked

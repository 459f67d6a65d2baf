"""FunctionGame and TableGame: any function of coalitions, and a table of all 2**n utilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from valuation.core.games.base import Bools, Floats, as_coalitions, checked_utilities
from valuation.errors import ShapeMismatch


class FunctionGame:
    """A game given by a vectorised function.

    Parameters
    ----------
    n_players : int, at least 1
    function : bool (b, n_players) -> float64 (b,)

    >>> game = FunctionGame(3, lambda coalitions: coalitions.sum(axis=1) ** 2.0)
    >>> game(np.array([[True, True, False]]))
    array([4.])
    """

    cheap = False

    def __init__(self, n_players: int, function: Callable[[Bools], Any]) -> None:
        if n_players < 1:
            raise ShapeMismatch("A game needs at least one player.")
        self.n_players = int(n_players)
        self.function = function

    def __call__(self, coalitions: Bools, /) -> Floats:
        members = as_coalitions(coalitions, self.n_players)
        return checked_utilities(self.function(members), len(members))

    @cached_property
    def empty(self) -> float:
        """v(∅), one call of the function; a run evaluates ∅ among its coalitions instead."""
        return float(self(np.zeros((1, self.n_players), dtype=bool))[0])

    def untrainable(self, coalitions: Bools, /) -> Bools:
        return np.zeros(len(coalitions), dtype=bool)

    def closed_form(self) -> Floats | None:
        return None


class TableGame:
    """A game given by all its utilities.

    Parameters
    ----------
    utilities : float64 (2**n,); player i is bit i of the index, player 0 the least significant

    >>> game = TableGame([0.0, 1.0, 2.0, 4.0])
    >>> game(np.array([[True, False], [True, True]]))
    array([1., 4.])
    """

    cheap = True

    def __init__(self, utilities: Sequence[float] | Floats) -> None:
        size = len(utilities)
        if size < 2 or size & (size - 1):
            raise ShapeMismatch(f"A table needs 2**n utilities with n >= 1, not {size}.")
        self.n_players = size.bit_length() - 1
        self.utilities = checked_utilities(np.array(utilities, dtype=np.float64), size)
        self.utilities.flags.writeable = False
        self._bits = 1 << np.arange(self.n_players, dtype=np.int64)

    def __call__(self, coalitions: Bools, /) -> Floats:
        members = as_coalitions(coalitions, self.n_players)
        return self.utilities[members @ self._bits]

    @property
    def empty(self) -> float:
        return float(self.utilities[0])

    def untrainable(self, coalitions: Bools, /) -> Bools:
        return np.zeros(len(coalitions), dtype=bool)

    def closed_form(self) -> Floats | None:
        return None

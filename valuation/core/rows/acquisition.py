"""Acquisition: what a candidate batch would add and be paid, before it is admitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from valuation.core.engine import value
from valuation.core.games.base import Game
from valuation.errors import ShapeMismatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a candidate would bring.

    marginal : v(N) − v(N without it), what it adds to the present players
    value, standard_error : its Shapley value if admitted
    share : of the pool if admitted, max(value, 0) over the sum of all such
    """

    marginal: float
    value: float
    standard_error: float
    share: float

    def price_minor(self, pool_minor: int) -> int:
        """What the share of a pool comes to, minor units, rounded down: a suggestion, no claim."""
        return int(self.share * pool_minor)


def acquisition(
    game: Game, candidate: int, *, step: float = 0.0, method: str = "auto", **options: Any
) -> Offer:
    """The offer to a candidate player of a game that has the present players and it.

    Parameters
    ----------
    game : the game as it would be with the candidate admitted
    candidate : its index
    step : marginal and value are rounded towards zero to multiples of it, so that repeated
        previews of small variations tell nothing of the validation rows (the Ladder, Blum & Hardt
        2015); 0 rounds nothing
    method, options : of `value`

    Raises
    ------
    ShapeMismatch : no such player

    >>> from valuation.core.games import FunctionGame
    >>> game = FunctionGame(2, lambda coalitions: coalitions @ np.array([3.0, 1.0]))
    >>> acquisition(game, 1, method="exact", budget=4).share
    0.25
    """
    if not 0 <= candidate < game.n_players:
        raise ShapeMismatch(f"There is no player {candidate}.")
    result = value(game, method=method, **options)
    others = np.arange(game.n_players) != candidate
    without = game.empty if not others.any() else float(game(others[None])[0])
    positive = np.maximum(result.values, 0.0)
    total = float(positive.sum())
    return Offer(
        marginal=_rounded(result.grand - without, step),
        value=_rounded(float(result.values[candidate]), step),
        standard_error=float(result.standard_errors[candidate]),
        share=float(positive[candidate]) / total if total > 0.0 else 0.0,
    )


def _rounded(number: float, step: float) -> float:
    """
    >>> _rounded(-0.57, 0.25)
    -0.5
    """
    return float(np.trunc(number / step) * step) if step > 0.0 else number

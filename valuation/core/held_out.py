"""Shares of the pool judged on two held-out sets by the same fits, and by how much they differ.

A coalition is fitted once and scored on both sets, so coalitions and models are the same and
only the rows that judge differ. How far a share moves with the rows that judge is told by the
delete-a-group jackknife: the shares are found again without one group of rows after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from valuation.core.coalitions import Coalitions, Floats, keys
from valuation.core.engine import value
from valuation.core.games import DataGame, FunctionGame
from valuation.core.methods import METHODS
from valuation.core.utilities import Scorer, Utility
from valuation.errors import UnsuitableUtility

# Groups of held-out rows: enough for a standard error good to a sixth, few enough to be cheap.
GROUPS = 20
FLAGGED_SE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutShares:
    """By player: shares on both sets, and how far the rows that judge carry.

    Attributes
    ----------
    shares, sealed_shares : float64 (n_players,), of Σ max(value, 0); 0 where none is positive
    standard_errors : float64 (n_players,), of the difference of shares, by the rows of both sets
    values, value_errors : float64 (n_players,), on the validation set, by its rows
    flagged : bool (n_players,), whether the shares differ by more than two standard errors
    above_zero : bool (n_players,), whether the value is more than two standard errors above 0
    evaluations : fits of coalitions, each scored on both sets
    """

    shares: Floats
    sealed_shares: Floats
    standard_errors: Floats
    values: Floats
    value_errors: Floats
    evaluations: int

    @property
    def flagged(self) -> NDArray[np.bool_]:
        return np.abs(self.shares - self.sealed_shares) > FLAGGED_SE * self.standard_errors

    @property
    def above_zero(self) -> NDArray[np.bool_]:
        return self.values > FLAGGED_SE * self.value_errors


def held_out_shares(
    build: Callable[[Floats, NDArray, Utility], DataGame],
    *,
    validation: tuple[Floats, NDArray],
    sealed: tuple[Floats, NDArray],
    utility: Utility,
    budget: int,
    seed: int = 0,
) -> HeldOutShares:
    """Value the game on both held-out sets at once.

    Parameters
    ----------
    build : (x, y, utility) -> DataGame, the game with these rows and utility to judge
    validation, sealed : x (rows, features) and y (rows,)
    budget : fits; exact if it covers all coalitions, else sampled
    """
    x = np.concatenate([validation[0], sealed[0]])
    y = np.concatenate([validation[1], sealed[1]])
    first = np.arange(len(validation[1]))
    groups = [*subsets(first), *subsets(np.arange(len(first), len(y)))]
    game = build(x, y, scored_on(utility, y, groups))
    scored = Scored(game)
    values = np.stack([scored.values(at, budget, seed) for at in range(len(groups))])
    shares = np.stack([share_of(each) for each in values])
    ours, theirs = shares[: GROUPS + 1], shares[GROUPS + 1 :]
    return HeldOutShares(
        values=values[0],
        value_errors=np.sqrt(jackknife_variance(values[1 : GROUPS + 1])),
        shares=ours[0],
        sealed_shares=theirs[0],
        standard_errors=np.sqrt(jackknife_variance(ours[1:]) + jackknife_variance(theirs[1:])),
        evaluations=len(scored.known),
    )


def subsets(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return all rows, then all but each group; every GROUPS-th row is of one group."""
    return [rows, *(np.delete(rows, np.s_[group::GROUPS]) for group in range(GROUPS))]


def scored_on(utility: Utility, y: NDArray, groups: list[NDArray[np.int64]]) -> Utility:
    """Return a utility with one part for each group of rows: the same score on them alone.

    Raises
    ------
    UnsuitableUtility
        If the utility is composed of parts, or is of costs.
    """
    if utility.parts or utility.of_cost or not utility.batched:
        raise UnsuitableUtility("Only a named utility can be compared on two held-out sets.")
    classes, indices = np.unique(y, return_inverse=True) if y.dtype.kind in "iu" else (None, y)
    parts = [
        Utility(
            name=f"{utility.name} {number}",
            function=partial(on_rows, utility.function, rows),
            empty=Scorer(utility, indices[rows], classes).empty(),
            task=utility.task,
            batched=True,
            labels_suffice=utility.labels_suffice,
        )
        for number, rows in enumerate(groups)
    ]
    return Utility(
        name=f"{utility.name} on {len(groups)} groups",
        function=utility.function,
        task=utility.task,
        batched=True,
        labels_suffice=utility.labels_suffice,
        parts=tuple((1.0, part) for part in parts),
    )


def on_rows(
    function: Callable[..., Floats], rows: NDArray[np.int64], y: NDArray, p: Floats
) -> Floats:
    return function(y[rows], p[..., rows])


class Scored:
    """The scores of coalitions on every group of rows, each coalition fitted once."""

    def __init__(self, game: DataGame) -> None:
        self.game = game
        self.known: dict[bytes, Floats] = {}

    def values(self, at: int, budget: int, seed: int) -> Floats:
        """Return each player's value (n_players,) by the scores on one group of rows."""
        n = self.game.n_players
        method = "exact" if 2**n <= budget else sampled(n, budget)
        judged = FunctionGame(n, partial(self.scores, at))
        return value(judged, method=method, budget=budget, seed=seed, controls=()).values

    def scores(self, at: int, coalitions: Coalitions) -> Floats:
        """Return the scores (b,) of the coalitions on one group of rows."""
        names = keys(coalitions)
        new = np.array([name not in self.known for name in names], dtype=bool)
        if new.any():
            found = self.game.parts(coalitions[new])
            self.known.update(zip(np.array(names, dtype=object)[new], found, strict=True))
        return np.array([self.known[name][at] for name in names])


def share_of(values: Floats) -> Floats:
    """Return each player's share of what is paid by value; 0 where no value is positive."""
    paid = np.maximum(values, 0.0)
    return paid / paid.sum() if paid.sum() > 0 else paid


def sampled(n_players: int, budget: int) -> str:
    """Return the method without controls of the least error that the budget reaches."""
    reached = METHODS["leverage"].budget_min(n_players) <= budget
    return "leverage" if reached else "permutation"


def jackknife_variance(without: Floats) -> Floats:
    """Return the variance (n,) of a statistic from its values (groups, n) without each group."""
    groups = len(without)
    spread = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray((groups - 1) / groups * spread, dtype=np.float64)

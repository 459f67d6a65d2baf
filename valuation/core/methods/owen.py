"""Sampling of the multilinear extension.

Owen, G. (1972). Multilinear extensions of games. Okhrati, R., Lipani, A. (2020).
A multilinear sampling algorithm to estimate Shapley values. See
docs/algorithms/owen.md.
"""

import numpy as np
from numpy.typing import NDArray

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.result import Result
from valuation.core.spread import PRIOR_PARTS, small_sample_factor

STRATA = 4  # of q in (0, 1/2); the complement serves 1 − q. More gain no accuracy in trials.


def budget_min(n_players: int) -> int:
    """Two units, for a spread: a coalition, its complement and all their neighbours."""
    return 2 * _unit(n_players) + 2


def _unit(n_players: int) -> int:
    return 2 * (n_players + 1)


def owen(problem: Problem) -> Asking:
    """φ_i = ∫ E[v(R ∪ i) − v(R without i)] dq, every player in R with probability q.

    A unit is one R and its complement, each with every player added or taken
    out; the q are drawn one from each stratum in turn, so that they are evenly
    spread and yet independent within a stratum, which the error is told from.
    Additive normalisation makes the values sum to v(N) − v(∅).
    """

    def design(budget: int) -> Coalitions:
        return _neighbourhoods(_bases(problem, budget)).reshape(-1, problem.n_players)

    def estimate(budget: int, utilities: Floats) -> Result:
        bases = _bases(problem, budget)
        parts = _marginals(bases, utilities.reshape(*bases.shape[:2], -1)).mean(axis=1)
        parts += (problem.range - parts.sum(axis=1, keepdims=True)) / problem.n_players
        values, errors = _over_strata(parts, _strata_told_apart(problem, len(parts)))
        values += (problem.range - values.sum()) / problem.n_players
        return problem.result(values, errors, "owen", units=len(parts))

    return (yield from in_rounds(problem, budget_min(problem.n_players), design, estimate))


def _strata(problem: Problem, units: int) -> NDArray[np.int64]:
    """The stratum of each unit: all of them in a random order, then again, (units,)."""
    blocks = -(-units // STRATA)
    return problem.generator(0).random((blocks, STRATA)).argsort(axis=1).ravel()[:units]


def _strata_told_apart(problem: Problem, units: int) -> NDArray[np.int64]:
    """The same; all are one where there are too few units to see a spread in each."""
    strata = _strata(problem, units)
    return strata if units >= 2 * STRATA else np.zeros_like(strata)


def _thresholds(problem: Problem, units: int) -> Floats:
    return (_strata(problem, units) + problem.generator(2).random(units)) / (2 * STRATA)


def _bases(problem: Problem, budget: int) -> Coalitions:
    """The R and their complements, (units, 2, n); fewer units are the first of more."""
    units = (budget - 2) // _unit(problem.n_players)
    draws = problem.generator(1).random((units, problem.n_players))
    members = draws < _thresholds(problem, units)[:, None]
    return np.stack([members, ~members], axis=1)


def _neighbourhoods(bases: Coalitions) -> Coalitions:
    """Each R, then R with player 0 … n − 1 moved in or out: (units, 2, n + 1, n)."""
    n_players = bases.shape[-1]
    moves = np.concatenate([np.zeros((1, n_players), dtype=np.bool_), np.eye(n_players) > 0])
    return bases[:, :, None, :] ^ moves


def _marginals(bases: Coalitions, utilities: Floats) -> Floats:
    """v(R ∪ i) − v(R without i), (units, 2, n)."""
    moved = utilities[:, :, 1:] - utilities[:, :, :1]
    return np.where(bases, -moved, moved)


def _over_strata(parts: Floats, strata: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean of the strata's means and its standard errors, (n,) each; of parts (units, n).

    The spread in a stratum is the player's own, and what all players have there as
    so many parts more.
    """
    inside = np.arange(strata.max() + 1)[:, None] == strata
    counts = inside.sum(axis=1)[:, None]
    means = inside @ parts / counts
    squares = inside @ (parts - means[strata]) ** 2
    freedom = counts - 1
    parts_told = float((freedom + PRIOR_PARTS).sum())
    everywhere = squares.sum(axis=0).mean() / freedom.sum()
    pooled = squares.mean(axis=1, keepdims=True) / np.maximum(freedom, 1)
    usual = np.where(freedom > 0, pooled, everywhere)
    variances = (squares + PRIOR_PARTS * usual) / (freedom + PRIOR_PARTS) / counts
    errors = np.sqrt(variances.sum(axis=0)) / len(counts)
    return means.mean(axis=0), errors * small_sample_factor(parts_told)

"""Sampling of the multilinear extension.

Owen, G. (1972). Multilinear extensions of games. Okhrati, R., Lipani, A. (2020).
A multilinear sampling algorithm to estimate Shapley values. See
docs/algorithms/owen.md.
"""

import numpy as np

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.result import Result
from valuation.core.spread import PRIOR_PARTS, small_sample_factor

GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0  # its multiples modulo 1 fill (0, 1) evenly at every length


def budget_min(n_players: int) -> int:
    """Two units, for a spread: a coalition, its complement and all their neighbours."""
    return 2 * _unit(n_players) + 2


def _unit(n_players: int) -> int:
    return 2 * (n_players + 1)


def owen(problem: Problem) -> Asking:
    """φ_i = ∫ E[v(R ∪ i) − v(R without i)] dq, every player in R with probability q.

    A unit is one R and its complement, each with every player added or taken
    out; the q are a randomly shifted Weyl sequence, evenly spread however many
    there are. Additive normalisation makes the values sum to v(N) − v(∅).
    """

    def design(budget: int) -> Coalitions:
        return _neighbourhoods(_bases(problem, budget)).reshape(-1, problem.n_players)

    def estimate(budget: int, utilities: Floats) -> Result:
        bases = _bases(problem, budget)
        parts = _marginals(bases, utilities.reshape(*bases.shape[:2], -1)).mean(axis=1)
        parts += (problem.range - parts.sum(axis=1, keepdims=True)) / problem.n_players
        values = parts.mean(axis=0)
        values += (problem.range - values.sum()) / problem.n_players
        return problem.result(
            values, _errors(parts, _thresholds(problem, len(parts))), "owen", units=len(parts)
        )

    return (yield from in_rounds(problem, budget_min(problem.n_players), design, estimate))


def _thresholds(problem: Problem, units: int) -> Floats:
    shift = problem.generator(0).random()
    return (shift + GOLDEN * np.arange(units)) % 1.0


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


def _errors(parts: Floats, thresholds: Floats) -> Floats:
    """Half from units that are neighbours in q, counted from the nearer end, half from all.

    Evenly spread q make the error smaller than the spread of all units says, but
    not as small as neighbours say where a utility jumps at the first player: the
    mean of the two covers best by trial.
    """
    count = len(parts)
    order = np.argsort(np.minimum(thresholds, 1.0 - thresholds))
    neighbours = (np.diff(parts[order], axis=0) ** 2).sum(axis=0) / 2
    overall = ((parts - parts.mean(axis=0)) ** 2).sum(axis=0)
    squares = (neighbours + overall) / 2
    prior = PRIOR_PARTS * squares.mean() / (count - 1)
    variance = (squares + prior) / (count - 1 + PRIOR_PARTS)
    return np.sqrt(variance / count) * small_sample_factor(2 * (count - 1))

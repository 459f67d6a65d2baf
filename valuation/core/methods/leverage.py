"""Least squares on coalitions sampled by their leverage.

Musco, C., Witter, R. T. (2025). Provably accurate Shapley value estimation via
leverage score sampling. Ours adds two terms in the size of the coalition. See
docs/algorithms/leverage.md.
"""

from functools import cache, partial

import numpy as np

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.designs import Pairs, pairs_within
from valuation.core.methods.exact import from_all, shapley_weights
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.regression import fit_pairs
from valuation.core.result import Result


def budget_min(n_players: int) -> int:
    """Pairs for n − 1 values, two size terms and three to judge the fit by."""
    return min(2 * (n_players + 4) + 2, 1 << min(n_players, 62))


def leverage(problem: Problem) -> Asking:
    """Shapley values by weighted least squares over complement pairs drawn by leverage.

    Every size gets the same budget, small sizes are exhausted, none is drawn
    twice: the error falls to zero as the budget reaches 2**n.
    """
    n_players = problem.n_players
    whole = partial(from_all, problem, "leverage", shapley_weights(n_players))
    within = cache(partial(pairs_within, problem))

    def design(budget: int) -> Coalitions:
        return within(budget).coalitions

    def estimate(budget: int, utilities: Floats) -> Result:
        pairs = within(budget)
        fit = fit_pairs(
            pairs.members,
            pairs.differences(utilities),
            kernel_weights(pairs),
            problem.range,
            columns=size_columns(pairs),
            unseen=1.0 - pairs.drawn / pairs.capacity,
        )
        return problem.result(fit.values, fit.standard_errors, "leverage", pairs=len(pairs.members))

    return (yield from in_rounds(problem, budget_min(n_players), design, estimate, whole))


def kernel_weights(pairs: Pairs) -> Floats:
    """The Shapley kernel's total weight of the class, shared among its pairs drawn."""
    n_players = pairs.members.shape[1]
    total = 1.0 / (pairs.sizes * (n_players - pairs.sizes))
    return np.where(2 * pairs.sizes == n_players, 0.5, 1.0) * total / pairs.drawn


def size_columns(pairs: Pairs) -> Floats:
    """Two odd functions of the size that are 0 for ∅ and N, (m, 2).

    What depends on the size alone pays everybody alike, so it is not part of any
    value, but it is most of the variation: fitting it costs no evaluation. One
    column is a cubic, one has the steep ends of a learning curve.
    """
    n_players = pairs.members.shape[1]
    t = (2.0 * pairs.sizes - n_players) / n_players
    inside = 1.0 - t**2
    end = 2.0 / n_players
    return np.stack([t * inside, t * (1.0 / (inside + end) - 1.0 / end)], axis=1)

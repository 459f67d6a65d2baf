"""Sampling stratified by size of the coalition, every coalition serving all players.

Castro, J. et al. (2017). Improving polynomial estimation of the Shapley value by
stratified random sampling with optimum allocation. Kolpaczki, P. et al. (2024).
Approximating the Shapley value without marginal contributions. See
docs/algorithms/stratified.md.
"""

from functools import cache, partial

import numpy as np

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.designs import Pairs, pairs_within
from valuation.core.methods.exact import from_all, shapley_weights
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.result import Result
from valuation.core.spread import small_sample_factor
from valuation.core.strata import Contrast, contrast, filled


def budget_min(n_players: int) -> int:
    """Three pairs of every size class, so that each has a spread."""
    return min(6 * (n_players // 2) + 2, 1 << min(n_players, 62))


def stratified(problem: Problem) -> Asking:
    """φ_i = 1/n Σ over sizes of (mean v with i − mean v without i), from complement pairs.

    Pairs are drawn without replacement, equally for each size; exact once all
    are in. Additive normalisation makes the values sum to v(N) − v(∅).
    """
    n_players = problem.n_players
    whole = partial(from_all, problem, "stratified", shapley_weights(n_players))
    within = cache(partial(pairs_within, problem))

    def design(budget: int) -> Coalitions:
        return within(budget).coalitions

    def estimate(budget: int, utilities: Floats) -> Result:
        pairs = within(budget)
        return _combined(problem, pairs, pairs.differences(utilities))

    return (yield from in_rounds(problem, budget_min(n_players), design, estimate, whole))


def _combined(problem: Problem, pairs: Pairs, differences: Floats) -> Result:
    n_players = problem.n_players
    classes = np.unique(pairs.sizes)
    contrasts = [_class_contrast(pairs, differences, size) for size in classes]
    share = np.where(2 * classes == n_players, 0.5, 1.0) / n_players  # a class has two sizes
    difference, variance = filled(contrasts)
    values = problem.range / n_players + share @ difference
    values += (problem.range - values.sum()) / n_players
    freedom = sum(one.freedom for one in contrasts)
    errors = np.sqrt(share**2 @ variance) * small_sample_factor(freedom)
    return problem.result(values, errors, "stratified", pairs=len(differences))


def _class_contrast(pairs: Pairs, differences: Floats, size: int) -> Contrast:
    chosen = pairs.sizes == size
    members, utilities = pairs.members[chosen], differences[chosen]
    capacity = float(pairs.capacity[chosen][0])
    if 2 * size == members.shape[1]:  # either of the two has this size: the pair counts twice
        members = np.concatenate([members, ~members])
        utilities = np.concatenate([utilities, -utilities])
        capacity *= 2
    return contrast(members, utilities, capacity)

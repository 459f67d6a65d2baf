"""Banzhaf values by maximum sample reuse (MSR).

Banzhaf, J. F. (1965). Weighted voting doesn't work. Wang, J. T., Jia, R. (2023).
Data Banzhaf: a robust data valuation framework for machine learning. See
docs/algorithms/banzhaf.md.
"""

from functools import cache, partial

import numpy as np

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.designs import distinct_draws
from valuation.core.methods.exact import from_all
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.result import Result
from valuation.core.spread import small_sample_factor


def budget_min(n_players: int) -> int:
    """Enough coalitions that every player is in some and out of some, but for bad luck."""
    return min(16, 1 << min(n_players, 62))


def banzhaf(problem: Problem) -> Asking:
    """Mean v with the player minus mean v without, over coalitions drawn uniformly.

    Every coalition serves all players; none is drawn twice. The values do not
    sum to v(N) − v(∅): their sum is in `details`.
    """
    n_players = problem.n_players
    even = np.full(n_players, 0.5 ** (n_players - 1))
    whole = partial(from_all, problem, "banzhaf", even)

    @cache
    def design(budget: int) -> Coalitions:
        return _drawn(problem, budget - 2)

    def estimate(budget: int, utilities: Floats) -> Result:
        return _estimate(problem, design(budget), utilities)

    return (yield from in_rounds(problem, budget_min(n_players), design, estimate, whole))


def _drawn(problem: Problem, count: int) -> Coalitions:
    """Distinct uniform coalitions but ∅ and N; fewer are the first of more."""
    generator, n_players = problem.generator(), problem.n_players

    def draw(rows: int) -> Coalitions:
        members = generator.random((rows, n_players)) < 0.5
        return members[members.any(axis=1) & ~members.all(axis=1)]

    return distinct_draws(draw, count, n_players)


def _estimate(problem: Problem, members: Coalitions, utilities: Floats) -> Result:
    """∅ and N stand for themselves, each of the others for as many as were not drawn."""
    n_players, count = problem.n_players, len(members)
    population = 2.0 ** min(n_players, 1000) - 2.0  # a float ends at 2**1024
    each = population / count
    inside = members.sum(axis=0)
    outside = count - inside
    mean_in = (problem.grand + each * (utilities @ members)) / (1.0 + each * inside)
    mean_out = (problem.empty + each * (utilities @ ~members)) / (1.0 + each * outside)
    values = mean_in - mean_out
    residuals = utilities[:, None] - np.where(members, mean_in, mean_out)
    spread = (residuals**2).sum(axis=0) / (count - 2)
    fewest = np.maximum(np.minimum(inside, outside), 1)
    variance = spread * (1.0 / fewest + 1.0 / (count - fewest)) * (1.0 - count / population)
    errors = np.sqrt(variance) * small_sample_factor(count - 2)
    return problem.result(values, errors, "banzhaf", sum=float(values.sum()))

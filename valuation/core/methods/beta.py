"""Beta Shapley: semivalues that weigh small coalitions more.

Kwon, Y., Zou, J. (2022). Beta Shapley: a unified and noise-reduced data valuation
framework for machine learning. See docs/algorithms/beta.md.
"""

from functools import cache, partial
from math import comb

import numpy as np
from scipy.special import betaln, gammaln

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.designs import shared_out, subsets
from valuation.core.methods.exact import from_all
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.result import Result
from valuation.core.spread import small_sample_factor
from valuation.core.strata import contrast, filled

INFINITE = 1 << 1000  # more coalitions than any run enumerates, and still a float


def budget_min(n_players: int) -> int:
    """Three coalitions of every size."""
    return min(3 * (n_players - 1) + 2, 1 << min(n_players, 62))


def size_shares(n_players: int, alpha: float, beta: float) -> Floats:
    """The weight of joining coalitions of size 0 … n − 1, all of one size together; sums to 1.

    >>> size_shares(4, 1, 1)  # Beta(1, 1) is the Shapley value
    array([0.25, 0.25, 0.25, 0.25])
    """
    sizes = np.arange(n_players)
    choose = gammaln(n_players) - gammaln(sizes + 1) - gammaln(n_players - sizes)
    weight = betaln(sizes + beta, n_players - 1 - sizes + alpha) - betaln(alpha, beta)
    shares = np.exp(choose + weight)
    return np.round(shares / shares.sum(), 15)


def beta_shapley(problem: Problem, *, alpha: float, beta: float, name: str) -> Asking:
    """Semivalues with the weights of Beta(alpha, beta), from samples of every size.

    They do not sum to v(N) − v(∅): their sum is in `details`.
    """
    n_players = problem.n_players
    shares = size_shares(n_players, alpha, beta)
    whole = partial(from_all, problem, name, shares / _sets_of_others(n_players))

    @cache
    def samples(budget: int) -> list[Coalitions]:
        return _samples(problem, _counts(n_players, shares, budget))

    def design(budget: int) -> Coalitions:
        return np.concatenate(samples(budget))

    def estimate(budget: int, utilities: Floats) -> Result:
        return _estimate(problem, shares, samples(budget), utilities, name)

    return (yield from in_rounds(problem, budget_min(n_players), design, estimate, whole))


beta_16_1 = partial(beta_shapley, alpha=16, beta=1, name="beta")
beta_4_1 = partial(beta_shapley, alpha=4, beta=1, name="beta-4-1")


def _sets_of_others(n_players: int) -> Floats:
    """How many coalitions of size 0 … n − 1 a player can join; infinite where a float ends."""
    return np.array([min(comb(n_players - 1, size), INFINITE) for size in range(n_players)], float)


def _counts(n_players: int, shares: Floats, budget: int) -> list[int]:
    """Coalitions of size 1 … n − 1: three each, then by the weight of the size."""
    weights = shares[:-1] + shares[1:] + 1e-3  # no size is left out altogether
    return shared_out(budget - 2, weights.tolist(), _capacities(n_players), least=3)


def _capacities(n_players: int) -> list[int]:
    return [comb(n_players, size) for size in range(1, n_players)]


def _samples(problem: Problem, counts: list[int]) -> list[Coalitions]:
    return [
        subsets(problem.generator(size), problem.n_players, size, count)
        for size, count in enumerate(counts, start=1)
    ]


def _estimate(
    problem: Problem, shares: Floats, samples: list[Coalitions], utilities: Floats, name: str
) -> Result:
    n_players = problem.n_players
    parts = np.split(utilities, np.cumsum([len(sample) for sample in samples])[:-1])
    strata = zip(samples, parts, _capacities(n_players), strict=True)
    contrasts = [contrast(*stratum) for stratum in strata]
    difference, variance = filled(contrasts)
    joined = np.arange(1, n_players) / n_players  # the share of coalitions that have the player
    level = shares[:-1] - shares[1:]
    slope = shares[:-1] * (1.0 - joined) + shares[1:] * joined
    means = np.array([one.mean for one in contrasts])
    values = shares[-1] * problem.grand - shares[0] * problem.empty + level @ means
    values = values + slope @ difference
    common = level**2 @ np.array([one.mean_variance for one in contrasts])
    freedom = sum(one.freedom for one in contrasts)
    errors = np.sqrt(common + slope**2 @ variance) * small_sample_factor(freedom)
    return problem.result(values, errors, name, sum=float(values.sum()))

"""KernelSHAP: least squares on coalitions drawn by the Shapley kernel.

Lundberg, S., Lee, S.-I. (2017). A unified approach to interpreting model
predictions. Complement pairs: Covert, I., Lee, S.-I. (2021). Improving KernelSHAP.
See docs/algorithms/kernel.md.
"""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from valuation.core.coalitions import Coalitions, Floats, keys
from valuation.core.methods.exact import from_all, shapley_weights
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.regression import fit_pairs
from valuation.core.result import Result

DRAWS_PER_PAIR_MAX = 16  # near 2**n the last new pair could take for ever
BLOCK = 256  # pairs drawn at once


def budget_min(n_players: int) -> int:
    """Pairs for n − 1 values and some to judge the fit by; repeated draws cost nothing."""
    return min(2 * (n_players + 4) + 2, 1 << min(n_players, 62))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Distinct pairs, bool (m, n), and how often each was drawn, (m,)."""

    members: Coalitions
    counts: Floats


def kernel(problem: Problem) -> Asking:
    """Shapley values by least squares over pairs drawn with replacement by the Shapley kernel."""
    n_players = problem.n_players
    whole = partial(from_all, problem, "kernel", shapley_weights(n_players))
    within = cache(partial(draws_within, problem))

    def design(budget: int) -> Coalitions:
        members = within(budget).members
        return np.concatenate([members, ~members])

    def estimate(budget: int, utilities: Floats) -> Result:
        draws = within(budget)
        count = len(draws.members)
        differences = utilities[:count] - utilities[count:]
        fit = fit_pairs(
            draws.members,
            differences,
            draws.counts,
            problem.range,
            unseen=1.0 / draws.counts,  # a pair drawn c times is c independent draws
        )
        drawn = int(draws.counts.sum())
        return problem.result(fit.values, fit.standard_errors, "kernel", pairs=count, draws=drawn)

    return (yield from in_rounds(problem, budget_min(n_players), design, estimate, whole))


def draws_within(problem: Problem, budget: int) -> Draws:
    """Pairs in the order drawn until the next new one is not paid for."""
    n_players, most = problem.n_players, (budget - 2) // 2
    sizes = np.arange(1, n_players)
    weights = 1.0 / (sizes * (n_players - sizes))
    cumulated = np.cumsum(weights) / weights.sum()
    generator = problem.generator()
    rows: dict[bytes, Coalitions] = {}
    counts: dict[bytes, int] = {}
    for _ in range(-(-most * DRAWS_PER_PAIR_MAX // BLOCK)):
        size = 1 + np.searchsorted(cumulated[:-1], generator.random(BLOCK), side="right")
        rank = generator.random((BLOCK, n_players)).argsort(axis=1).argsort(axis=1)
        members = rank < size[:, None]
        members ^= members[:, :1]  # the one of the two without player 0 stands for the pair
        for name, row in zip(keys(members), members, strict=True):
            if name not in rows:
                if len(rows) == most:
                    return _draws(rows, counts)
                rows[name], counts[name] = row, 0
            counts[name] += 1
    return _draws(rows, counts)


def _draws(rows: dict[bytes, Coalitions], counts: dict[bytes, int]) -> Draws:
    return Draws(
        members=np.stack(list(rows.values())),
        counts=np.array(list(counts.values()), dtype=np.float64),
    )

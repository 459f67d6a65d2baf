"""Averages of marginal contributions along random permutations of the players.

Castro, J., Gómez, D., Tejada, J. (2009). Polynomial calculation of the Shapley
value based on sampling. Antithetic pairs: Mitchell, R. et al. (2022). Sampling
permutations for Shapley value estimation. See docs/algorithms/permutation.md.
"""

from functools import cache, partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from valuation.core.coalitions import Coalitions, Floats, keys
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.result import Result
from valuation.core.spread import errors_by_position

Orders: TypeAlias = NDArray[np.int64]

BLOCK = 64  # permutations drawn at once


def prefixes(orders: Orders) -> Coalitions:
    """The coalitions met along permutations, sizes 1 … n − 1: (k, n − 1, n).

    >>> prefixes(np.array([[1, 0, 2]])).astype(int).tolist()
    [[[0, 1, 0], [1, 1, 0]]]
    """
    n_players = orders.shape[1]
    position = np.argsort(orders, axis=1)
    return position[:, None, :] < np.arange(1, n_players)[None, :, None]


def marginals(problem: Problem, orders: Orders, utilities: Floats) -> Floats:
    """Marginal contributions by permutation and player, (k, n); `utilities` (k, n − 1)."""
    path = np.empty((len(orders), problem.n_players + 1))
    path[:, 0], path[:, 1:-1], path[:, -1] = problem.empty, utilities, problem.grand
    contributions = np.empty_like(path[:, 1:])
    np.put_along_axis(contributions, orders, np.diff(path, axis=1), axis=1)
    return contributions


def orders_within(problem: Problem, budget: int, *, antithetic: bool) -> Orders:
    """Random permutations, as many as the budget pays for, at most `budget`.

    A coalition met before costs nothing. Which permutation no longer fits depends
    on the permutations alone and is the same for every renaming of the players,
    so each one kept is uniform and the mean unbiased. Antithetic permutations
    come in pairs, each followed by its reverse.
    """
    generator, n_players = problem.generator(), problem.n_players
    seen: set[bytes] = set()
    kept: list[Orders] = []
    while len(kept) * (1 + antithetic) < budget:
        drawn = generator.random((BLOCK, n_players)).argsort(axis=1)
        units = np.stack([drawn, drawn[:, ::-1]] if antithetic else [drawn], axis=1)
        names = keys(prefixes(units.reshape(-1, n_players)).reshape(-1, n_players))
        per_unit = len(names) // BLOCK
        for index in range(BLOCK):
            met = set(names[index * per_unit : (index + 1) * per_unit]) - seen
            if len(seen) + len(met) > budget - 2:
                return np.concatenate(kept)
            seen |= met
            kept.append(units[index])
    return np.concatenate(kept)


def budget_min(n_players: int) -> int:
    """Two permutations, for a spread."""
    return 2 * n_players


def _sampled(problem: Problem, *, name: str, antithetic: bool) -> Asking:
    minimum = budget_min(problem.n_players) * (1 + antithetic)
    orders = cache(partial(orders_within, problem, antithetic=antithetic))

    def design(budget: int) -> Coalitions:
        return prefixes(orders(budget)).reshape(-1, problem.n_players)

    def estimate(budget: int, utilities: Floats) -> Result:
        chosen = orders(budget)
        parts = marginals(problem, chosen, utilities.reshape(len(chosen), -1))
        positions = np.argsort(chosen, axis=1)
        if antithetic:
            parts = (parts[0::2] + parts[1::2]) / 2
            positions = np.minimum(positions[0::2], positions[1::2])
        errors = errors_by_position(parts, positions)
        return problem.result(parts.mean(axis=0), errors, name, permutations=len(chosen))

    return (yield from in_rounds(problem, minimum, design, estimate))


def permutation(problem: Problem) -> Asking:
    """Mean marginal contribution over random permutations, coalitions cached."""
    return (yield from _sampled(problem, name="permutation", antithetic=False))


def antithetic(problem: Problem) -> Asking:
    """The same with every permutation followed by its reverse; the pair is the unit."""
    return (yield from _sampled(problem, name="antithetic", antithetic=True))

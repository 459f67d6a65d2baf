"""Sampling designs: which coalitions to evaluate, nested so that a larger budget adds to a smaller.

A *pair* is a coalition and its complement. Pairs are drawn without replacement
inside *classes*: class s holds the pairs of a coalition of size s and one of
size n − s, s = 1 … n // 2.

Musco, C., Witter, R. T. (2025). Provably accurate Shapley value estimation via
leverage score sampling: the leverage score of a coalition depends on its size
alone and every size has the same total, so every size gets the same budget.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from valuation.core.coalitions import Coalitions, Floats, keys
from valuation.core.problem import Problem

UNCOUNTED = 1 << 60  # so many coalitions that no budget matters to them, and a float holds it
LISTED_MAX = 1 << 10  # coalitions of one size that are listed and shuffled instead of drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Pairs drawn without replacement by class.

    Attributes
    ----------
    members : bool (m, n), the smaller coalition of each pair
    sizes : int (m,), its size: the class
    drawn, capacity : float (m,), how many pairs of that class were drawn, and exist
    """

    members: Coalitions
    sizes: NDArray[np.int64]
    drawn: Floats
    capacity: Floats

    @property
    def coalitions(self) -> Coalitions:
        """Members and complements, (2m, n)."""
        return np.concatenate([self.members, ~self.members])

    def differences(self, utilities: Floats) -> Floats:
        """v(S) − v(complement), (m,), of the utilities of `coalitions`."""
        return utilities[: len(self.members)] - utilities[len(self.members) :]


def class_capacity(n_players: int, size: int) -> int:
    """How many pairs the class has.

    >>> [class_capacity(4, size) for size in (1, 2)]
    [4, 3]
    """
    return comb(n_players, size) // (2 if 2 * size == n_players else 1)


def shared_out(
    count: int, weights: Sequence[float], capacities: Sequence[int], least: int = 0
) -> list[int]:
    """Split a count in proportion to weights, no more than the capacities, first `least` each.

    One after the other goes to whoever has the fewest for its weight, so a larger
    count only adds.

    >>> shared_out(12, [2, 2, 1], [6, 15, 10])
    [5, 5, 2]
    >>> shared_out(31, [2, 2, 1], [6, 15, 10])
    [6, 15, 10]
    """
    drawn = [min(least, capacity) for capacity in capacities]
    queue = [
        ((drawn[at] + 1) / weight, at)
        for at, weight in enumerate(weights)
        if drawn[at] < capacities[at]
    ]
    heapq.heapify(queue)
    for _ in range(count - sum(drawn)):
        if not queue:
            break
        _, at = heapq.heappop(queue)
        drawn[at] += 1
        if drawn[at] < capacities[at]:
            heapq.heappush(queue, ((drawn[at] + 1) / weights[at], at))
    return drawn


def subsets(
    generator: np.random.Generator, n_players: int, size: int, count: int, *, halved: bool = False
) -> Coalitions:
    """Distinct random coalitions of one size, (count, n); fewer are the first of more.

    `halved`: of half the players, only the one of two complements that has player 0.
    """
    capacity = comb(n_players, size) // (1 + halved)
    assert count <= capacity, "there are no more coalitions of that size"
    if capacity <= LISTED_MAX:
        return _listed(generator, n_players, size, halved)[:count]
    return _drawn(generator, n_players, size, count, halved)


def _listed(generator: np.random.Generator, n: int, size: int, halved: bool) -> Coalitions:
    chosen = np.array(list(combinations(range(n), size)))
    chosen = chosen[: len(chosen) // 2] if halved else chosen  # those with player 0
    members = np.zeros((len(chosen), n), dtype=np.bool_)
    np.put_along_axis(members, chosen, True, axis=1)
    return members[generator.permutation(len(members))]


def _drawn(
    generator: np.random.Generator, n: int, size: int, count: int, halved: bool
) -> Coalitions:
    def draw(rows: int) -> Coalitions:
        members = generator.random((rows, n)).argsort(axis=1).argsort(axis=1) < size
        return members ^ ~members[:, :1] if halved else members

    return distinct_draws(draw, count, n)


def distinct_draws(draw: Callable[[int], Coalitions], count: int, n_players: int) -> Coalitions:
    """The first `count` different rows that `draw(rows)` gives, (count, n)."""
    drawn = np.empty((0, n_players), dtype=np.bool_)
    first: dict[bytes, int] = {}
    while len(first) < count:
        more = draw(count - len(first))
        for row, name in enumerate(keys(more), start=len(drawn)):
            first.setdefault(name, row)
        drawn = np.concatenate([drawn, more])
    return drawn[list(first.values())]


def pairs_within(problem: Problem, budget: int) -> Pairs:
    """The pairs that a budget pays for besides ∅ and N."""
    n_players = problem.n_players
    classes = range(1, n_players // 2 + 1)
    capacities = [class_capacity(n_players, size) for size in classes]
    weights = [1.0 if 2 * size == n_players else 2.0 for size in classes]
    counts = shared_out((budget - 2) // 2, weights, capacities)
    drawn = [
        subsets(problem.generator(size), n_players, size, count, halved=2 * size == n_players)
        for size, count in zip(classes, counts, strict=True)
    ]
    sizes = np.repeat(np.arange(1, len(counts) + 1), counts)
    return Pairs(
        members=np.concatenate(drawn),
        sizes=sizes,
        drawn=np.array(counts, dtype=np.float64)[sizes - 1],
        capacity=np.array([min(one, UNCOUNTED) for one in capacities], dtype=np.float64)[sizes - 1],
    )

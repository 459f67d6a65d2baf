"""Permutations that stop once the rest of the players cannot matter (TMC).

Ghorbani, A., Zou, J. (2019). Data Shapley: equitable valuation of data for
machine learning. See docs/algorithms/truncated.md.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.methods.permutation import Orders, prefixes
from valuation.core.problem import Asking, Looks, Memo, Problem
from valuation.core.result import Result
from valuation.core.spread import errors_by_position
from valuation.errors import DeadlinePassed

TRUNCATION = 0.01  # share of v(N) − v(∅) that the players still to join may differ by


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Permutations (k, n), the utilities met along them (k, n + 1), and which were cut (k,)."""

    orders: Orders
    path: Floats
    cut: NDArray[np.bool_]


def truncated(problem: Problem) -> Asking:
    """Mean marginal contribution along truncated permutations; biased, and says by how much.

    A permutation ends at the first prefix within `TRUNCATION` of v(N); whoever
    joins later gets 0 from it. What is then missing of v(N) − v(∅) is
    `details["efficiency_gap"]`.
    """
    memo, generator, looks = Memo(problem), problem.generator(), Looks(problem.tolerance)
    walks: list[Walk] = []
    result = None
    while (count := _affordable(problem, memo, sum(len(walk.orders) for walk in walks))) > 0:
        block = generator.random((count, problem.n_players)).argsort(axis=1)
        walk = yield from _walk(problem, memo, block)
        if walk is None:
            break
        walks.append(walk)
        result = _estimate(problem, walks)
        if looks.settle(result):
            break
    if result is None:
        raise DeadlinePassed
    return result


def _affordable(problem: Problem, memo: Memo, done: int) -> int:
    """Permutations to walk next, so that the budget suffices even if none is truncated.

    As known coalitions cost nothing, no more than `budget` of them altogether.
    """
    most = memo.remaining // (problem.n_players - 1)
    if problem.enumerable:
        most = problem.budget
    if problem.tolerance is not None or problem.stoppable:
        most = min(most, max(done, 2))  # doubling: any round may be the last
    return min(most, problem.budget - done)


def _walk(
    problem: Problem, memo: Memo, orders: Orders
) -> Generator[Coalitions, Floats | None, Walk | None]:
    """Walk all permutations side by side; after the cut the utility is held."""
    steps = prefixes(orders)
    near = TRUNCATION * abs(problem.range)
    path = np.full((len(orders), problem.n_players + 1), problem.empty)
    alive = np.arange(len(orders))
    for size in range(1, problem.n_players):
        alive = alive[np.abs(problem.grand - path[alive, size - 1]) > near]
        if not len(alive):
            break
        utilities = yield from memo.ask(steps[alive, size - 1])
        if utilities is None:
            return None
        path[alive, size:] = utilities[:, None]
    alive = alive[np.abs(problem.grand - path[alive, -2]) > near]
    path[alive, -1] = problem.grand
    cut = np.ones(len(orders), dtype=np.bool_)
    cut[alive] = False
    return Walk(orders=orders, path=path, cut=cut)


def _estimate(problem: Problem, walks: list[Walk]) -> Result:
    orders = np.concatenate([walk.orders for walk in walks])
    path = np.concatenate([walk.path for walk in walks])
    parts = np.empty((len(orders), problem.n_players))
    np.put_along_axis(parts, orders, np.diff(path, axis=1), axis=1)
    values = parts.mean(axis=0)
    return problem.result(
        values,
        errors_by_position(parts, np.argsort(orders, axis=1)),
        "truncated",
        permutations=len(orders),
        truncation=TRUNCATION,
        truncated_share=float(np.mean(np.concatenate([walk.cut for walk in walks]))),
        efficiency_gap=float(values.sum() - problem.range),
    )

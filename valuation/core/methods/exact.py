"""Exact values by enumeration of all 2**n coalitions.

Shapley, L. S. (1953). A value for n-person games. The formula and its cost:
docs/algorithms/exact.md.
"""

from collections.abc import Generator

import numpy as np

from valuation.core.coalitions import Coalitions, Floats, enumerated
from valuation.core.problem import Asking, Problem
from valuation.core.result import Result
from valuation.errors import DeadlinePassed, TooManyPlayers

PLAYERS_MAX = 24  # 2**24 utilities of 8 bytes are 128 MiB, and minutes at 5 µs each
ROUND_SIZE = 1 << 20  # coalitions; 20 MiB of rows at 20 players


def shapley_weights(n_players: int) -> Floats:
    """s! (n − 1 − s)! / n! for s = 0 … n − 1: the weight of joining a coalition of size s.

    >>> shapley_weights(3) * 6
    array([2., 1., 2.])
    """
    weights = np.empty(n_players)
    weights[0] = 1.0 / n_players
    for size in range(1, n_players):
        weights[size] = weights[size - 1] * size / (n_players - size)
    return weights


def semivalues(table: Floats, weights: Floats) -> Floats:
    """Weighted sums of all marginal contributions.

    Parameters
    ----------
    table : float64 (2**n,), the utility of coalition number b in the order of its bits
    weights : float64 (n,), the weight of joining a coalition of size 0 … n − 1

    Returns
    -------
    values : float64 (n,)

    Notes
    -----
    Marginal contributions are formed first, so a null player has exactly 0. With
    bit i taken out, the sizes of the others come in the same order for every i:
    one gather of weights serves all players. O(n 2**n) time, O(2**n) memory; no
    BLAS, so the bits do not depend on its threads.

    Examples
    --------
    >>> semivalues(np.array([0.0, 0.0, 0.0, 1.0]), shapley_weights(2))
    array([0.5, 0.5])
    """
    n_players = len(weights)
    numbers = np.arange(len(table) // 2, dtype=np.uint32)
    weight = weights[np.bitwise_count(numbers)]
    values = np.empty(n_players)
    for player in range(n_players):
        pairs = table.reshape(-1, 2, 1 << player)
        marginal = (pairs[:, 1] - pairs[:, 0]).reshape(-1)
        marginal *= weight
        values[player] = marginal.sum()
    return values


def enumeration(problem: Problem) -> Generator[Coalitions, Floats | None, Floats]:
    """The utilities of all coalitions in the order of their bits, (2**n,)."""
    if problem.n_players > PLAYERS_MAX:
        raise TooManyPlayers(
            f"{problem.n_players} players have too many coalitions to enumerate; "
            f"the most is {PLAYERS_MAX}."
        )
    count = 1 << problem.n_players
    table = np.empty(count)
    table[0], table[-1] = problem.empty, problem.grand
    for start in range(1, count - 1, ROUND_SIZE):
        stop = min(start + ROUND_SIZE, count - 1)
        utilities = yield enumerated(problem.n_players, start, stop)
        if utilities is None:
            raise DeadlinePassed
        table[start:stop] = utilities
    return table


def from_all(problem: Problem, method: str, weights: Floats, table: Floats) -> Result:
    """The semivalues of a table of all utilities; exact, with standard errors 0."""
    values = semivalues(table, weights)
    return problem.result(
        values,
        np.zeros(problem.n_players),
        method,
        coalitions=len(table),
        sum=float(values.sum()),
    )


def exact(problem: Problem, method: str = "exact") -> Asking:
    """Shapley values from every coalition; exact, with standard errors 0."""
    table = yield from enumeration(problem)
    return from_all(problem, method, shapley_weights(problem.n_players), table)

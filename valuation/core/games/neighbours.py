"""k nearest neighbours for many coalitions at once: neighbours are sorted once, coalitions mask.

A row with k nearer rows of its own player never votes, so each validation row keeps at most k rows
per player. Coalitions walk these lists together and leave when each validation row has k votes.
Places that a coalition cannot fill are voted by the constant predictor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from valuation.core.games.base import Bools, Floats
from valuation.core.games.problem import Problem

CHUNK_ELEMENTS = 2**20  # counters per chunk, one or two bytes each
DISTANCES_MAX = 2**24  # distances held at once: 128 MB
LOOK_EVERY = 4  # ranks between two looks at which coalitions are complete


class NearestNeighbours:
    """scikit-learn's KNeighborsClassifier or KNeighborsRegressor on every coalition.

    Options: `n_neighbors` (5), `metric` ("minkowski") and its power `p` (2).
    Distances that are equal are ordered by row.
    """

    OPTIONS = ("n_neighbors", "metric", "p")

    def __init__(
        self, problem: Problem, *, n_neighbors: int = 5, metric: str = "minkowski", p: float = 2
    ) -> None:
        self.problem = problem
        self.k = n_neighbors
        self.neighbours = sorted_neighbours(problem, n_neighbors, metric=metric, p=p)
        self._counter = np.uint8 if n_neighbors < 2**8 else np.uint16
        columns = max(problem.n_classes, 1) * len(problem.x_validation)
        self.chunk = max(CHUNK_ELEMENTS // columns, 16)
        self._row_counts = problem.row_counts().sum(axis=1)

    def predict(self, members: Bools) -> Floats:
        """Probabilities (classes, b, rows) or predictions (b, rows), any coalition."""
        if self.problem.classes is None:
            return self._numbers(members)
        return self._classes(members)

    def costs(self, members: Bools) -> Floats:
        """Rows touched per prediction: all of the coalition."""
        return members @ self._row_counts

    def _classes(self, members: Bools) -> Floats:
        rows, classes = len(self.problem.x_validation), self.problem.n_classes
        votes = np.zeros((classes, rows, len(members)), dtype=self._counter)
        all_rows = np.arange(rows)
        for rank, at, hits in self._walk(members):
            labels = self.problem.y[self.neighbours[:, rank]]
            if at is None:
                votes[labels, all_rows] += hits
            else:
                votes[labels[:, None], all_rows[:, None], at] += hits
        return self._shares(votes)

    def _shares(self, votes: NDArray) -> Floats:
        """Votes to probabilities, missing votes being the prior's."""
        missing = self.k - votes.sum(axis=0, dtype=np.int64).T
        shares = votes.transpose(0, 2, 1).astype(np.float64)
        if missing.any():
            shares += self.problem.prior[:, None, None] * missing
        shares /= self.k
        return shares

    def _numbers(self, members: Bools) -> Floats:
        rows = len(self.problem.x_validation)
        sums = np.zeros((rows, len(members)))
        found = np.zeros((rows, len(members)), dtype=self._counter)
        for rank, at, hits in self._walk(members):
            targets = self.problem.y[self.neighbours[:, rank]][:, None]
            columns = slice(None) if at is None else at
            sums[:, columns] += targets * hits
            found[:, columns] += hits
        sums += (self.k - found.astype(np.int64)) * self.problem.prior[0]
        return np.ascontiguousarray((sums / self.k).T)

    def _walk(self, members: Bools):  # noqa: ANN202 - a generator of (rank, columns, hits)
        """Rank by rank, who votes: hits (rows, columns) of the coalitions still incomplete."""
        owners = np.where(
            self.neighbours >= 0, self.problem.owners[self.neighbours], self.problem.n_players
        )
        table = np.zeros((self.problem.n_players + 1, len(members)), dtype=self._counter)
        table[:-1] = members.T
        at: NDArray | None = None
        found = np.zeros((len(owners), len(members)), dtype=self._counter)
        for rank in range(owners.shape[1]):
            hits = table[owners[:, rank]]
            hits *= found < self.k
            found += hits
            yield rank, at, hits
            if rank % LOOK_EVERY == LOOK_EVERY - 1 and rank >= self.k - 1:
                open_ = np.flatnonzero(found.min(axis=0) < self.k)
                if not len(open_):
                    return
                if len(open_) < 0.75 * found.shape[1]:
                    at = open_ if at is None else at[open_]
                    found, table = found[:, open_], table[:, open_]


def sorted_neighbours(
    problem: Problem, per_player: int, *, metric: str = "minkowski", p: float = 2
) -> NDArray:
    """Rows by distance for each validation row, at most `per_player` of one player.

    Returns
    -------
    rows : int64 (validation rows, depth); −1 where a list has ended
    """
    lists = []
    step = max(DISTANCES_MAX // max(len(problem.x), 1), 1)
    for start in range(0, len(problem.x_validation), step):
        block = problem.x_validation[start : start + step]
        order = _distances(block, problem.x, metric, p).argsort(axis=1, kind="stable")
        lists += [row[_rank_in_player(problem.owners[row]) < per_player] for row in order]
    depth = max((len(row) for row in lists), default=0)
    table = np.full((len(lists), depth), -1, dtype=np.int64)
    for at, row in enumerate(lists):
        table[at, : len(row)] = row
    return table


def _distances(a: Floats, b: Floats, metric: str, p: float) -> Floats:
    """Distances by differences, so that equal rows have equal ones; (len(a), len(b))."""
    if metric == "euclidean" or (metric == "minkowski" and p == 2):
        return cdist(a, b, "sqeuclidean")
    if metric == "minkowski":
        return cdist(a, b, "minkowski", p=p)
    return cdist(a, b, {"manhattan": "cityblock", "l1": "cityblock"}.get(metric, metric))


def _rank_in_player(owners: NDArray) -> NDArray:
    """How many earlier entries have the same owner; int64 (rows,).

    >>> _rank_in_player(np.array([1, 0, 1, 1, 0]))
    array([0, 0, 1, 2, 1])
    """
    by_owner = owners.argsort(kind="stable")
    ordered = owners[by_owner]
    starts = np.searchsorted(ordered, ordered)
    ranks = np.empty(len(owners), dtype=np.int64)
    ranks[by_owner] = np.arange(len(owners)) - starts
    return ranks

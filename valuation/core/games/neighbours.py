"""k nearest neighbours for many coalitions at once: neighbours are sorted once, coalitions mask.

A row with k nearer rows of its own player never votes, so each validation row keeps at most k rows
per player. Coalitions walk these lists together and leave when each validation row has k votes.
Places that a coalition cannot fill are voted by the constant predictor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from valuation.core.games.base import Bools, Floats
from valuation.core.games.closed_form import grouped_values
from valuation.core.games.problem import Problem
from valuation.core.utilities import PROBABILITY_MIN

CHUNK_ELEMENTS = 2**20  # counters per chunk, one or two bytes each
DISTANCES_MAX = 2**24  # distances held at once: 128 MB
COUNTED_K_MAX = 15  # the cost of counting right votes grows with k**6: seconds become minutes
METRICS = {  # scikit-learn's names and scipy's
    "minkowski": "minkowski",
    "euclidean": "sqeuclidean",  # the same order, without the roots
    "manhattan": "cityblock",
    "chebyshev": "chebyshev",
}
LOOK_EVERY = 4  # ranks between two looks at which coalitions are complete


class NearestNeighbours:
    """scikit-learn's KNeighborsClassifier or KNeighborsRegressor on every coalition.

    Options: `n_neighbors` (5), `metric` ("minkowski") and its power `p` (2).
    Distances that are equal are ordered by row.
    """

    OPTIONS = MappingProxyType(
        {
            "n_neighbors": lambda k: isinstance(k, int | np.integer) and k >= 1,
            "metric": lambda name: name in METRICS,
            "p": lambda p: p > 0,
        }
    )

    def __init__(
        self, problem: Problem, *, n_neighbors: int = 5, metric: str = "minkowski", p: float = 2
    ) -> None:
        self.problem = problem
        self.k = n_neighbors
        self.neighbours, self.ranks = sorted_neighbours(problem, n_neighbors, metric=metric, p=p)
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

    def values(self, utility: str) -> Floats | None:
        """Exact Shapley values (n_players,) of a utility of `CLOSED_FORMS`; None for any other."""
        if self.problem.classes is None or utility not in CLOSED_FORMS:
            return None
        if utility != "probability" and self.k > COUNTED_K_MAX:
            return None
        if utility == "accuracy" and self.problem.n_classes != 2:
            return None  # the majority of many labels needs the counts of all
        return CLOSED_FORMS[utility](self)

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

    def _walk(self, members: Bools) -> Iterator[tuple[int, NDArray | None, NDArray]]:
        """Rank by rank, who votes: hits (rows, columns) of the coalitions still incomplete."""
        table = np.ascontiguousarray(members.T).astype(self._counter)
        owners = self.problem.owners[self.neighbours]
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
) -> tuple[NDArray, NDArray]:
    """Rows by distance for each validation row, at most `per_player` of one player.

    Returns
    -------
    rows : int32 (validation rows, depth)
    ranks : int32, the same shape, how many rows of the same player are nearer
    """
    sizes = np.bincount(problem.owners, minlength=problem.n_players)
    depth = int(np.minimum(sizes, per_player).sum())
    rows = np.empty((len(problem.x_validation), depth), dtype=np.int32)
    ranks = np.empty_like(rows)
    step = max(DISTANCES_MAX // max(len(problem.x), 1), 1)
    for start in range(0, len(rows), step):
        block = problem.x_validation[start : start + step]
        order = distances(block, problem.x, metric, p).argsort(axis=1, kind="stable")
        own = ranks_in_player(problem.owners[order], sizes)
        kept = own < per_player
        rows[start : start + step] = order[kept].reshape(len(block), depth)
        ranks[start : start + step] = own[kept].reshape(len(block), depth)
    return rows, ranks


def distances(a: Floats, b: Floats, metric: str = "minkowski", p: float = 2) -> Floats:
    """Distances by differences, so that equal rows have equal ones; (len(a), len(b))."""
    if metric == "minkowski" and p != 2:
        return cdist(a, b, "minkowski", p=p)
    return cdist(a, b, METRICS["euclidean" if metric == "minkowski" else metric])


def ranks_in_player(owners: NDArray, sizes: NDArray) -> NDArray:
    """How many earlier entries of the same line have the same owner.

    Parameters
    ----------
    owners : int (lines, rows), in every line the same owners in another order
    sizes : int (n_players,), rows of each owner

    >>> ranks_in_player(np.array([[1, 0, 1, 1, 0]]), np.array([2, 3]))
    array([[0, 0, 1, 2, 1]])
    """
    small = np.uint16 if len(sizes) < 2**16 else np.int64  # 16 bits are sorted by radix
    by_owner = owners.astype(small).argsort(axis=1, kind="stable")
    within = np.concatenate([np.arange(size) for size in sizes])
    ranks = np.empty_like(by_owner)
    np.put_along_axis(ranks, by_owner, np.broadcast_to(within, by_owner.shape), axis=1)
    return ranks


# --- closed forms: a validation row's score as a function of the votes found and the right ones --


def _values_of(model: NearestNeighbours, curve: Callable[[Floats], Floats]) -> Floats:
    """Values of the mean over validation rows of curve(probability of the true class)."""
    problem = model.problem
    right = problem.y[model.neighbours] == problem.y_validation[:, None]
    scores = curve(_vote_shares(model.k, problem.prior))
    return _mean_values(model, right, scores, problem.y_validation)


def _brier_values(model: NearestNeighbours) -> Floats:
    """−Σ_c (p_c − 1[y = c])², class by class."""
    problem = model.problem
    values = np.zeros(problem.n_players)
    for label in range(problem.n_classes):
        share = _vote_shares(model.k, problem.prior[label : label + 1])[0]
        scores = np.stack([-(share**2), -((share - 1.0) ** 2)])
        is_label = (problem.y_validation == label).astype(np.int64)
        values += _mean_values(model, problem.y[model.neighbours] == label, scores, is_label)
    return values


def _accuracy_values(model: NearestNeighbours) -> Floats:
    """1[the true one of two classes has more votes, or as many and is the smaller]."""
    problem, k = model.problem, model.k
    found, right = np.indices((k + 1, k + 1))
    wrong = found - right
    true = (right + (k - found) * problem.prior[:, None, None]) / k
    other = (wrong + (k - found) * problem.prior[::-1, None, None]) / k
    scores = np.stack([true[0] >= other[0], true[1] > other[1]]).astype(np.float64)
    is_right = problem.y[model.neighbours] == problem.y_validation[:, None]
    return _mean_values(model, is_right, scores, problem.y_validation)


def _mean_values(
    model: NearestNeighbours, right: NDArray, scores: Floats, labels: NDArray
) -> Floats:
    problem = model.problem
    values = grouped_values(
        rows=model.neighbours,
        ranks=model.ranks,
        right=right,
        owners=problem.owners,
        scores=scores,
        labels=labels,
        n_players=problem.n_players,
    )
    return values / len(problem.x_validation)


def _vote_shares(k: int, priors: Floats) -> Floats:
    """(right + (k − found) · prior) / k by prior, found and right; (priors, k + 1, k + 1)."""
    found, right = np.indices((k + 1, k + 1))
    return (right + (k - found) * priors[:, None, None]) / k


def _log_clipped(share: Floats) -> Floats:
    return np.log(np.maximum(share, PROBABILITY_MIN))


CLOSED_FORMS: dict[str, Callable[[NearestNeighbours], Floats]] = {
    "probability": lambda model: _values_of(model, lambda share: share),
    "log-loss": lambda model: _values_of(model, _log_clipped),
    "brier": _brier_values,
    "accuracy": _accuracy_values,
}

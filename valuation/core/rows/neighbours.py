"""KNN-Shapley: exact Shapley values of single rows under k nearest neighbours, O(N log N).

One row per player is the special case of the grouped closed form in which all weights are 1. Of
the p + 1 rows up to and including place p (from 0), each joins first with equal chance, so with
δ = (1[label right] − prior(true label)) / k

    own      + δ_p · min(k, p + 1) / (p + 1)
    nearer   − δ_p · k / (p (p + 1))        to each of the p rows nearer, where p ≥ k

Jia et al. 2019, "Efficient task-specific data valuation for nearest neighbor algorithms", is the
case of a prior of 0.

For numbers the score is −(Σ z / k − t)² with z the voters' targets and t the true one, both less
the prior. Its linear part has δ = (2 t z − z² / k) / k; of each pair, a nearer than b at place
p + 1, with c = −2 z_a z_b / k² and T = min(k − 1, p + 1),

    both     + c · T (T + 1) / (2 (p + 1) (p + 2))
    nearer   − c · k (k − 1) / (p (p + 1) (p + 2))   to the p others nearer than b, where p ≥ k − 1
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Floats
from valuation.core.games.neighbours import DISTANCES_MAX, distances
from valuation.core.games.problem import Problem, problem_of
from valuation.core.utilities import Task


def knn_shapley(
    x: Any,
    y: Any,
    x_validation: Any,
    y_validation: Any,
    *,
    k: int = 5,
    prior: Floats | float | None = None,
    task: Task = "classification",
) -> Floats:
    """Shapley value of each row for the mean probability of the true class, or the squared error.

    Parameters
    ----------
    x, y, x_validation, y_validation : as for `DataGame`
    k : neighbours that vote
    prior : what votes for the places that no row takes, (classes,) or one number; None means the
        class frequencies, or the mean, of y_validation, 0.0 nobody
    task : "regression" values rows by minus the mean squared error

    Returns
    -------
    values : float64 (rows,), summing to v(N) − v(∅)

    Notes
    -----
    Zero is no threshold of harm: a positive value does not prove a row harmless (Wang et al. 2024,
    "Rethinking Data Shapley for data selection"). Distances sort every validation row's N rows,
    O(M N log N) in all.

    >>> knn_shapley([[0.0], [1.0], [2.0]], [0, 1, 0], [[0.1]], [0], k=1, prior=0.0)
    array([ 0.83333333, -0.16666667,  0.33333333])
    """
    problem = problem_of(
        x, y, np.arange(len(y)), x_validation, y_validation,
        task=task, n_players=max(len(y), 1),
    )  # fmt: skip
    priors = problem.prior if prior is None else np.broadcast_to(prior, problem.prior.shape)
    block = _classes if task == "classification" else _numbers
    values = np.zeros(len(problem.x))
    step = max(DISTANCES_MAX // max(len(problem.x), 1), 1)
    for start in range(0, len(problem.x_validation), step):
        cut = slice(start, start + step)
        order = distances(problem.x_validation[cut], problem.x).argsort(axis=1, kind="stable")
        by_place = block(problem, order, cut, k, priors)
        values += np.bincount(order.ravel(), by_place.ravel(), len(values))
    return values / len(problem.x_validation)


def _classes(problem: Problem, order: NDArray, cut: slice, k: int, priors: Floats) -> Floats:
    """Values by place, (validation rows, rows)."""
    truth = problem.y_validation[cut]
    return _linear(((problem.y[order] == truth[:, None]) - priors[truth][:, None]) / k, k)


def _numbers(problem: Problem, order: NDArray, cut: slice, k: int, priors: Floats) -> Floats:
    """The same for minus the squared error."""
    z = problem.y[order] - priors[0]
    truth = (problem.y_validation[cut] - priors[0])[:, None]
    return _linear((2.0 * truth * z - z * z / k) / k, k) - 2.0 / k**2 * _pairs(z, k)


def _linear(delta: Floats, k: int) -> Floats:
    """Values where each of the k votes adds its δ; by place."""
    place = np.arange(delta.shape[1])
    own = delta * np.minimum(k, place + 1) / (place + 1)
    pushed = np.where(place >= k, delta * k / np.maximum(place * (place + 1), 1), 0.0)
    return own - _after(pushed)


def _pairs(z: Floats, k: int) -> Floats:
    """Values where each pair of voters adds the product of its z; by place."""
    p = np.arange(z.shape[1]) - 1.0  # others nearer than the farther of the pair
    t = np.minimum(k - 1, p + 1)
    both = np.where(p >= 0, t * (t + 1) / (2 * np.maximum((p + 1) * (p + 2), 1)), 0.0)
    reach = p >= max(k - 1, 1)
    nearer = np.where(reach, k * (k - 1) / np.maximum(p * (p + 1) * (p + 2), 1), 0.0)
    before = z.cumsum(axis=1) - z
    own = z * (both * before + _after(z * both))
    return own - _after(nearer * z * before) + z * _after(nearer * z)


def _after(values: Floats) -> Floats:
    """Sums over the later places."""
    return values[:, ::-1].cumsum(axis=1)[:, ::-1] - values

"""KNN-Shapley: exact Shapley values of single rows under k nearest neighbours, O(N log N).

One row per player is the special case of the grouped closed form in which all weights are 1. Of
the p + 1 rows up to and including place p (from 0), each joins first with equal chance, so with
δ = (1[label right] − prior(true label)) / k

    own      + δ_p · min(k, p + 1) / (p + 1)
    nearer   − δ_p · k / (p (p + 1))        to each of the p rows nearer, where p ≥ k

Jia et al. 2019, "Efficient task-specific data valuation for nearest neighbor algorithms", is the
case of a prior of 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from valuation.core.games.base import Floats
from valuation.core.games.neighbours import DISTANCES_MAX, distances
from valuation.core.games.problem import Problem, problem_of


def knn_shapley(
    x: Any,
    y: Any,
    x_validation: Any,
    y_validation: Any,
    *,
    k: int = 5,
    prior: Floats | float | None = None,
) -> Floats:
    """Shapley value of each row for the mean probability of the true class.

    Parameters
    ----------
    x, y, x_validation, y_validation : as for `DataGame`
    k : neighbours that vote
    prior : (classes,), what votes for the places that no row takes; None means the class
        frequencies of y_validation, 0.0 nobody

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
        task="classification", n_players=max(len(y), 1),
    )  # fmt: skip
    priors = problem.prior if prior is None else np.broadcast_to(prior, problem.prior.shape)
    values = np.zeros(len(problem.x))
    step = max(DISTANCES_MAX // max(len(problem.x), 1), 1)
    for start in range(0, len(problem.x_validation), step):
        values += _block_values(problem, slice(start, start + step), k, priors)
    return values / len(problem.x_validation)


def _block_values(problem: Problem, cut: slice, k: int, priors: Floats) -> Floats:
    """Values summed over the validation rows of a slice."""
    truth = problem.y_validation[cut]
    order = distances(problem.x_validation[cut], problem.x).argsort(axis=1, kind="stable")
    delta = ((problem.y[order] == truth[:, None]) - priors[truth][:, None]) / k
    place = np.arange(order.shape[1])
    own = delta * np.minimum(k, place + 1) / (place + 1)
    pushed = np.where(place >= k, delta * k / np.maximum(place * (place + 1), 1), 0.0)
    later = pushed[:, ::-1].cumsum(axis=1)[:, ::-1] - pushed
    summed = np.bincount(order.ravel(), (own - later).ravel(), len(problem.x))
    return summed.astype(np.float64, copy=False)

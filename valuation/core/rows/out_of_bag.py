"""Data-OOB: a row is worth what models that have not seen it make of it (Kwon & Zou 2023).

Many trees are grown on bootstrap samples. A row's value is the mean, over the trees whose sample
lacks it, of 1[its label is predicted], or for numbers of minus the squared error. No validation
rows are needed, so it also serves a contributor alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from valuation.core.games.base import Floats
from valuation.core.games.problem import problem_of
from valuation.core.utilities import Task
from valuation.errors import BudgetTooSmall


def data_oob(
    x: Any, y: Any, *, n_trees: int = 400, seed: int = 0, task: Task = "classification"
) -> Floats:
    """Value of each row, float64 (rows,); in [0, 1] for classes.

    Parameters
    ----------
    n_trees : trees; each is fitted once, and a row is out of the bag of 37 % of them
    seed : of the bootstrap samples

    Raises
    ------
    BudgetTooSmall : so few trees that some row was in every bag

    >>> x = np.repeat([[0.0], [1.0]], 10, axis=0)
    >>> y = np.repeat([0, 1], 10)
    >>> y[0] = 1  # mislabelled
    >>> data_oob(x, y, n_trees=50).argmin()
    np.int64(0)
    """
    problem = problem_of(x, y, np.zeros(len(y), dtype=np.int64), x, y, task=task, n_players=1)
    random = np.random.default_rng(seed)
    grow = DecisionTreeClassifier if task == "classification" else DecisionTreeRegressor
    scores, times = np.zeros(len(problem.x)), np.zeros(len(problem.x))
    for _ in range(n_trees):
        bag = random.integers(0, len(scores), len(scores))
        out = np.setdiff1d(np.arange(len(scores)), bag)
        if not len(out):
            continue
        tree = grow(random_state=0).fit(problem.x[bag], problem.y[bag])
        predicted = tree.predict(problem.x[out])
        if task == "classification":
            scores[out] += predicted == problem.y[out]
        else:
            scores[out] -= (predicted - problem.y[out]) ** 2
        times[out] += 1
    if not times.all():
        raise BudgetTooSmall(f"With {n_trees} trees some row was in every bag; grow more.")
    return scores / times

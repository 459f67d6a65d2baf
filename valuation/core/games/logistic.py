"""Logistic regression for many coalitions at once: damped Newton steps in batches.

All coalitions of a batch share each matrix product: the gradient is residuals @ rows, the Hessian
curvature @ products of columns. They start from one of two points, so the first step needs no rows
at all: at a common point everything adds up over players. One is zero, the other the optimum on the
validation rows, near the coalitions' own and, like zero, a function of the specification alone. The
intercept is not penalised, so features may be centred without changing the model.

With two classes there is one score per row; with K > 2 the K scores of the multinomial model sum
to zero at the optimum, so K − 1 scores in an orthonormal basis of that plane have the same penalty
and a regular Hessian.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Bools, Floats
from valuation.core.games.logistic_rows import DENSE_MAX, Group, rows_at_once
from valuation.core.games.newton import minimise
from valuation.core.games.problem import Problem
from valuation.core.games.softmax import free_scores, probabilities

HELD_MAX = 2**25  # numbers held for sets of classes: 256 MB, beside one more set
CHUNK_ELEMENTS = 2**18  # numbers per working array: 2 MB, so that a few stay in cache


class LogisticRegression:
    """scikit-learn's LogisticRegression, at its optimum, on every coalition.

    Options: `C`, the inverse of the L2 penalty (1.0).
    """

    OPTIONS = MappingProxyType({"C": lambda c: 0 < c < float("inf")})

    def __init__(self, problem: Problem, *, C: float = 1.0) -> None:  # noqa: N803
        self.problem = problem
        self.penalty = 1.0 / C
        self._has_class = problem.row_counts() > 0
        centre = problem.x_validation.mean(axis=0)
        self.rows = with_ones(problem.x - centre)
        self.rows_validation = with_ones(problem.x_validation - centre)
        self._scores = max(problem.n_classes - 1, 1)
        self.chunk = max(CHUNK_ELEMENTS // self._numbers_per_coalition(), 8)
        self._groups: dict[bytes, Group] = {}

    @cached_property
    def _logits_at_start(self) -> Floats:
        """Of every class the coefficients (classes, columns) fitted to the validation rows.

        NaN for a class that they lack.
        """
        seen = np.unique(self.problem.y_validation)
        logits = np.full((self.problem.n_classes, self.rows.shape[1]), np.nan)
        rows = replace(
            self.problem,
            x=self.problem.x_validation,
            y=self.problem.y_validation,
            owners=np.zeros(len(self.rows_validation), dtype=np.int64),
            n_players=1,
        )
        if len(seen) > 1:
            zero = np.zeros((len(seen) - 1, self.rows.shape[1]))
            group = Group.of(rows, self.rows_validation, seen, self.penalty, zero)
            logits[seen] = group.basis @ minimise(group, np.ones((1, 1), dtype=bool))[:, 0]
        return logits

    def _start(self, labels: NDArray) -> Floats:
        """Where coalitions with these classes may start beside zero; (scores, columns).

        It is zero if the validation rows lack one of the classes, and for conjugate gradients,
        which settle fastest where the rows are undecided.
        """
        zero = np.zeros((len(labels) - 1, self.rows.shape[1]))
        if zero.size > DENSE_MAX:
            return zero
        logits = self._logits_at_start[labels]
        return zero if np.isnan(logits).any() else free_scores(logits)

    def predict(self, members: Bools) -> Floats:
        """Class probabilities (classes, b, rows) of trainable coalitions bool (b, n_players).

        Raises
        ------
        FitFailed : the optimum of a coalition was not reached
        """
        rows = len(self.problem.x_validation)
        shares = np.zeros((self.problem.n_classes, len(members), rows))
        present = members.astype(np.float64) @ self._has_class > 0
        patterns, pattern_of = np.unique(present, axis=0, return_inverse=True)
        for at, pattern in enumerate(patterns):
            chosen = np.flatnonzero(pattern_of.reshape(-1) == at)
            group = self.group(pattern)
            scores = minimise(group, members[chosen]) @ self.rows_validation.T
            shares[np.ix_(group.labels, chosen)] = probabilities(scores, group.basis)
        return shares

    def costs(self, members: Bools) -> Floats:
        """Numbers touched per prediction: the coefficients."""
        return np.full(len(members), float(self._scores * self.rows.shape[1]))

    def coefficients(self, coalition: Bools) -> tuple[NDArray, Floats]:
        """Class indices (K,) and coefficients (K − 1, features + 1) of one, the intercept last.

        The intercept belongs to features centred at the mean of the validation rows. The scores of
        the K classes are `basis @ coefficients`, see `softmax.basis_of`.
        """
        present = coalition.astype(np.float64) @ self._has_class > 0
        group = self.group(present)
        return group.labels, minimise(group, coalition[None])[:, 0]

    def group(self, pattern: Bools) -> Group:
        """The rows of the classes in the pattern, bool (classes,)."""
        key = pattern.tobytes()
        if key not in self._groups:
            if sum(group.products.size for group in self._groups.values()) > HELD_MAX:
                self._groups.clear()
            labels = np.flatnonzero(pattern)
            start = self._start(labels)
            self._groups[key] = Group.of(self.problem, self.rows, labels, self.penalty, start)
        return self._groups[key]

    def _numbers_per_coalition(self) -> int:
        """The largest of the working arrays, per coalition."""
        columns, scores = self.rows.shape[1], self._scores
        at_once = rows_at_once(self.problem.owners)
        rows = (scores + 1) * max(at_once, len(self.problem.x_validation))
        if scores * columns > DENSE_MAX:
            return max(rows, columns**2)
        return max(
            rows,
            scores * (scores + 1) // 2 * columns * (columns + 1) // 2,
            (scores * columns) ** 2,
        )


def with_ones(z: Floats) -> Floats:
    return np.hstack([z, np.ones((len(z), 1))])

"""Influence: what a row helps the validation loss, to first order, without any refit.

helpfulness_i = ∇L_validation(w)ᵀ H⁻¹ ∇l_i(w), with H the Hessian of the penalised training loss
at its optimum w: by how much the mean validation loss would rise if the row were taken out (Koh &
Liang 2017, "Understanding black-box predictions via influence functions"). A group's influence is
the sum of its rows' to first order. It is a preview, never the value that pays: it measures the
last step from N − {i} to N alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from valuation.core.games.base import Floats
from valuation.core.games.logistic import LogisticRegression, with_ones
from valuation.core.games.logistic_rows import Group
from valuation.core.games.newton import minimise
from valuation.core.games.problem import Problem, problem_of
from valuation.core.games.softmax import RowLoss
from valuation.errors import UnknownModel, UnsuitableUtility


def influence(
    x: Any,
    y: Any,
    x_validation: Any,
    y_validation: Any,
    *,
    model: str = "logistic-regression",
    strength: float = 1.0,
) -> Floats:
    """Helpfulness of each row, float64 (rows,); larger is better.

    Parameters
    ----------
    model : "logistic-regression", judged by log-loss, or "ridge", judged by squared error
    strength : the penalty, 1 / C or alpha

    Raises
    ------
    UnknownModel : a model without a known Hessian
    UnsuitableUtility : fewer than two classes, or validation labels that no row has

    >>> import numpy as np
    >>> x, y = np.array([[0.0], [1.0], [2.0], [9.0]]), np.array([0.0, 1.0, 2.0, 0.0])
    >>> influence(x, y, x[:3], y[:3], model="ridge").argmin()  # the row off the line
    np.int64(3)
    """
    if model not in ("logistic-regression", "ridge"):
        raise UnknownModel(f"Influence is known for logistic-regression and ridge, not {model!r}.")
    problem = problem_of(
        x, y, np.zeros(len(y), dtype=np.int64), x_validation, y_validation,
        task="regression" if model == "ridge" else "classification", n_players=1,
    )  # fmt: skip
    return _ridge(problem, strength) if model == "ridge" else _logistic(problem, strength)


def _ridge(problem: Problem, strength: float) -> Floats:
    """Squared error halved, in training; its mean, in validation."""
    centre = problem.x_validation.mean(axis=0)
    rows, rows_validation = (with_ones(z - centre) for z in (problem.x, problem.x_validation))
    penalty = strength * np.diag([1.0] * problem.x.shape[1] + [0.0])
    hessian = rows.T @ rows + penalty
    weights = np.linalg.solve(hessian, rows.T @ problem.y)
    error = rows_validation @ weights - problem.y_validation
    slope = 2.0 * rows_validation.T @ error / len(error)
    residual = rows @ weights - problem.y
    helpful = (rows @ np.linalg.solve(hessian, slope)) * residual
    return helpful.astype(np.float64, copy=False)


def _logistic(problem: Problem, strength: float) -> Floats:
    """Log-loss; with K classes there are K − 1 free scores, see `softmax`."""
    if len(np.unique(problem.y)) < max(problem.n_classes, 2):
        raise UnsuitableUtility(
            "Influence needs rows of two classes, and of each validation label."
        )
    model = LogisticRegression(problem, C=1.0 / strength)
    group = model.group(np.ones(problem.n_classes, dtype=bool))
    everyone = np.ones((1, 1), dtype=bool)
    weights = minimise(group, everyone)
    _, hessian = group.derivatives(weights, everyone)
    assert hessian is not None
    slope = _mean_gradient(group, weights, model.rows_validation, problem.y_validation)
    direction = np.linalg.solve(hessian[0], slope.ravel()).reshape(slope.shape)
    residuals = _residuals(group, weights, model.rows, problem.y)
    return np.einsum("sn,nc,sc->n", residuals, model.rows, direction)


def _residuals(group: Group, weights: Floats, rows: Floats, y: Any) -> Floats:
    """Derivatives of the rows' losses by their scores, (scores, rows)."""
    loss = RowLoss(group.basis, y)
    return loss.residuals(loss.wrong(weights @ rows.T))[:, 0]


def _mean_gradient(group: Group, weights: Floats, rows: Floats, y: Any) -> Floats:
    return _residuals(group, weights, rows, y) @ rows / len(rows)

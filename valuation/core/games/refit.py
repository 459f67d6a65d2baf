"""Any scikit-learn estimator: cloned, seeded and fitted for every coalition."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from valuation.core.games.base import Bools, Floats
from valuation.core.games.problem import Problem
from valuation.errors import FitFailed


class Refit:
    """An estimator fitted anew to the rows of each coalition, in row order.

    Parameters
    ----------
    estimator : scikit-learn estimator; every `random_state` that is None becomes 0
    """

    chunk = 16  # predictions of so many fits are held at once

    def __init__(self, problem: Problem, estimator: Any) -> None:
        self.problem = problem
        self.estimator = seeded(estimator)
        self._targets = problem.y if problem.classes is None else problem.classes[problem.y]

    def predict(self, members: Bools) -> Floats:
        """Probabilities (classes, b, rows) or predictions (b, rows) of trainable coalitions."""
        return self._stacked([self._predict(self._fit(each), each) for each in members])

    def costs(self, members: Bools) -> Floats:
        """Numbers touched per prediction: nodes on the way for trees, else coefficients."""
        return self.predict_with_costs(members)[1]

    def predict_with_costs(self, members: Bools) -> tuple[Floats, Floats]:
        """Both from one fit per coalition."""
        predictions, costs = [], []
        for coalition in members:
            fitted = self._fit(coalition)
            predictions.append(self._predict(fitted, coalition))
            costs.append(prediction_cost(fitted, self.problem.x_validation))
        return self._stacked(predictions), np.array(costs)

    def _stacked(self, predictions: list[Floats]) -> Floats:
        stacked = np.stack(predictions)
        if self.problem.classes is None:
            return stacked
        return np.ascontiguousarray(np.moveaxis(stacked, -1, 0))

    def _fit(self, coalition: Bools) -> Any:
        rows = self.problem.rows_of(coalition)
        try:
            return clone(self.estimator).fit(self.problem.x[rows], self._targets[rows])
        except Exception as error:
            raise _failed("Fitting", coalition, error) from error

    def _predict(self, fitted: Any, coalition: Bools) -> Floats:
        """Predictions (rows,) or probabilities (rows, classes) on the validation rows."""
        x, classes = self.problem.x_validation, self.problem.classes
        try:
            if classes is None:
                return np.asarray(fitted.predict(x), dtype=np.float64).reshape(len(x))
            shares = np.zeros((len(x), len(classes)))
            if hasattr(fitted, "predict_proba"):
                shares[:, np.searchsorted(classes, fitted.classes_)] = fitted.predict_proba(x)
            else:
                shares[np.arange(len(x)), np.searchsorted(classes, fitted.predict(x))] = 1.0
        except Exception as error:
            raise _failed("Predicting from", coalition, error) from error
        return shares


def _failed(what: str, coalition: Bools, error: Exception) -> FitFailed:
    players = np.flatnonzero(coalition).tolist()
    return FitFailed(f"{what} the rows of the players {players} failed: {error}")


def seeded(estimator: Any) -> Any:
    """A clone whose every undetermined `random_state` is 0, nested ones too."""
    copy = clone(estimator)
    parameters = copy.get_params(deep=True)
    unset = {
        name: 0
        for name, value in parameters.items()
        if name.split("__")[-1] == "random_state" and value is None
    }
    return copy.set_params(**unset)


def prediction_cost(fitted: Any, x: Floats) -> float:
    """Numbers touched per prediction, mean over rows: a deterministic stand-in for latency."""
    if hasattr(fitted, "decision_path"):
        path = fitted.decision_path(x)
        path = path[0] if isinstance(path, tuple) else path
        return float(path.sum() / len(x))
    if hasattr(fitted, "_predictors"):  # histogram boosting: nodes of all its trees
        return float(sum(len(tree.nodes) for stage in fitted._predictors for tree in stage))
    if hasattr(fitted, "coef_"):
        return float(np.size(fitted.coef_) + np.size(fitted.intercept_))
    return float(x.shape[1])

"""DataGame: a coalition is worth what a model trained on its rows scores on the validation rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from valuation.core.games.base import Bools, Floats, as_coalitions, checked_utilities
from valuation.core.games.models import ModelKind, kind_of, model_of
from valuation.core.games.neighbours import NearestNeighbours
from valuation.core.games.problem import Problem, problem_of
from valuation.core.games.refit import Refit
from valuation.core.utilities import UTILITIES, Scorer, Task, Utility, utility_named
from valuation.errors import UnsuitableUtility


class DataGame:
    """The game of a data set: v(S) is the utility of the model trained on the rows of S.

    Parameters
    ----------
    x : float64 (rows, features), finite, used as given
    y : (rows,), labels or float targets
    owners : int (rows,), the player of each row, 0…n_players − 1
    x_validation, y_validation : the rows that predictions are scored on
    model : name in `MODELS`, or a scikit-learn estimator instance, cloned per coalition
    utility : name in `UTILITIES`, or a `Utility`
    n_players : int; one more than the largest owner by default. A player without rows is null.
    options : hyper-parameters by scikit-learn's names
    transform : applied to x and x_validation before everything; see `transform_of`

    Attributes
    ----------
    classes : sorted labels of y and y_validation together; None for regression
    empty : float, v(∅), the utility of the constant predictor; also of coalitions with fewer than
        two rows or, for classifiers, a single class (nearest neighbours are exempt)

    Raises
    ------
    NotFinite, ShapeMismatch, UnknownModel, UnknownUtility, UnsuitableOption, UnsuitableUtility

    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [0.1], [0.9]])
    >>> game = DataGame(x, [0, 1, 0, 1], [0, 0, 1, 1], x, [0, 1, 0, 1],
    ...                 model="k-nearest-neighbours", utility="accuracy",
    ...                 options={"n_neighbors": 1})
    >>> game(np.array([[False, False], [True, False], [True, True]]))
    array([0.5, 1. , 1. ])
    """

    def __init__(  # noqa: PLR0917 - the order is part of the contract
        self,
        x: Any,
        y: Any,
        owners: Any,
        x_validation: Any,
        y_validation: Any,
        model: str | BaseEstimator = "logistic-regression",
        utility: str | Utility = "log-loss",
        n_players: int | None = None,
        options: Mapping[str, Any] | None = None,
        transform: Any = None,
    ) -> None:
        kind = kind_of(model)
        self.model, self.options = model, dict(options or {})
        self.utility = utility_named(utility)
        self.task = _task(kind, self.utility, y, model)
        self.problem = problem_of(
            x, y, owners, x_validation, y_validation,
            task=self.task, n_players=n_players, transform=transform,
        )  # fmt: skip
        _check_utility(self.utility, self.problem)
        self._scorer = Scorer(self.utility, self.problem.y_validation, self.problem.classes)
        self.empty = float(checked_utilities([self._scorer.empty()], 1)[0])
        self._model = model_of(self.problem, model, self.task, self.options)
        self._check_probabilities()
        self._needs_training = kind.needs_training
        self._row_counts = self.problem.row_counts()
        self.cheap = kind.cheap and not isinstance(self._model, Refit)

    @property
    def n_players(self) -> int:
        return self.problem.n_players

    @property
    def classes(self) -> Any:
        return self.problem.classes

    @property
    def x(self) -> Floats:
        return self.problem.x

    @property
    def y(self) -> Any:
        """Labels or targets as they were given."""
        return self._given(self.problem.y)

    @property
    def owners(self) -> Any:
        return self.problem.owners

    @property
    def x_validation(self) -> Floats:
        return self.problem.x_validation

    @property
    def y_validation(self) -> Any:
        return self._given(self.problem.y_validation)

    def __call__(self, coalitions: Bools, /) -> Floats:
        members = as_coalitions(coalitions, self.n_players)
        utilities = np.full(len(members), self.empty)
        trained = np.flatnonzero(~self.untrainable(members) & members.any(axis=1))
        for start in range(0, len(trained), self._model.chunk):
            at = trained[start : start + self._model.chunk]
            utilities[at] = self._scorer(*self._predictions(members[at]))
        return checked_utilities(utilities, len(members))

    def parts(self, coalitions: Bools, /) -> Floats:
        """The unweighted parts of a composed utility, float64 (b, parts), from the same fits."""
        members = as_coalitions(coalitions, self.n_players)
        empty = [Scorer(part, self._scorer.y, self.classes).empty() for part in self._part_list()]
        scores = np.tile(empty, (len(members), 1))
        trained = np.flatnonzero(~self.untrainable(members) & members.any(axis=1))
        for start in range(0, len(trained), self._model.chunk):
            at = trained[start : start + self._model.chunk]
            scores[at] = self._scorer.by_part(*self._predictions(members[at]))
        return scores

    def untrainable(self, coalitions: Bools, /) -> Bools:
        """Which coalitions have fewer than two rows or, for classifiers, a single class."""
        members = as_coalitions(coalitions, self.n_players)
        if not self._needs_training:
            return np.zeros(len(members), dtype=bool)
        counts = members.astype(np.float64) @ self._row_counts
        too_few = counts.sum(axis=1) < 2
        return too_few | ((counts > 0).sum(axis=1) < 2) if self.classes is not None else too_few

    def closed_form(self) -> Floats | None:
        """Exact Shapley values (n_players,), for nearest neighbours under some utilities."""
        if not isinstance(self._model, NearestNeighbours):
            return None
        total = np.zeros(self.n_players)
        for weight, part in self.utility.terms():
            values = self._closed_form_of(part)
            if values is None:
                return None
            total += weight * values
        return total

    def _closed_form_of(self, part: Utility) -> Floats | None:
        assert isinstance(self._model, NearestNeighbours)
        if UTILITIES.get(part.name) is not part:
            return None
        if not part.name.endswith("-skill"):
            return self._model.values(part.name)
        loss = UTILITIES[part.name.removesuffix("-skill")]  # 1 − loss / loss(∅), linear in it
        values = self._model.values(loss.name)
        empty = Scorer(loss, self.problem.y_validation, self.problem.classes).empty()
        return None if values is None else values / -empty

    def _predictions(self, members: Bools) -> tuple[Floats, Floats]:
        if not any(part.of_cost for part in self._part_list()):
            return self._model.predict(members), np.zeros(len(members))
        if isinstance(self._model, Refit):
            return self._model.predict_with_costs(members)
        return self._model.predict(members), self._model.costs(members)

    def _part_list(self) -> list[Utility]:
        return [part for _, part in self.utility.terms()]

    def _given(self, y: Any) -> Any:
        return y if self.classes is None else self.classes[y]

    def _check_probabilities(self) -> None:
        if self.task != "classification" or self.utility.labels_suffice:
            return
        if isinstance(self._model, Refit) and not hasattr(self._model.estimator, "predict_proba"):
            raise UnsuitableUtility(
                f"{self.utility.name!r} needs probabilities, which {self.model!r} does not give."
            )


def _task(kind: ModelKind, utility: Utility, y: Any, model: Any) -> Task:
    """Classification or regression, from the model, the utility and at last the targets.

    Raises
    ------
    UnsuitableUtility : the model does not serve the utility
    """
    tasks = [task for task in kind.tasks if utility.task in (None, task)]
    if not tasks:
        raise UnsuitableUtility(f"{model!r} cannot be scored by {utility.name!r}.")
    if len(tasks) == 1:
        return tasks[0]
    return "regression" if np.issubdtype(np.asarray(y).dtype, np.floating) else "classification"


def _check_utility(utility: Utility, problem: Problem) -> None:
    if utility.needs_variation and len(np.unique(problem.y_validation)) < 2:
        raise UnsuitableUtility(
            f"{utility.name!r} is undefined where all validation targets are equal."
        )

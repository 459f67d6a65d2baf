"""The models by name: batched ones where we have them, scikit-learn's estimators otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression as SklearnLinearRegression
from sklearn.linear_model import LogisticRegression as SklearnLogisticRegression
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from valuation.core.games.base import Bools, Floats
from valuation.core.games.bayes import GaussianNaiveBayes
from valuation.core.games.logistic import LogisticRegression
from valuation.core.games.neighbours import NearestNeighbours
from valuation.core.games.problem import Problem
from valuation.core.games.refit import Refit
from valuation.core.games.ridge import LinearRegression, Ridge
from valuation.core.utilities import Task
from valuation.errors import UnknownModel, UnsuitableOption


class Model(Protocol):
    """A model of every coalition.

    chunk : coalitions predicted at once; fixed, so that the same batch gives the same bits
    """

    chunk: int

    def predict(self, members: Bools, /) -> Floats:
        """Probabilities (classes, b, rows) or predictions (b, rows) on the validation rows."""
        ...

    def costs(self, members: Bools, /) -> Floats:
        """A deterministic stand-in for latency: numbers touched per prediction, (b,)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKind:
    """What a model name stands for.

    batched : our class for many coalitions; its OPTIONS are the options it understands
    estimators : scikit-learn's classes by task, for all other options
    needs_training : whether fewer than two rows or a single class cannot train it
    """

    estimators: Mapping[Task, Any]
    batched: Callable[..., Model] | None = None
    cheap: bool = False
    needs_training: bool = True
    tasks: tuple[Task, ...] = ("classification", "regression")


MODELS: dict[str, ModelKind] = {
    "logistic-regression": ModelKind(
        batched=LogisticRegression,
        estimators={"classification": SklearnLogisticRegression},
        tasks=("classification",),
    ),
    "gaussian-naive-bayes": ModelKind(
        batched=GaussianNaiveBayes,
        estimators={"classification": GaussianNB},
        tasks=("classification",),
        cheap=True,
    ),
    "ridge": ModelKind(
        batched=Ridge, estimators={"regression": SklearnRidge}, tasks=("regression",), cheap=True
    ),
    "linear-regression": ModelKind(
        batched=LinearRegression,
        estimators={"regression": SklearnLinearRegression},
        tasks=("regression",),
        cheap=True,
    ),
    "k-nearest-neighbours": ModelKind(
        batched=NearestNeighbours, estimators={}, cheap=True, needs_training=False
    ),
    "decision-tree": ModelKind(
        estimators={
            "classification": DecisionTreeClassifier,
            "regression": DecisionTreeRegressor,
        }
    ),
    "random-forest": ModelKind(
        estimators={
            "classification": RandomForestClassifier,
            "regression": RandomForestRegressor,
        }
    ),
    "gradient-boosting": ModelKind(
        estimators={
            "classification": HistGradientBoostingClassifier,
            "regression": HistGradientBoostingRegressor,
        }
    ),
}


def kind_of(model: str | BaseEstimator) -> ModelKind:
    """What the name or the estimator instance stands for.

    Raises
    ------
    UnknownModel : neither a known name nor a scikit-learn classifier or regressor
    """
    if isinstance(model, str):
        if model not in MODELS:
            raise UnknownModel(f"There is no model {model!r}; there are {', '.join(MODELS)}.")
        return MODELS[model]
    if hasattr(model, "fit") and hasattr(model, "get_params") and not isinstance(model, type):
        if is_classifier(model):
            return ModelKind(estimators={}, tasks=("classification",))
        if is_regressor(model):
            return ModelKind(estimators={}, tasks=("regression",))
    raise UnknownModel(f"{model!r} is neither a model name nor a classifier or regressor.")


def estimator_of(model: str | BaseEstimator, task: Task, options: Mapping[str, Any]) -> Any:
    """A scikit-learn estimator for the task with these options.

    Raises
    ------
    UnsuitableOption : scikit-learn knows no such option
    """
    kind = kind_of(model)
    try:
        if not isinstance(model, str):
            return _with_options(model, options)
        return _with_options(kind.estimators[task](), options)
    except (KeyError, ValueError, TypeError) as error:
        raise UnsuitableOption(f"{model!r} does not take {dict(options)!r}.") from error


def _with_options(estimator: Any, options: Mapping[str, Any]) -> Any:
    from sklearn.base import clone

    return clone(estimator).set_params(**options)


def model_of(
    problem: Problem, model: str | BaseEstimator, task: Task, options: Mapping[str, Any]
) -> Model:
    """The batched model where it understands all options, refits of scikit-learn otherwise.

    Raises
    ------
    UnsuitableOption : an option that neither knows, or a value out of its range
    """
    batched: Any = kind_of(model).batched
    if batched is None or not set(options) <= set(batched.OPTIONS):
        return Refit(problem, estimator_of(model, task, options))
    for name, value in options.items():
        if not _is_allowed(batched.OPTIONS[name], value):
            raise UnsuitableOption(f"{model!r} does not take {name} = {value!r}.")
    return batched(problem, **options)


def _is_allowed(rule: Callable[[Any], bool], value: Any) -> bool:
    try:
        return bool(rule(value))
    except TypeError:
        return False

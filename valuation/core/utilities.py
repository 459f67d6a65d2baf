"""Utilities: what a prediction on the validation rows is worth; larger is better.

A **utility** maps validation targets and predictions to a number. A **batched** utility scores
the predictions of many coalitions at once; the named ones all are. Predictions come class first:

    classification   p float64 (classes, b, rows), y int (rows,), indices of the classes
    regression       p float64 (b, rows), y float64 (rows,)

v(∅) is the utility of the constant predictor (class frequencies, or the mean, of the validation
targets), scored like everything else. A new utility is one function and one line of `UTILITIES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from valuation.errors import ShapeMismatch, UnknownUtility, UnsuitableUtility

Floats = NDArray[np.float64]
Task = Literal["classification", "regression"]

PROBABILITY_MIN = (
    1e-3  # one confident mistake costs at most ln 1000; without it log-loss is unbounded
)
R2_MIN = -1.0  # R² is unbounded below; one wild coalition would drown all others


@dataclass(frozen=True, slots=True)
class Utility:
    """A named utility, your own or one of `UTILITIES`.

    Parameters
    ----------
    name : str
    function : `function(y_validation, prediction) -> float`. For classifiers the prediction is
        float64 (rows, classes), probabilities of the sorted labels of y and y_validation
        together; for regressors float64 (rows,).
    empty : float, v(∅); None scores the constant predictor with `function`
    task : the kind of target it can score; None means any
    batched : whether `function` takes the predictions of many coalitions, class first
    labels_suffice : whether hard labels (a classifier without `predict_proba`) can be scored
    needs_variation : whether it is undefined where y_validation is constant
    of_cost : whether `function` takes the costs (b,) of the models instead of (y, prediction)
    parts : weighted sum of other utilities; empty for a plain one

    >>> half = 0.5 * utility_named("brier") + 0.5 * utility_named("accuracy")
    >>> half.name
    '0.5 * brier + 0.5 * accuracy'
    """

    name: str
    function: Callable[..., Any]
    empty: float | None = None
    task: Task | None = None
    batched: bool = False
    labels_suffice: bool = False
    needs_variation: bool = False
    of_cost: bool = False
    parts: tuple[tuple[float, Utility], ...] = ()

    def __mul__(self, weight: float) -> Utility:
        return weighted_sum(*((weight * own, part) for own, part in self.terms()))

    __rmul__ = __mul__

    def __add__(self, other: Utility) -> Utility:
        return weighted_sum(*self.terms(), *other.terms())

    def __sub__(self, other: Utility) -> Utility:
        return self + -1.0 * other

    def terms(self) -> tuple[tuple[float, Utility], ...]:
        """The utility as a weighted sum; a plain one is once itself."""
        return self.parts or ((1.0, self),)


def weighted_sum(*terms: tuple[float, Utility]) -> Utility:
    """A utility whose Shapley values are the same weighted sum of the values of its parts.

    Raises
    ------
    UnsuitableUtility : classification and regression cannot be mixed
    """
    tasks = {part.task for _, part in terms if part.task is not None}
    if len(tasks) > 1:
        raise UnsuitableUtility("A utility cannot mix classification and regression.")
    return Utility(
        name=" + ".join(f"{weight:g} * {part.name}" for weight, part in terms),
        function=_refuse_call,
        task=tasks.pop() if tasks else None,
        labels_suffice=all(part.labels_suffice for _, part in terms),
        needs_variation=any(part.needs_variation for _, part in terms),
        parts=terms,
    )


def _refuse_call(*_: Any) -> float:
    raise AssertionError("a weighted sum is scored part by part")


def utility_named(name: str | Utility) -> Utility:
    """The registered utility of that name; a `Utility` is returned as it is.

    Raises
    ------
    UnknownUtility : no such name
    """
    if isinstance(name, Utility):
        return name
    if name not in UTILITIES:
        raise UnknownUtility(f"There is no utility {name!r}; there are {', '.join(UTILITIES)}.")
    return UTILITIES[name]


# --- probabilities of classes -----------------------------------------------------------------


def _probability_of_truth(y: NDArray, p: Floats) -> Floats:
    """Probability of the true class, float64 (b, rows)."""
    if p.shape[0] == 2:  # the common case, without a gather
        return np.where(y == 1, p[1], p[0])
    truth = np.empty(p.shape[1:])
    for label in np.unique(y):
        rows = y == label
        truth[:, rows] = p[label][:, rows]
    return truth


def log_loss(y: NDArray, p: Floats) -> Floats:
    """Mean ln max(p_true, 10⁻³): Good's logarithmic score, clipped."""
    truth = _probability_of_truth(y, p)
    np.maximum(truth, PROBABILITY_MIN, out=truth)
    return np.log(truth, out=truth).mean(axis=1)


def brier(y: NDArray, p: Floats) -> Floats:
    """−mean Σ_c (p_c − 1[y = c])², Brier 1950: two for certain and wrong, zero for right."""
    total = np.zeros(p.shape[1])
    for label in range(p.shape[0]):
        error = p[label] - (y == label)
        total -= np.einsum("bm,bm->b", error, error)
    return total / len(y)


def probability(y: NDArray, p: Floats) -> Floats:
    """Mean p_true. It has a closed form for nearest neighbours, but is not a proper score."""
    return _probability_of_truth(y, p).mean(axis=1)


def accuracy(y: NDArray, p: Floats) -> Floats:
    """Share of rows whose most probable class is the true one; ties go to the smaller label."""
    return (p.argmax(axis=0) == y).mean(axis=1)


def f1(y: NDArray, p: Floats) -> Floats:
    """F1 averaged over the classes of y; a class never predicted counts 0."""
    predicted = p.argmax(axis=0)
    scores = [_f1_of(predicted == label, y == label) for label in np.unique(y)]
    return np.mean(scores, axis=0)


def _f1_of(predicted: NDArray, truth: NDArray) -> Floats:
    """2 true positives over predicted plus actual ones, (b,); the class occurs in the truth."""
    return 2.0 * (predicted & truth).sum(axis=1) / (predicted.sum(axis=1) + truth.sum())


def auc(y: NDArray, p: Floats) -> Floats:
    """ROC AUC of the larger label; with more than two classes one-vs-rest, averaged over them."""
    labels = np.unique(y)
    scored = labels[1:] if len(labels) == 2 else labels
    return np.mean([_auc_of(p[label], y == label) for label in scored], axis=0)


def _auc_of(score: Floats, truth: NDArray) -> Floats:
    """Mann and Whitney's U over its maximum, ties counted half; score (b, rows) -> (b,)."""
    positives, rows = int(truth.sum()), len(truth)
    u = _mean_ranks(score)[:, truth].sum(axis=1) - positives * (positives + 1) / 2
    return u / (positives * (rows - positives))


def _mean_ranks(score: Floats) -> Floats:
    """Ranks 1…rows along the last axis, equal scores sharing the mean of theirs."""
    order = score.argsort(axis=1)
    ordered = np.take_along_axis(score, order, axis=1)
    change = np.ones_like(ordered, dtype=bool)
    change[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    position = np.arange(score.shape[1])
    first = np.maximum.accumulate(np.where(change, position, 0), axis=1)
    ends = np.concatenate([change[:, 1:], np.ones((len(score), 1), dtype=bool)], axis=1)
    last = np.where(ends, position, score.shape[1])[:, ::-1]
    last = np.minimum.accumulate(last, axis=1)[:, ::-1]
    ranks = np.empty_like(ordered)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    return ranks


# --- predictions of numbers -------------------------------------------------------------------


def r2(y: NDArray, p: Floats) -> Floats:
    """max(1 − SSE / SST, −1)."""
    error = p - y
    squares = np.einsum("bm,bm->b", error, error)
    spread = y - y.mean()
    return np.maximum(1.0 - squares / (spread @ spread), R2_MIN)


def absolute_error(y: NDArray, p: Floats) -> Floats:
    """−mean |y − ŷ|."""
    return -np.abs(p - y).mean(axis=1)


def skill(score: Callable[[NDArray, Floats], Floats]) -> Callable[[NDArray, Floats], Floats]:
    """1 − loss / loss(∅) of a score that is minus a loss; the constant predictor has 0."""

    def skilled(y: NDArray, p: Floats) -> Floats:
        return 1.0 - score(y, p) / score(y, constant_prediction(y, p))

    return skilled


# --- the constant predictor -------------------------------------------------------------------


def constant_prediction(y: NDArray, like: Floats) -> Floats:
    """The constant predictor's prediction, one coalition, shaped as `like` is.

    >>> constant_prediction(np.array([0, 0, 1]), np.zeros((2, 5, 3)))[:, 0, 0].round(3)
    array([0.667, 0.333])
    """
    if like.ndim == 3:
        frequencies = np.bincount(y, minlength=like.shape[0]) / len(y)
        return np.tile(frequencies[:, None, None], (1, 1, len(y)))
    return np.full((1, len(y)), y.mean())


# --- the registry -----------------------------------------------------------------------------


def _classes(name: str, function: Callable[..., Any], **kwargs: Any) -> Utility:
    return Utility(name, function, task="classification", batched=True, **kwargs)


def _numbers(name: str, function: Callable[..., Any], **kwargs: Any) -> Utility:
    return Utility(name, function, task="regression", batched=True, **kwargs)


UTILITIES: dict[str, Utility] = {
    utility.name: utility
    for utility in (
        _classes("log-loss", log_loss),
        _classes("log-loss-skill", skill(log_loss), empty=0.0, needs_variation=True),
        _classes("brier", brier),
        _classes("brier-skill", skill(brier), empty=0.0, needs_variation=True),
        _classes("probability", probability),
        _classes("accuracy", accuracy, labels_suffice=True),
        _classes("auc", auc, empty=0.5, needs_variation=True),
        _classes("f1", f1, labels_suffice=True),
        _numbers("r2", r2, empty=0.0, needs_variation=True),
        _numbers("absolute-error", absolute_error),
        _numbers("absolute-error-skill", skill(absolute_error), empty=0.0, needs_variation=True),
    )
}


# --- scoring ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scorer:
    """A utility bound to validation targets.

    Parameters
    ----------
    utility : Utility
    y : (rows,), class indices or float64 targets
    classes : the sorted labels of the indices; None for regression
    """

    utility: Utility
    y: NDArray
    classes: NDArray | None

    def __call__(self, p: Floats, costs: Floats) -> Floats:
        """Utilities (b,) of predictions of b coalitions; costs (b,) of their models."""
        scores = [w * self._score(part, p, costs) for w, part in self.utility.terms()]
        return np.sum(scores, axis=0, dtype=np.float64)

    def by_part(self, p: Floats, costs: Floats) -> Floats:
        """The unweighted parts of the utility, float64 (b, parts)."""
        scores = [self._score(part, p, costs) for _, part in self.utility.terms()]
        return np.stack(scores, axis=1)

    def empty(self) -> float:
        """v(∅): declared, or the score of the constant predictor."""
        return float(sum(w * self._empty(part) for w, part in self.utility.terms()))

    def _empty(self, part: Utility) -> float:
        if part.empty is not None:
            return float(part.empty)
        shape = (1, len(self.y)) if self.classes is None else (len(self.classes), 1, len(self.y))
        constant = constant_prediction(self.y, np.empty(shape))
        return float(self._score(part, constant, np.zeros(1))[0])

    def _score(self, part: Utility, p: Floats, costs: Floats) -> Floats:
        if part.of_cost:
            return np.asarray(part.function(costs), dtype=np.float64)
        if part.batched:
            return np.asarray(part.function(self.y, p), dtype=np.float64)
        return self._one_by_one(part, p)

    def _one_by_one(self, part: Utility, p: Floats) -> Floats:
        y = self.y if self.classes is None else self.classes[self.y]
        each = np.moveaxis(p, 0, -1) if p.ndim == 3 else p
        scores = [np.asarray(part.function(y, prediction), np.float64) for prediction in each]
        if any(score.size != 1 for score in scores):
            raise ShapeMismatch(f"The utility {part.name!r} must return one number.")
        return np.array([score.item() for score in scores])

"""Problem: the checked arrays of a data game, the same for every model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Bools, Floats
from valuation.core.utilities import Task
from valuation.errors import NotFinite, ShapeMismatch, UnsuitableOption, UnsuitableUtility

Ints = NDArray[np.int64]

ROWS_PER_BLOCK = 2**16  # looked at together: a few megabytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Rows of players and the validation rows they are judged on.

    x : float64 (rows, features)
    y : (rows,), class indices int64 or targets float64
    owners : int64 (rows,), the player of each row
    x_validation, y_validation : the same for the validation rows
    classes : sorted labels of y and y_validation together; None for regression
    prior : the constant predictor; class frequencies (classes,) or the mean (1,)
    """

    x: Floats
    y: NDArray
    owners: Ints
    x_validation: Floats
    y_validation: NDArray
    classes: NDArray | None
    n_players: int
    prior: Floats

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for regression."""
        return 0 if self.classes is None else len(self.classes)

    def row_counts(self) -> Floats:
        """Rows of each player by class, float64 (n_players, classes); one column for regression."""
        counts = np.zeros((self.n_players, max(self.n_classes, 1)))
        for cut in blocks(len(self.owners)):
            owners = self.owners[cut]
            column = np.zeros_like(owners) if self.classes is None else self.y[cut]
            np.add.at(counts, (owners, column), 1.0)
        return counts

    def rows_of(self, members: Bools) -> Ints:
        """Indices of the rows of one coalition bool (n_players,), in row order."""
        return np.flatnonzero(members[self.owners])


def problem_of(
    x: Any,
    y: Any,
    owners: Any,
    x_validation: Any,
    y_validation: Any,
    *,
    task: Task,
    n_players: int | None,
    transform: Any = None,
) -> Problem:
    """The problem, every array checked; what is float64 or int64 already is not copied.

    Raises
    ------
    NotFinite : NaN or an infinity among features or targets
    ShapeMismatch : lengths or widths differ, an owner out of range, no validation rows
    UnsuitableUtility : targets that are not of the task
    """
    y, y_validation = np.asarray(y), np.asarray(y_validation)
    x = _matrix(x, "x")
    x_validation = _matrix(x_validation, "x_validation")
    owners = _owners(owners)
    _check_shapes(x, y, owners, x_validation, y_validation)
    n_players = _player_count(owners, n_players)
    transform = transform_of(transform, x_validation)
    y, y_validation, classes = _targets(y, y_validation, task)
    return Problem(
        x=_transformed(transform, x, "x") if len(x) else x,
        y=y,
        owners=owners,
        x_validation=_transformed(transform, x_validation, "x_validation"),
        y_validation=y_validation,
        classes=classes,
        n_players=n_players,
        prior=_prior(y_validation, classes),
    )


def transform_of(transform: Any, x_validation: Floats) -> Any:
    """A function of feature arrays: the declared transform, fitted on nothing but the validation.

    Parameters
    ----------
    transform : None, a function, an object with a method `transform`, or {"kind": "standardise"},
        with its own "mean" and "scale" or those of the validation features
    """
    if transform is None:
        return lambda x: x
    if isinstance(transform, Mapping):
        return _standardise(transform, x_validation)
    if hasattr(transform, "transform"):
        return transform.transform
    if callable(transform):
        return transform
    raise UnsuitableOption(f"A transform is a function, not {transform!r}.")


def _standardise(spec: Mapping[str, Any], x_validation: Floats) -> Any:
    if spec.get("kind") != "standardise":
        raise UnsuitableOption(f"There is no transform {spec.get('kind')!r}.")
    mean = np.asarray(spec.get("mean", x_validation.mean(axis=0)), dtype=np.float64)
    scale = np.asarray(spec.get("scale", x_validation.std(axis=0)), dtype=np.float64)
    scale = np.where(scale > 0, scale, 1.0)  # a constant column stays as it is
    return lambda x: (x - mean) / scale


def _transformed(transform: Any, x: Floats, name: str) -> Floats:
    found = transform(x)
    return x if found is x else _matrix(found, f"transformed {name}")


def _matrix(values: Any, name: str) -> Floats:
    try:
        matrix = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise NotFinite(f"{name} holds something that is no number, or uneven rows.") from error
    if matrix.ndim != 2:
        raise ShapeMismatch(f"{name} must have two dimensions, not {matrix.ndim}.")
    _check_finite(matrix, name)
    return matrix


def blocks(row_count: int) -> Iterator[slice]:
    """Cuts of the rows: what is computed of a block at once is small, whatever the rows are."""
    for start in range(0, row_count, ROWS_PER_BLOCK):
        yield slice(start, min(start + ROWS_PER_BLOCK, row_count))


def _check_finite(values: NDArray, name: str) -> None:
    for cut in blocks(len(values)):
        finite = np.isfinite(values[cut])
        if not finite.all():
            row = cut.start + int(np.argwhere(~finite)[0][0])
            raise NotFinite(f"{name} has NaN or an infinity in row {row}.")


def _owners(owners: Any) -> Ints:
    owners = np.asarray(owners)
    whole = np.issubdtype(owners.dtype, np.integer)
    if not whole and np.issubdtype(owners.dtype, np.floating):
        whole = bool((owners == np.floor(owners)).all())
    if not whole and owners.size:
        raise ShapeMismatch("owners must be player indices: integers from 0.")
    return owners.astype(np.int64, copy=False)


def _check_shapes(
    x: Floats, y: NDArray, owners: Ints, x_validation: Floats, y_validation: NDArray
) -> None:
    if not (len(x) == len(y) == len(owners)) or y.ndim != 1 or owners.ndim != 1:
        raise ShapeMismatch(
            f"x, y and owners need the same rows: {x.shape}, {y.shape}, {owners.shape}."
        )
    if len(x_validation) != len(y_validation) or y_validation.ndim != 1:
        raise ShapeMismatch(
            f"x_validation and y_validation differ: {x_validation.shape}, {y_validation.shape}."
        )
    if x.shape[1] != x_validation.shape[1]:
        raise ShapeMismatch(
            f"x has {x.shape[1]} features and x_validation {x_validation.shape[1]}."
        )
    if not len(x_validation):
        raise ShapeMismatch("There are no validation rows.")


def _player_count(owners: Ints, n_players: int | None) -> int:
    highest = int(owners.max()) + 1 if len(owners) else 0
    count = highest if n_players is None else int(n_players)
    if count < 1:
        raise ShapeMismatch("A game without rows needs n_players, at least 1.")
    if count < max(highest, 1) or (len(owners) and owners.min() < 0):
        raise ShapeMismatch(f"owners must lie in 0…{count - 1}.")
    return count


def _targets(y: NDArray, y_validation: NDArray, task: Task) -> tuple[NDArray, NDArray, Any]:
    """Targets as class indices and sorted labels, or as floats and None."""
    for name, values in (("y", y), ("y_validation", y_validation)):
        if np.issubdtype(values.dtype, np.inexact):
            _check_finite(values, name)
    if task == "regression":
        return _numbers(y, "y"), _numbers(y_validation, "y_validation"), None
    y, y_validation = _labels(y), _labels(y_validation)
    common = np.result_type(y, y_validation)
    y, y_validation = y.astype(common, copy=False), y_validation.astype(common, copy=False)
    found = [np.unique(values[cut]) for values in (y, y_validation) for cut in blocks(len(values))]
    classes = np.unique(np.concatenate(found))
    if common == np.int64 and np.array_equal(classes, np.arange(len(classes))):
        return y, y_validation, classes  # they are indices already, maybe of a mapped file
    return np.searchsorted(classes, y), np.searchsorted(classes, y_validation), classes


def _numbers(y: NDArray, name: str) -> Floats:
    try:
        numbers = y.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise UnsuitableUtility("A regression needs numbers as targets.") from error
    _check_finite(numbers, name)
    return numbers


def _labels(y: NDArray) -> NDArray:
    if np.issubdtype(y.dtype, np.floating):
        if (y != np.floor(y)).any():
            raise UnsuitableUtility("A classification needs labels as targets, not fractions.")
        return y.astype(np.int64)
    return y


def _prior(y_validation: NDArray, classes: NDArray | None) -> Floats:
    if classes is None:
        return np.array([y_validation.mean()])
    return np.bincount(y_validation, minlength=len(classes)) / len(y_validation)

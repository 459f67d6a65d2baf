"""Suspect rows: what a contributor should look at in a batch of his own.

Reasons are `mislabelled` (near rows of other labels, so that it costs the validation score) and
`outlier` (farther from all validation rows than these are from each other).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Floats
from valuation.core.games.neighbours import distances
from valuation.core.rows.neighbours import knn_shapley
from valuation.core.utilities import Task

Reason = Literal["mislabelled", "outlier"]

SHARE_MAX = 0.2  # of a batch; inspecting a fifth finds two thirds of flipped labels or more
OUTLIER_FACTOR = 2.0  # times the farthest that a validation row is from its nearest other


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectRow:
    """row : index in the batch; value : its KNN-Shapley value; distance : to the validation rows,
    in units of the farthest usual one."""

    row: int
    value: float
    distance: float
    reason: Reason
    target: Literal["label", "target"] = "label"

    @property
    def sentence(self) -> str:
        """The reason in words, naming no validation row."""
        if self.reason == "outlier":
            return f"Row {self.row} lies {self.distance:.1f} times farther off than usual rows do."
        return f"Row {self.row} has another {self.target} than rows like it."


def suspect_rows(
    x: Any,
    y: Any,
    x_validation: Any,
    y_validation: Any,
    *,
    k: int = 5,
    share_max: float = SHARE_MAX,
    task: Task = "classification",
) -> tuple[SuspectRow, ...]:
    """Rows of one batch to inspect, the most suspect first, at most a share of the batch.

    Parameters
    ----------
    x, y : the rows of one batch, as its programme prepares them
    share_max : largest share of the batch to name
    task : of the programme

    >>> x = np.repeat([[0.0], [1.0]], 10, axis=0) + np.linspace(0, 0.1, 20)[:, None]
    >>> y = np.repeat([0, 1], 10)
    >>> wrong = y.copy()
    >>> wrong[3] = 1
    >>> [(each.row, each.reason) for each in suspect_rows(x, wrong, x, y)]
    [(3, 'mislabelled')]
    """
    values = knn_shapley(x, y, x_validation, y_validation, k=k, task=task)
    distance = _relative_distances(x, x_validation)
    outlying, costly = distance > OUTLIER_FACTOR, values < 0.0
    found = np.flatnonzero(outlying | costly)
    found = found[np.lexsort((values[found], ~outlying[found]))]
    return tuple(
        SuspectRow(
            row=int(row),
            value=float(values[row]),
            distance=float(distance[row]),
            reason="outlier" if outlying[row] else "mislabelled",
            target="label" if task == "classification" else "target",
        )
        for row in found[: int(share_max * len(values))]
    )


def _relative_distances(x: Any, x_validation: Any) -> Floats:
    """Distance to the nearest validation row over the largest such among those; (rows,)."""
    x_validation = np.asarray(x_validation, dtype=np.float64)
    nearest = _nearest(np.asarray(x, dtype=np.float64), x_validation)
    usual = _nearest_other(x_validation).max(initial=0.0)
    return np.sqrt(nearest / usual) if usual > 0.0 else np.zeros(len(nearest))


def _nearest(a: Floats, b: Floats) -> Floats:
    """Squared distance of each row of a to the nearest row of b, in steps that bound memory."""
    steps = range(0, len(a), 1_000)
    parts = [distances(a[start : start + 1_000], b).min(axis=1) for start in steps]
    return np.concatenate([np.empty(0), *parts])


def _nearest_other(a: Floats) -> Floats:
    found: list[NDArray] = [np.empty(0)]
    for start in range(0, len(a), 1_000):
        block = distances(a[start : start + 1_000], a)
        block[np.arange(len(block)), start + np.arange(len(block))] = np.inf
        found.append(block.min(axis=1))
    joined = np.concatenate(found)
    return joined[np.isfinite(joined)]

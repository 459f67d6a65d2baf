"""Parts of a utility that are not a score: fairness and latency.

A part is a `Utility` like any other. A weighted sum of parts is a utility too, and as values are
additive, its values are the same sum of the values of its parts.

>>> from valuation.core.utilities import utility_named
>>> sensitive = [0, 0, 1, 1]
>>> fair = utility_named("accuracy") - 0.5 * demographic_parity_gap(sensitive)
>>> fair.name
'1 * accuracy + -0.5 * demographic-parity-gap'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from valuation.core.utilities import Floats, Utility
from valuation.errors import ShapeMismatch, UnsuitableUtility


def demographic_parity_gap(sensitive: Sequence[Any] | NDArray) -> Utility:
    """Largest difference between groups in the share of rows predicted as the larger label.

    Parameters
    ----------
    sensitive : (validation rows,), the group of each; held by the platform, never by a model

    Notes
    -----
    Dwork et al. 2012. The constant predictor has no gap, so v(∅) of this part is 0. A coalition's
    gap is not monotone: a biased player may cancel another's bias in N and still widen the gap of
    most coalitions, which is why Shapley values and not leave-one-out judge it.
    """
    groups = np.asarray(sensitive)

    def gap(y: NDArray, p: Floats) -> Floats:
        return _gap(_positive(y, p, groups), groups, np.ones(len(y), dtype=bool))

    return _classes_part("demographic-parity-gap", gap)


def equalised_odds_gap(sensitive: Sequence[Any] | NDArray) -> Utility:
    """The larger of the gaps in true-positive and in false-positive rates (Hardt et al. 2016)."""
    groups = np.asarray(sensitive)

    def gap(y: NDArray, p: Floats) -> Floats:
        positive, larger = _positive(y, p, groups), y == len(p) - 1
        return np.maximum(_gap(positive, groups, larger), _gap(positive, groups, ~larger))

    return _classes_part("equalised-odds-gap", gap)


def latency_excess(budget: float) -> Utility:
    """By what share a model's cost per prediction exceeds the budget; 0 within it.

    The cost is a deterministic stand-in for latency, numbers touched per prediction: rows of the
    coalition for nearest neighbours, nodes for trees, coefficients for the others. A wall clock
    would make values depend on the machine.
    """
    if not budget > 0:
        raise UnsuitableUtility("A latency budget is a positive number.")

    def excess(costs: Floats) -> Floats:
        return np.maximum(costs / budget - 1.0, 0.0)

    return Utility(
        f"latency-excess({budget:g})", excess, empty=0.0, of_cost=True, labels_suffice=True
    )


def _classes_part(name: str, function: Any) -> Utility:
    return Utility(name, function, task="classification", batched=True, labels_suffice=True)


def _positive(y: NDArray, p: Floats, groups: NDArray) -> NDArray:
    """Which rows are predicted as the larger of two labels; bool (b, rows).

    Raises
    ------
    ShapeMismatch : another number of sensitive values than of validation rows
    UnsuitableUtility : more than two classes
    """
    if groups.shape != y.shape:
        raise ShapeMismatch(f"{len(y)} validation rows need as many sensitive values.")
    if len(p) > 2:
        raise UnsuitableUtility("A fairness gap is defined for two classes.")
    return p.argmax(axis=0) == len(p) - 1


def _gap(positive: NDArray, groups: NDArray, rows: NDArray) -> Floats:
    """Largest minus smallest rate among groups that have such rows; (b,)."""
    present = [rows & (groups == group) for group in np.unique(groups)]
    rates = [positive[:, chosen].mean(axis=1) for chosen in present if chosen.any()]
    if not rates:
        return np.zeros(len(positive))
    return np.max(rates, axis=0) - np.min(rates, axis=0)

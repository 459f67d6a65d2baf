"""Compression: how good the model stays when only the best rows, or players, are kept.

The curve is measured on a sealed test set that no value has seen, beside random subsets of the same
size. Values need not beat chance on clean data (Wang et al. 2024, "Rethinking Data Shapley for data
selection"): that is what the curve shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from valuation.core.games import DataGame
from valuation.core.games.base import Bools, Floats

FRACTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionPoint:
    """Scores on the sealed test set when a share is kept.

    best : of the share with the highest values
    worst : of the share with the lowest; read from the right, it is the removal curve
    random, random_sd : mean and standard deviation over random shares
    """

    fraction: float
    kept: int
    best: float
    worst: float
    random: float
    random_sd: float


def compression_curve(
    x: Any,
    y: Any,
    values: Any,
    x_test: Any,
    y_test: Any,
    *,
    owners: Any = None,
    fractions: Sequence[float] = FRACTIONS,
    repeats: int = 10,
    seed: int = 0,
    **game: Any,
) -> tuple[CompressionPoint, ...]:
    """One point per fraction.

    Parameters
    ----------
    values : (rows,), or (players,) where owners are given
    owners : int (rows,); None keeps and drops single rows
    x_test, y_test : sealed rows, on which no value was computed
    repeats : random subsets per fraction
    game : model, utility and options of `DataGame`

    >>> x = np.linspace(0, 1, 12)[:, None]
    >>> y = (x[:, 0] > 0.5).astype(int)
    >>> y[0] = 1
    >>> points = compression_curve(x, y, np.minimum(np.arange(12), 1), x, x[:, 0] > 0.5,
    ...                            fractions=(0.9, 1.0), model="k-nearest-neighbours",
    ...                            utility="accuracy", options={"n_neighbors": 1})
    >>> [point.best for point in points]
    [1.0, 0.9166666666666666]
    """
    values = np.asarray(values, dtype=np.float64)
    owners = np.arange(len(values)) if owners is None else owners
    sealed = DataGame(x, y, owners, x_test, y_test, n_players=len(values), **game)
    order = values.argsort(kind="stable")[::-1]
    random = np.random.default_rng(seed)
    sizes = [max(round(fraction * len(values)), 1) for fraction in fractions]
    chosen = [_subsets(order, size, repeats, random) for size in sizes]
    scores = sealed(np.concatenate(chosen)).reshape(len(sizes), repeats + 2)
    return tuple(
        _point(fraction, size, own)
        for fraction, size, own in zip(fractions, sizes, scores, strict=True)
    )


def _subsets(order: NDArray, size: int, repeats: int, random: np.random.Generator) -> Bools:
    """The best, the worst and random subsets of a size, bool (repeats + 2, players)."""
    kept = np.zeros((repeats + 2, len(order)), dtype=bool)
    kept[0, order[:size]] = True
    kept[1, order[-size:]] = True
    for row in kept[2:]:
        row[random.permutation(len(order))[:size]] = True
    return kept


def _point(fraction: float, size: int, scores: Floats) -> CompressionPoint:
    return CompressionPoint(
        fraction=fraction,
        kept=size,
        best=float(scores[0]),
        worst=float(scores[1]),
        random=float(scores[2:].mean()),
        random_sd=float(scores[2:].std(ddof=1)) if len(scores) > 3 else 0.0,
    )

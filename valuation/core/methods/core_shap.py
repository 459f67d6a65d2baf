"""Shapley values on a coreset of every player's rows.

**About the name.** The founding text of this product speaks of "Core-Shap"; no
paper or package of that name was found. The method is ours, in the spirit of
coreset and cluster valuation (EcoVal, Zhang et al. 2024; HCDV, 2025): fewer rows
of each player, the game played on them, values rescaled to the full data. See
docs/algorithms/core-shap.md, and `least-core` for what is called the core.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from valuation.core.coalitions import SHARD_SIZE_CHEAP, Coalitions, Floats, ends, shard_cut
from valuation.core.games.data import DataGame
from valuation.core.methods.exact import exact
from valuation.core.methods.leverage import budget_min as leverage_budget_min
from valuation.core.methods.leverage import leverage
from valuation.core.problem import Asking, Problem
from valuation.core.result import Result
from valuation.errors import NoRows

Rows: TypeAlias = NDArray[np.int64]

RATIO = 0.1  # of the rows of every player and class; a fit then costs about a tenth
RESCALE_MAX = 4.0  # beyond it (or below its inverse) the coreset's game is another game


def budget_min(n_players: int) -> int:
    """v(∅) and v(N) of the full data, then what the coreset's game needs."""
    return 2 + leverage_budget_min(n_players)


def core_shap(problem: Problem) -> Asking:
    """Values of the coreset's game, rescaled to the v(N) − v(∅) of the full data.

    Only ∅ and N are evaluated on the full data; what is evaluated on the coreset
    is counted alike. The coreset's own error is not known: the standard errors
    hold the size of the rescaling in its place, which is 0 where the coreset is
    everything.

    Raises
    ------
    NoRows
        If the game is not made of rows.
    """
    if problem.coreset is None:
        raise NoRows
    inner = _played(problem, problem.coreset(RATIO))
    scale = problem.range / inner.range if inner.range else np.inf
    by_factor = 1.0 / RESCALE_MAX <= scale <= RESCALE_MAX
    missing = problem.range - inner.range
    values = inner.values * scale if by_factor else inner.values + missing / problem.n_players
    values += (problem.range - values.sum()) / problem.n_players  # rounding only
    sampling = inner.standard_errors * (scale if by_factor else 1.0)
    return replace(
        problem.result(
            values,
            np.hypot(sampling, values - inner.values),
            "core-shap",
            ratio=RATIO,
            inner_method=inner.method,
            rescaling="factor" if by_factor else "additive",
            rescale_factor=float(scale) if by_factor else None,
        ),
        evaluations=inner.evaluations,
    )
    yield np.empty((0, problem.n_players), dtype=np.bool_)  # a generator like the others


def _played(problem: Problem, game: Callable[[Coalitions], Floats]) -> Result:
    """The coreset's game, exactly if what is left of the budget covers it."""
    empty, grand = game(ends(problem.n_players)).tolist()
    smaller = replace(problem, budget=problem.budget - 2, empty=empty, grand=grand)
    run = (exact if smaller.enumerable else leverage)(smaller)
    evaluations = 2
    try:
        round_ = next(run)
        while True:
            parts = [game(shard) for shard in shard_cut(round_, SHARD_SIZE_CHEAP)]
            evaluations += len(round_)
            round_ = run.send(np.concatenate(parts))
    except StopIteration as done:
        return replace(done.value, evaluations=evaluations)


def coreset_game(game: DataGame, ratio: float) -> DataGame:
    """The same game on a coreset of every player's rows."""
    rows = coreset(game, ratio)
    return DataGame(
        game.x[rows],
        game.y[rows],
        game.owners[rows],
        game.x_validation,
        game.y_validation,
        model=game.model,
        utility=game.utility,
        options=game.options,
        n_players=game.n_players,
    )


def coreset(game: DataGame, ratio: float) -> Rows:
    """Rows (sorted) that stand for all: `ratio` of every player's rows of every class."""
    labels = np.zeros(len(game.owners), dtype=np.int64)
    if game.classes is not None:
        labels = np.searchsorted(game.classes, game.y)
    groups = game.owners.astype(np.int64) * (labels.max(initial=0) + 1) + labels
    chosen = [np.empty(0, dtype=np.int64)]
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        features = game.x[rows] if game.classes is not None else np.c_[game.x[rows], game.y[rows]]
        chosen.append(rows[herded(features, int(np.ceil(ratio * len(rows))))])
    return np.sort(np.concatenate(chosen))


def herded(features: Floats, count: int) -> Rows:
    """Rows whose first and second moments stay nearest to those of all: kernel herding.

    Welling, M. (2009). Herding dynamical weights to learn. Additive statistics and
    linear models see little but these moments.

    >>> herded(np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), 1)
    array([2])
    """
    moments = np.concatenate([features, features**2], axis=1)
    spread = moments.std(axis=0)
    moments = (moments - moments.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    lengths = np.einsum("ij,ij->i", moments, moments)
    total = np.zeros(moments.shape[1])
    chosen: list[int] = []
    for _ in range(count):
        distances = lengths + 2.0 * np.einsum("ij,j->i", moments, total)
        distances[chosen] = np.inf
        chosen.append(int(distances.argmin()))
        total += moments[chosen[-1]]
    return np.array(chosen, dtype=np.int64)

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
from valuation.core.spread import small_sample_factor
from valuation.errors import NoRows

Rows: TypeAlias = NDArray[np.int64]

RATIO = 0.5  # of the rows of every player and class; a tenth was off by up to 12 % of the range
PARTS = (slice(None), slice(0, None, 2))  # the coreset, and half of it to judge it by
BLOCK_ROWS = 1_000  # herded together; the time grows with their square
RESCALE_MAX = 4.0  # beyond it (or below its inverse) the coreset's game is another game


def budget_min(n_players: int) -> int:
    """v(∅) and v(N) of the full data, then what two games need: a coreset and half of it."""
    return 2 + 2 * leverage_budget_min(n_players)


def core_shap(problem: Problem) -> Asking:
    """Values of the coreset's game, rescaled to the v(N) − v(∅) of the full data.

    Only ∅ and N are evaluated on the full data; what is evaluated on coresets is
    counted alike. The standard errors hold how far the coreset's values are from
    those of half of it, the sampling of coalitions and how much was rescaled; all
    are 0 where the coreset is everything and every coalition is evaluated.

    Raises
    ------
    NoRows
        If the game is not made of rows.
    """
    if problem.coreset is None:
        raise NoRows
    inner, half = (_played(problem, problem.coreset(RATIO, part)) for part in PARTS)
    values, factor = _rescaled(problem, inner)
    apart = values - _rescaled(problem, half)[0]
    spread = np.sqrt(np.mean(apart**2) * (1.0 - RATIO)) * small_sample_factor(problem.n_players)
    sampling = inner.standard_errors * (1.0 if factor is None else factor)
    errors = np.sqrt(sampling**2 + spread**2 + (values - inner.values) ** 2)
    return replace(
        problem.result(
            values,
            errors,
            "core-shap",
            ratio=RATIO,
            inner_method=inner.method,
            rescaling="additive" if factor is None else "factor",
            rescale_factor=factor,
        ),
        evaluations=inner.evaluations + half.evaluations,
    )
    yield np.empty((0, problem.n_players), dtype=np.bool_)  # a generator like the others


def _rescaled(problem: Problem, inner: Result) -> tuple[Floats, float | None]:
    """Values that sum to the range of the full data, and the factor; None where one was added."""
    scale = problem.range / inner.range if inner.range else np.inf
    by_factor = 1.0 / RESCALE_MAX <= scale <= RESCALE_MAX
    values = inner.values * scale if by_factor else inner.values.copy()
    values += (problem.range - values.sum()) / problem.n_players
    return values, float(scale) if by_factor else None


def _played(problem: Problem, game: Callable[[Coalitions], Floats]) -> Result:
    """The coreset's game at half of the budget, exactly if that covers it."""
    empty, grand = game(ends(problem.n_players)).tolist()
    smaller = replace(
        problem,
        budget=(problem.budget - 2) // len(PARTS),
        empty=empty,
        grand=grand,
        tolerance=None,
        stoppable=False,
    )
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


def coreset_game(game: DataGame, ratio: float, part: slice = PARTS[0]) -> DataGame:
    """The same game on a coreset of every player's rows, or on a part of it."""
    rows = coreset(game, ratio, part)
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


def coreset(game: DataGame, ratio: float, part: slice = PARTS[0]) -> Rows:
    """Rows (sorted) that stand for all: `ratio` of every player's rows of every class.

    `part` takes some of them by their order, in which each makes up for those before.
    """
    labels = np.zeros(len(game.owners), dtype=np.int64)
    if game.classes is not None:
        labels = np.searchsorted(game.classes, game.y)
    groups = game.owners.astype(np.int64) * (labels.max(initial=0) + 1) + labels
    chosen = [np.empty(0, dtype=np.int64)]
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        features = game.x[rows] if game.classes is not None else np.c_[game.x[rows], game.y[rows]]
        chosen.append(rows[herded(features, int(np.ceil(ratio * len(rows))))][part])
    return np.sort(np.concatenate(chosen))


def herded(features: Floats, count: int) -> Rows:
    """Rows whose first and second moments stay nearest to those of all: kernel herding.

    Welling, M. (2009). Herding dynamical weights to learn. Additive statistics and
    linear models see little but these moments. Many rows are gone through in
    blocks, each giving its share, so that the time is linear in the rows.

    >>> herded(np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), 1)
    array([2])
    """
    moments = np.concatenate([features, features**2], axis=1)
    spread = moments.std(axis=0)
    moments = (moments - moments.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    total = np.zeros(moments.shape[1])
    chosen: list[int] = []
    for start in range(0, len(moments), BLOCK_ROWS):
        block = moments[start : start + BLOCK_ROWS]
        share = count * (start + len(block)) // len(moments) - len(chosen)
        chosen += [start + row for row in _herded(block, share, total)]
    return np.array(chosen, dtype=np.int64)


def _herded(moments: Floats, count: int, total: Floats) -> list[int]:
    """Rows that keep the total of their moments nearest to 0; it is added to in place."""
    lengths = np.einsum("ij,ij->i", moments, moments)
    chosen: list[int] = []
    for _ in range(count):
        distances = lengths + 2.0 * (moments @ total)
        distances[chosen] = np.inf
        chosen.append(int(distances.argmin()))
        total += moments[chosen[-1]]
    return chosen

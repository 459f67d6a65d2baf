"""Shapley values on a coreset of every player's rows.

**About the name.** The founding text of this product speaks of "Core-Shap"; no
paper or package of that name was found. The method is ours, in the spirit of
coreset and cluster valuation (EcoVal, Zhang et al. 2024; HCDV, 2025): the game is
played on fewer rows of each player, where every coalition is affordable, and
coalitions of all rows are sampled only for what that game does not explain. See
docs/algorithms/core-shap.md, and `least-core` for what is called the core.
"""

from dataclasses import replace
from typing import TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from valuation.core.coalitions import Floats
from valuation.core.games.data import DataGame
from valuation.core.methods.controls import TABLE_PLAYERS_MAX, usable
from valuation.core.methods.exact import semivalues, shapley_weights
from valuation.core.methods.surrogate import budget_min as surrogate_budget_min
from valuation.core.methods.surrogate import surrogate
from valuation.core.problem import Asking, Problem
from valuation.errors import NoRows, TooManyPlayers

Rows: TypeAlias = NDArray[np.int64]

RATIO = 0.05  # of the rows of every player and class: 2**n such fits cost as much as 2**n / 20
BLOCK_ROWS = 1_000  # herded together; the time grows with their square

# The coreset's game lives as long as the game, however often a run is replayed.
_CORESETS: WeakKeyDictionary[DataGame, dict[float, DataGame]] = WeakKeyDictionary()


def budget_min(n_players: int) -> int:
    """What the surrogate needs; the coreset's game is a control and not counted."""
    return surrogate_budget_min(n_players)


def core_shap(problem: Problem) -> Asking:
    """The surrogate's values, the coreset's game being its control; exact if that is the game.

    Raises
    ------
    NoRows
        If the game is not made of rows.
    TooManyPlayers
        If the coreset's game cannot be tabulated.
    """
    if problem.coreset is None:
        raise NoRows
    if problem.n_players > TABLE_PLAYERS_MAX:
        raise TooManyPlayers(
            f"core-shap evaluates all coalitions on the coreset, of {TABLE_PLAYERS_MAX} players "
            f"at most, not {problem.n_players}."
        )
    problem = replace(problem, controls=(problem.coreset(RATIO),))
    of_coreset = _values_of_control(problem)
    details = {"ratio": RATIO, "coreset_values": of_coreset.tolist()}
    if RATIO == 1.0:
        return problem.result(of_coreset, np.zeros(problem.n_players), "core-shap", **details)
    result = yield from surrogate(problem)
    return replace(result, method="core-shap", details={**result.details, **details})


def _values_of_control(problem: Problem) -> Floats:
    """Exact, of all its coalitions; (n_players,)."""
    tables = usable(problem)  # none if the control is constant
    if not tables:
        return np.zeros(problem.n_players)
    return semivalues(tables[0].table, shapley_weights(problem.n_players))


def coreset_game(game: DataGame, ratio: float) -> DataGame:
    """The same game on a coreset of every player's rows, made once."""
    made = _CORESETS.setdefault(game, {})
    if ratio not in made:
        rows = coreset(game, ratio)
        made[ratio] = DataGame(
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
    return made[ratio]


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

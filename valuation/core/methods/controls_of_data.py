"""The controls a data game chooses for itself: cheap models of the same rows, the same utility.

Nearest neighbours; naive Bayes or ridge regression; and the leaves of a small forest grown once on
the rows of all players, whose predictions for a coalition are the averages of the coalition's own
rows in each leaf. Counts and sums of leaves add up over players, so this follows a forest refitted
to every coalition at the cost of a matrix product (the forest as a kernel: Lin & Jeon 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.games.base import Game
from valuation.core.games.data import DataGame
from valuation.core.utilities import Scorer
from valuation.errors import UnsuitableUtility

TREES = 8
LEAF_ROWS_MIN = 3
PRIOR_ROWS = 1.0  # the constant predictor counts as one more row in every leaf
PREDICTIONS_MAX = 2**25  # over all coalitions: seconds; beyond it validation rows are thinned
PLAYERS_MAX = 16


def cheap_games(game: Game) -> tuple[Game, ...]:
    """Controls for a data game, none of the model it is itself; () for every other game."""
    if not isinstance(game, DataGame) or game.n_players > PLAYERS_MAX or not len(game.x):
        return ()
    if not all(part.batched and not part.of_cost for _, part in game.utility.terms()):
        return ()  # scored one by one, a control would cost what the game does
    linear = "ridge" if game.classes is None else "gaussian-naive-bayes"
    found: list[Game] = []
    for model in ("k-nearest-neighbours", linear, "leaves"):
        try:
            if model != game.model:
                found.append(_control(game, model))
        except UnsuitableUtility:
            continue  # thinned validation targets may all be equal
    return tuple(found)


def _control(game: DataGame, model: str) -> Game:
    step = -(
        -(len(game.x_validation) * max(game.problem.n_classes, 1) << game.n_players)
        // PREDICTIONS_MAX
    )
    thinned = DataGame(
        game.x,
        game.y,
        game.owners,
        game.x_validation[::step],
        game.y_validation[::step],
        model="k-nearest-neighbours" if model == "leaves" else model,
        utility=game.utility,
        n_players=game.n_players,
    )
    return LeafGame(thinned) if model == "leaves" else thinned


class LeafGame:
    """A coalition is worth the score of its own rows' averages in the leaves of a fixed forest.

    Parameters
    ----------
    game : whose rows, validation rows and utility are used; its model is not
    """

    cheap = True

    def __init__(self, game: DataGame) -> None:
        problem = game.problem
        self.n_players, self.empty = game.n_players, game.empty
        self._scorer = Scorer(game.utility, problem.y_validation, problem.classes)
        self._prior = problem.prior
        forest = RandomForestRegressor if problem.classes is None else RandomForestClassifier
        grown = forest(
            TREES, min_samples_leaf=LEAF_ROWS_MIN, max_features="sqrt", random_state=0
        ).fit(problem.x, problem.y)
        targets = _targets(problem.y, problem.n_classes)
        self._trees = [
            _tree(problem.owners, leaves, seen, targets, self.n_players)
            for leaves, seen in zip(
                grown.apply(problem.x).T, grown.apply(problem.x_validation).T, strict=True
            )
        ]
        self._rows_validation = len(problem.x_validation)

    def __call__(self, coalitions: Coalitions, /) -> Floats:
        utilities = self._scorer(self._predictions(coalitions), np.zeros(len(coalitions)))
        return np.where(coalitions.any(axis=1), utilities, self.empty)

    def untrainable(self, coalitions: Coalitions, /) -> NDArray[np.bool_]:
        return np.zeros(len(coalitions), dtype=np.bool_)

    def closed_form(self) -> Floats | None:
        return None

    def _predictions(self, coalitions: Coalitions) -> Floats:
        """Class probabilities (classes, b, rows) or numbers (b, rows)."""
        members = coalitions.astype(np.float64)
        total = np.zeros((len(self._prior), len(members), self._rows_validation))
        for tree in self._trees:
            count = members @ tree.rows + PRIOR_ROWS
            for at, (target, prior) in enumerate(zip(tree.sums, self._prior, strict=True)):
                mean = (members @ target + PRIOR_ROWS * prior) / count
                total[at] += np.take(mean, tree.seen_at, axis=1)
        total /= TREES
        return total if self._scorer.classes is not None else total[0]


def _targets(y: NDArray, n_classes: int) -> list[Floats]:
    """The target itself, or an indicator of each class."""
    return [(y == label).astype(np.float64) for label in range(n_classes)] or [y]


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree's leaves, those alone that a validation row falls into.

    Attributes
    ----------
    rows : float64 (n_players, leaves), how many rows of each player they hold
    sums : of each target, float64 (n_players, leaves)
    seen_at : int64 (validation rows,), the leaf of each
    """

    rows: Floats
    sums: list[Floats]
    seen_at: NDArray[np.int64]


def _tree(
    owners: NDArray, leaves: NDArray, seen: NDArray, targets: list[Floats], n_players: int
) -> Tree:
    """The tree that puts the rows into `leaves` and the validation rows into `seen`."""
    kept, seen_at = np.unique(seen, return_inverse=True)
    count = int(max(leaves.max(), seen.max())) + 1
    rows, *sums = (
        _sums(owners, leaves, weights, (n_players, count))[:, kept]
        for weights in (np.ones(len(leaves)), *targets)
    )
    return Tree(rows, sums, seen_at)


def _sums(owners: NDArray, leaves: NDArray, weights: Floats, shape: tuple[int, int]) -> Floats:
    """Sum of the weights of each player's rows in each leaf, (n_players, leaves)."""
    sums = np.zeros(shape)
    np.add.at(sums, (owners, leaves), weights)
    return sums

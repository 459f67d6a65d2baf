"""Real data sets cut into players, for the tests of games."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.preprocessing import StandardScaler

from valuation.core.games import DataGame

VALIDATION_ROWS = 60


@dataclass(frozen=True)
class Sample:
    """Arrays of a game, in the order of DataGame's parameters."""

    x: NDArray
    y: NDArray
    owners: NDArray
    x_validation: NDArray
    y_validation: NDArray

    def game(self, **kwargs: Any) -> DataGame:
        return DataGame(self.x, self.y, self.owners, self.x_validation, self.y_validation, **kwargs)


def sample(
    load: Callable[..., Any], *, n_players: int, rows: int = 240, scaled: bool = True, seed: int = 0
) -> Sample:
    """Shuffled rows of a data set, dealt to players at random, with or without their units."""
    x, y = load(return_X_y=True)
    random = np.random.default_rng(seed)
    order = random.permutation(len(x))[: rows + VALIDATION_ROWS]
    x, y = (StandardScaler().fit_transform(x) if scaled else x)[order], y[order]
    owners = random.integers(0, n_players, len(x) - VALIDATION_ROWS)
    cut = slice(VALIDATION_ROWS, None)
    return Sample(x[cut], y[cut], owners, x[:VALIDATION_ROWS], y[:VALIDATION_ROWS])


def awkward(s: Sample) -> Sample:
    """The same with a constant column, a copied one and a one-hot one, and classes dealt unevenly.

    Player 0 has rows of one class only, player 1 a single row, and the last label of
    classification is nobody's but player 2's.
    """

    def widened(x: NDArray) -> NDArray:
        big = x[:, :1] > np.median(x[:, 0])
        return np.hstack([x, np.full((len(x), 1), 3.7), x[:, :1], big, ~big])

    owners = s.owners.copy()
    owners[s.y == s.y.max()] = 2
    owners[owners == 1] = 3
    owners[np.flatnonzero(s.y == s.y.min())[0]] = 1
    first = owners == 0
    owners[first & (s.y != s.y[first][0])] = 3
    return Sample(widened(s.x), s.y, owners, widened(s.x_validation), s.y_validation)


def coalitions(n_players: int, count: int = 24, seed: int = 1) -> NDArray:
    """∅, N, every single player and random ones of all sizes."""
    random = np.random.default_rng(seed)
    chances = random.random((count, 1))
    return np.vstack(
        [
            np.zeros((1, n_players), bool),
            np.ones((1, n_players), bool),
            np.eye(n_players, dtype=bool),
            random.random((count, n_players)) < chances,
        ]
    )


CLASSIFICATION = (load_breast_cancer, load_iris, load_wine)
REGRESSION = (load_diabetes,)


def assert_same(game, refit, *, atol):
    """Equal on all coalitions that can train, and untrainable on the same."""
    chosen = coalitions(game.n_players)
    np.testing.assert_array_equal(game.untrainable(chosen), refit.untrainable(chosen))
    np.testing.assert_allclose(game(chosen), refit(chosen), rtol=0, atol=atol)

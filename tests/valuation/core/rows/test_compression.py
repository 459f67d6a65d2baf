"""The best rows are worth keeping, measured on a sealed set."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from tests.valuation.core.rows.data import dealt, flipped
from valuation.core import DataGame, FunctionGame
from valuation.core.rows import acquisition, compression_curve, knn_shapley


def test_the_best_half_beats_a_random_half_and_the_worst_on_a_sealed_set():
    gains = []
    for seed in range(10):
        x, y, x_rest, y_rest = dealt(load_breast_cancer, 200, 360, seed)
        y, _ = flipped(y, 0.1, seed)
        values = knn_shapley(x, y, x_rest[:180], y_rest[:180])
        (half,) = compression_curve(
            x,
            y,
            values,
            x_rest[180:],
            y_rest[180:],
            fractions=(0.5,),
            repeats=5,
            utility="accuracy",
        )
        gains.append((half.best - half.random, half.best - half.worst))
    assert (np.mean(gains, axis=0) > [0.01, 0.05]).all()


def test_everything_kept_is_everything():
    x, y, x_test, y_test = dealt(load_breast_cancer, 60, 60)
    owners = np.arange(60) % 4
    everyone = DataGame(x, y, owners, x_test, y_test, utility="accuracy")(np.ones((1, 4), bool))[0]
    points = compression_curve(
        x, y, [1.0, 2.0, 3.0, 4.0], x_test, y_test, owners=owners, fractions=(0.25, 1.0),
        utility="accuracy",
    )  # fmt: skip
    assert points[0].kept == 1 and points[1].kept == 4
    assert points[1].best == points[1].worst == everyone
    assert points[1].random == pytest.approx(everyone) and points[1].random_sd < 1e-12


def test_the_only_player_is_offered_everything():
    offer = acquisition(FunctionGame(1, lambda c: 2.0 * c[:, 0]), 0, budget=2)
    assert offer.marginal == 2.0 and offer.share == 1.0

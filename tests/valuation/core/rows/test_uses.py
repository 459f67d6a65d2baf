"""Uses of values: suspect rows, compression, acquisition."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from tests.valuation.core.rows.test_row_values import dealt, flipped
from valuation.core import DataGame, FunctionGame
from valuation.core.rows import acquisition, compression_curve, knn_shapley, suspect_rows
from valuation.errors import ShapeMismatch


def test_suspects_are_the_flipped_rows_and_the_far_ones():
    x, y, *validation = dealt(load_breast_cancer, 200, 200)
    y, wrong = flipped(y, 0.05, 0)
    x[7] += 50.0
    suspects = suspect_rows(x, y, *validation)
    assert suspects[0].row == 7 and suspects[0].reason == "outlier"
    assert np.isin(wrong, [each.row for each in suspects]).mean() > 0.8
    assert len(suspects) <= 40
    assert all(str(each.row) in each.sentence for each in suspects)


def test_a_clean_batch_of_validation_rows_is_not_suspect():
    x = np.repeat([[0.0], [5.0]], 10, axis=0)
    y = np.repeat([0, 1], 10)
    assert suspect_rows(x, y, x, y) == ()


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


def test_an_offer_has_the_last_step_and_the_share_if_admitted():
    weights = np.array([4.0, -1.0, 2.0])
    game = FunctionGame(3, lambda c: c @ weights + 3.0 * (c[:, 0] & c[:, 2]))
    offer = acquisition(game, 2, method="exact", budget=8)
    assert offer.marginal == 5.0 and offer.value == pytest.approx(3.5)
    assert offer.share == pytest.approx(3.5 / 9.0) and offer.standard_error == 0.0
    assert offer.price_minor(1000) == 388


def test_a_previewed_offer_is_rounded_to_the_ladder_step():
    game = FunctionGame(2, lambda c: c @ np.array([1.0, 0.37]))
    offer = acquisition(game, 1, step=0.25, method="exact", budget=4)
    assert offer.marginal == offer.value == 0.25


def test_the_only_player_is_offered_everything():
    offer = acquisition(FunctionGame(1, lambda c: 2.0 * c[:, 0]), 0, budget=2)
    assert offer.marginal == 2.0 and offer.share == 1.0


def test_an_unknown_candidate_is_refused():
    with pytest.raises(ShapeMismatch):
        acquisition(FunctionGame(1, lambda c: 2.0 * c[:, 0]), 1, budget=2)

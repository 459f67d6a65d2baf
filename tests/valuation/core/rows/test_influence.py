"""Influence is a slope, and finds mislabelled rows."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge

from tests.valuation.core.rows.data import dealt, flipped, found
from valuation.core.rows import influence
from valuation.errors import UnknownModel, UnsuitableUtility


def test_influence_finds_seven_in_ten_flips_in_the_lowest_tenth():
    shares = []
    for seed in range(5):
        x, y, *validation = dealt(load_breast_cancer, 200, 200, seed)
        wrong_y, wrong = flipped(y, 0.1, seed)
        shares.append(found(influence(x, wrong_y, *validation), wrong, 0.1))
    assert np.mean(shares) >= 0.7


def log_loss(fitted, x, y):
    return -np.log(fitted.predict_proba(x)[np.arange(len(y)), y]).mean()


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris])
def test_influence_is_the_slope_of_the_validation_loss_in_a_rows_weight(load):
    x, y, x_validation, y_validation = dealt(load, 90, 50)
    helpful, step = influence(x, y, x_validation, y_validation), 1e-3
    for row in range(0, 90, 15):
        losses = []
        for sign in (-1.0, 1.0):
            weights = np.ones(90)
            weights[row] += sign * step
            fitted = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000)
            losses.append(log_loss(fitted.fit(x, y, weights), x_validation, y_validation))
        assert helpful[row] == pytest.approx(
            (losses[0] - losses[1]) / (2 * step), rel=1e-3, abs=1e-9
        )


def test_influence_on_ridge_is_the_slope_of_squared_error():
    x, y, x_validation, y_validation = dealt(load_diabetes, 90, 50)
    helpful = influence(x, y, x_validation, y_validation, model="ridge")
    for row in range(0, 90, 15):
        losses = []
        for weight in (1 - 1e-4, 1 + 1e-4):
            weights = np.ones(90)
            weights[row] = weight
            fitted = Ridge().fit(x, y, weights)
            losses.append(((fitted.predict(x_validation) - y_validation) ** 2).mean())
        assert helpful[row] == pytest.approx((losses[0] - losses[1]) / 2e-4, rel=1e-4, abs=1e-6)


def test_influence_refuses_what_it_does_not_know():
    with pytest.raises(UnknownModel):
        influence([[0.0]], [0], [[0.0]], [0], model="random-forest")
    with pytest.raises(UnsuitableUtility):
        influence([[0.0], [1.0]], [0, 0], [[0.0]], [1])

"""Ridge and linear regression in batches equal a refit of every coalition."""

import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, Ridge

from tests.valuation.core.games.data import assert_same, awkward, sample

N = 6


@pytest.mark.parametrize("utility", ["r2", "absolute-error-skill"])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("alpha", [1.0, 1e-3, 100.0])
def test_ridge_equals_refits(utility, scaled, alpha):
    s = sample(load_diabetes, n_players=N, scaled=scaled)
    assert_same(
        s.game(model="ridge", utility=utility, options={"alpha": alpha}),
        s.game(model=Ridge(alpha=alpha), utility=utility),
        atol=1e-10 if alpha < 1 else 2e-13,
    )


def test_ridge_survives_collinear_and_constant_columns():
    s = awkward(sample(load_diabetes, n_players=N))
    assert_same(
        s.game(model="ridge", utility="r2"), s.game(model=Ridge(), utility="r2"), atol=1e-12
    )


@pytest.mark.parametrize("scaled", [True, False])
def test_linear_regression_equals_refits(scaled):
    s = sample(load_diabetes, n_players=N, scaled=scaled)
    assert_same(
        s.game(model="linear-regression", utility="r2"),
        s.game(model=LinearRegression(), utility="r2"),
        atol=1e-10,
    )


def test_linear_regression_survives_collinear_columns():
    s = awkward(sample(load_diabetes, n_players=N))
    assert_same(
        s.game(model="linear-regression", utility="r2"),
        s.game(model=LinearRegression(), utility="r2"),
        atol=1e-8,
    )

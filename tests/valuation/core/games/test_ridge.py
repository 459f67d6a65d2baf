"""Ridge and linear regression in batches equal a refit of every coalition."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, Ridge

from tests.valuation.core.games.data import assert_same, awkward, coalitions, sample

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


@pytest.mark.parametrize("alpha", [0.0, 1e-13])
@pytest.mark.parametrize("make", [lambda s: s, awkward])
def test_next_to_no_penalty_is_solved_from_the_rows(alpha, make):
    s = make(sample(load_diabetes, n_players=N))
    game, refit = (
        s.game(model=model, utility="r2", options={"alpha": alpha}) for model in ("ridge", Ridge())
    )
    full = coalitions(N)[1:2]  # where no column is constant but one
    if make is awkward:
        refit = s.game(model="linear-regression", utility="r2")
    np.testing.assert_allclose(game(full), refit(full), rtol=0, atol=1e-8)

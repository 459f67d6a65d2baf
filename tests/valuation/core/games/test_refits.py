"""Every batched model equals a scikit-learn refit of every coalition, on awkward data too."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from tests.valuation.core.games.data import awkward, coalitions, sample
from valuation.core.games import logistic_rows

N = 6


def assert_same(game, refit, *, atol):
    """Equal on all coalitions that can train, and untrainable on the same."""
    chosen = coalitions(N)
    np.testing.assert_array_equal(game.untrainable(chosen), refit.untrainable(chosen))
    np.testing.assert_allclose(game(chosen), refit(chosen), rtol=0, atol=atol)


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("utility", ["log-loss", "brier", "accuracy", "f1"])
def test_naive_bayes_equals_refits(load, scaled, utility):
    s = sample(load, n_players=N, scaled=scaled)
    assert_same(
        s.game(model="gaussian-naive-bayes", utility=utility),
        s.game(model=GaussianNB(), utility=utility),
        atol=2e-12,
    )


def test_naive_bayes_of_two_classes_ranks_like_refits():
    s = sample(load_breast_cancer, n_players=N)
    assert_same(
        s.game(model="gaussian-naive-bayes", utility="auc"),
        s.game(model=GaussianNB(), utility="auc"),
        atol=1e-12,
    )


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine])
def test_naive_bayes_survives_constant_columns_and_missing_classes(load):
    s = awkward(sample(load, n_players=N))
    assert_same(
        s.game(model="gaussian-naive-bayes"),
        s.game(model=GaussianNB()),
        atol=1e-7,  # a variance of 1e-9 amplifies the rounding of both by 1e9
    )


def test_naive_bayes_takes_its_smoothing():
    s = sample(load_wine, n_players=N)
    assert_same(
        s.game(model="gaussian-naive-bayes", options={"var_smoothing": 0.1}),
        s.game(model=GaussianNB(var_smoothing=0.1)),
        atol=2e-13,
    )


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


def newton(**kwargs):
    return LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000, **kwargs)


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine])
@pytest.mark.parametrize("make", [lambda s: s, awkward])
@pytest.mark.parametrize("c", [1.0, 100.0])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # at its rounding
def test_logistic_regression_equals_refits(load, make, c):
    s = make(sample(load, n_players=N))
    assert_same(
        s.game(model="logistic-regression", options={"C": c}), s.game(model=newton(C=c)), atol=1e-8
    )


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine])
@pytest.mark.filterwarnings("ignore::scipy.linalg.LinAlgWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_logistic_regression_survives_unscaled_columns(load):
    s = sample(load, n_players=N, scaled=False)
    assert_same(s.game(model="logistic-regression"), s.game(model=newton()), atol=1e-7)


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine])
@pytest.mark.parametrize("make", [lambda s: s, awkward])
@pytest.mark.parametrize("scaled", [True, False])
def test_conjugate_gradients_reach_the_optimum_of_hessians(load, make, scaled, monkeypatch):
    s = make(sample(load, n_players=N, scaled=scaled))
    chosen = coalitions(N)
    with_hessians = s.game()(chosen)
    monkeypatch.setattr(logistic_rows, "DENSE_MAX", 0)
    np.testing.assert_allclose(s.game()(chosen), with_hessians, rtol=0, atol=1e-8)


@pytest.mark.parametrize("rows_per_block", [1, 1000])
def test_blocks_of_players_reach_the_same_optimum(rows_per_block, monkeypatch):
    s = sample(load_wine, n_players=N)
    expected = s.game()(coalitions(N))
    monkeypatch.setattr(logistic_rows, "ROWS_PER_BLOCK", rows_per_block)
    np.testing.assert_allclose(s.game()(coalitions(N)), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("utility", ["brier", "accuracy", "log-loss"])
def test_nearest_neighbours_equal_refits(load, k, utility):
    s = sample(load, n_players=N)
    game = s.game(model="k-nearest-neighbours", utility=utility, options={"n_neighbors": k})
    refit = s.game(model=KNeighborsClassifier(k, algorithm="brute"), utility=utility)
    enough = coalitions(N)[1:2]
    chosen = np.vstack([enough, [c for c in coalitions(N) if c.sum() > 1]])
    np.testing.assert_allclose(game(chosen), refit(chosen), rtol=0, atol=1e-15)


@pytest.mark.parametrize("k", [1, 5])
def test_nearest_neighbours_of_numbers_equal_refits(k):
    s = sample(load_diabetes, n_players=N)
    game = s.game(model="k-nearest-neighbours", utility="r2", options={"n_neighbors": k})
    refit = s.game(model=KNeighborsRegressor(k, algorithm="brute"), utility="r2")
    chosen = coalitions(N)[1:]
    chosen = chosen[chosen.any(axis=1)]
    np.testing.assert_allclose(game(chosen), refit(chosen), rtol=0, atol=1e-13)

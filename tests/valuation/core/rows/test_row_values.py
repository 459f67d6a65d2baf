"""Values of single rows: KNN-Shapley, influence, data-OOB."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from valuation.core import DataGame
from valuation.core.rows import data_oob, influence, knn_shapley
from valuation.errors import BudgetTooSmall, UnknownModel, UnsuitableUtility


def dealt(load, rows, rows_validation, seed=0):
    """Standardised rows for training and validation."""
    x, y = load(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))[: rows + rows_validation]
    x, y = StandardScaler().fit_transform(x)[order], y[order]
    return x[:rows], y[:rows], x[rows:], y[rows:]


def flipped(y, share, seed):
    """Two-class labels with a share of them wrong, and which."""
    wrong = np.random.default_rng(seed).permutation(len(y))[: int(share * len(y))]
    changed = y.copy()
    changed[wrong] = 1 - changed[wrong]
    return changed, wrong


def found(values, wrong, share):
    """Share of the wrong rows among the lowest share of all."""
    lowest = values.argsort()[: int(share * len(values))]
    return np.isin(wrong, lowest).mean()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), rows=st.integers(1, 30), k=st.integers(1, 7))
def test_knn_shapley_is_the_grouped_closed_form_with_one_row_per_player(seed, rows, k):
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 5, (rows + 8, 2)).astype(float), random.integers(0, 3, rows + 8)
    game = DataGame(x[:rows], y[:rows], np.arange(rows), x[rows:], y[rows:],
                    model="k-nearest-neighbours", utility="probability",
                    options={"n_neighbors": k})  # fmt: skip
    values = knn_shapley(x[:rows], y[:rows], x[rows:], y[rows:], k=k)
    np.testing.assert_allclose(values, game.closed_form(), rtol=0, atol=1e-13)


def jia(right, k):
    """Theorem 1 of Jia et al. 2019 for one validation row, nearest first."""
    n = len(right)
    values = np.zeros(n)
    values[-1] = right[-1] / n * min(k, n) / k
    for i in range(n - 2, -1, -1):
        step = (right[i] - right[i + 1]) / k * min(k, i + 1) / (i + 1)
        values[i] = values[i + 1] + step
    return values


@pytest.mark.parametrize("k", [1, 3, 10])
def test_without_a_prior_it_is_the_recursion_of_jia(k):
    x, y, x_validation, y_validation = dealt(load_wine, 60, 20)
    expected = np.zeros(60)
    for row, truth in zip(x_validation, y_validation, strict=True):
        order = ((x - row) ** 2).sum(axis=1).argsort(kind="stable")
        expected[order] += jia((y[order] == truth).astype(float), k) / 20
    values = knn_shapley(x, y, x_validation, y_validation, k=k, prior=0.0)
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-14)


def test_flipped_rows_have_negative_values():
    x, y, *validation = dealt(load_breast_cancer, 200, 200)
    wrong_y, wrong = flipped(y, 0.1, 1)
    values = knn_shapley(x, wrong_y, *validation)
    assert np.mean(values[wrong] < 0) > 0.8
    assert np.mean(values < 0) < 0.3


def test_a_fifth_of_the_rows_holds_most_of_the_flipped_labels():
    shares = []
    for seed in range(5):
        x, y, *validation = dealt(load_breast_cancer, 200, 200, seed)
        wrong_y, wrong = flipped(y, 0.1, seed)
        shares.append(found(knn_shapley(x, wrong_y, *validation), wrong, 0.2))
    assert np.mean(shares) > 0.9  # .96 in the published table


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


def test_out_of_bag_values_find_flipped_labels_without_validation_rows():
    x, y, *_ = dealt(load_breast_cancer, 200, 10)
    wrong_y, wrong = flipped(y, 0.1, 0)
    assert found(data_oob(x, wrong_y, n_trees=100), wrong, 0.2) > 0.9


def test_out_of_bag_values_of_numbers_are_squared_errors():
    x, y, *_ = dealt(load_diabetes, 60, 10)
    values = data_oob(x, y, n_trees=60, task="regression")
    assert (values < 0).all() and np.array_equal(
        values, data_oob(x, y, n_trees=60, task="regression")
    )


def test_a_row_in_every_bag_has_no_value():
    with pytest.raises(BudgetTooSmall):
        data_oob(np.zeros((3, 1)), [0, 1, 0], n_trees=1)

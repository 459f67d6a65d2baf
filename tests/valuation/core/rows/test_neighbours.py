"""KNN-Shapley is exact, and finds mislabelled rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_wine

from tests.valuation.core.rows.data import dealt, flipped, found
from valuation.core import DataGame, value
from valuation.core.rows import knn_shapley
from valuation.core.utilities import Utility


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


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), rows=st.integers(1, 8), k=st.integers(1, 9))
def test_values_of_numbers_equal_enumeration(seed, rows, k):
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 6, (rows + 5, 1)).astype(float), random.normal(size=rows + 5)
    squared = Utility("squared-error", lambda y, p: -((y - p) ** 2).mean(), task="regression")
    options = {"n_neighbors": k}
    game = DataGame(x[:rows], y[:rows], np.arange(rows), x[rows:], y[rows:],
                    model="k-nearest-neighbours", utility=squared, options=options)  # fmt: skip
    values = knn_shapley(x[:rows], y[:rows], x[rows:], y[rows:], k=k, task="regression")
    expected = value(game, method="exact", budget=2**rows).values
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12)

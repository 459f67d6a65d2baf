"""Naive Bayes in batches equals a refit of every coalition, on awkward data too."""

import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.naive_bayes import GaussianNB

from tests.valuation.core.games.data import assert_same, awkward, sample

N = 6


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

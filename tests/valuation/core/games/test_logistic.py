"""Logistic regression in batches equals a refit of every coalition, at its optimum."""

import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.linear_model import LogisticRegression

from tests.valuation.core.games.data import assert_same, awkward, coalitions, sample
from valuation.core.games import logistic

N = 6


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


def test_sets_of_classes_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(logistic, "HELD_MAX", 0)
    s = awkward(sample(load_wine, n_players=N))
    game = s.game()
    game(coalitions(N))
    assert len(game._model._groups) == 1

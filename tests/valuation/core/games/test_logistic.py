"""Logistic regression in batches equals a refit of every coalition, at its optimum."""

from dataclasses import replace

import numpy as np
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


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine])
@pytest.mark.parametrize("make", [lambda s: s, awkward])
def test_the_optimum_does_not_depend_on_where_a_fit_starts(load, make, monkeypatch):
    s = make(sample(load, n_players=N))
    from_the_validation_rows = s.game()(coalitions(N))
    monkeypatch.setattr(logistic, "free_scores", lambda logits: np.zeros_like(logits[1:]))
    from_zero = s.game()(coalitions(N))
    np.testing.assert_allclose(from_the_validation_rows, from_zero, rtol=0, atol=1e-8)


def test_fits_start_from_the_same_points_whoever_takes_part():
    s = sample(load_wine, n_players=N)
    few = s.owners < 2
    fewer = replace(s, x=s.x[few], y=s.y[few], owners=s.owners[few])
    groups = [made.game()._model.group(np.ones(3, bool)) for made in (s, fewer)]
    starts = [[start.weights for start in group.starts] for group in groups]
    assert starts[0][1].any()
    np.testing.assert_array_equal(*starts)


def test_fits_start_from_zero_where_the_validation_rows_lack_a_class():
    s = sample(load_wine, n_players=N)
    kept = s.y_validation != 1
    s = replace(s, x_validation=s.x_validation[kept], y_validation=s.y_validation[kept])
    group = s.game()._model.group
    assert len(group(np.array([True, True, True])).starts) == 1
    assert len(group(np.array([True, False, True])).starts) == 2
    assert_same(s.game(), s.game(model=newton()), atol=1e-8)

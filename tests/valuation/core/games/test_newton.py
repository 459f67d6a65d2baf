"""Both ways to the optimum arrive, and one that does not is refused."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from tests.valuation.core.games.data import awkward, coalitions, sample
from valuation.core.games import logistic_rows, newton
from valuation.errors import FitFailed

N = 6


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine])
@pytest.mark.parametrize("make", [lambda s: s, awkward])
@pytest.mark.parametrize("scaled", [True, False])
def test_conjugate_gradients_reach_the_optimum_of_hessians(load, make, scaled, monkeypatch):
    s = make(sample(load, n_players=N, scaled=scaled))
    chosen = coalitions(N)
    with_hessians = s.game()(chosen)
    monkeypatch.setattr(logistic_rows, "DENSE_MAX", 0)
    np.testing.assert_allclose(s.game()(chosen), with_hessians, rtol=0, atol=1e-8)


def test_a_fit_that_does_not_settle_is_refused(monkeypatch):
    monkeypatch.setattr(newton, "ITERATIONS_MAX", 1)
    with pytest.raises(FitFailed, match="players"):
        sample(load_wine, n_players=N).game()(coalitions(N))


@pytest.mark.parametrize("dense_max", [0, 150])
def test_the_gradient_at_the_optimum_is_small(dense_max, monkeypatch):
    monkeypatch.setattr(logistic_rows, "DENSE_MAX", dense_max)
    game = sample(load_wine, n_players=N).game()
    members = coalitions(N)[1:2]
    group = game._model.group(np.ones(3, bool))
    weights = newton.minimise(group, members)
    gradient = group.gradient(weights, members)
    assert np.abs(gradient).max() <= group.gradient_max


def test_a_step_that_overshoots_is_halved():
    game = sample(load_breast_cancer, n_players=N).game()
    members, group = coalitions(N)[1:5], game._model.group(np.ones(2, bool))
    weights = np.zeros((1, 4, group.rows.shape[1]))
    gradient, hessian = group.derivatives(weights, members)
    step = newton._newton_step(gradient, hessian)
    far = np.array([1.0, 100.0, 1000.0, 1.0])  # as if the second and the third had gone too far
    step = newton.Step(step.direction * far[:, None], step.decrement * far)
    before = group.objective(weights, members)
    moved = weights + step.direction
    derivatives = group.derivatives(moved, members)
    newton._shorten(group, (moved, np.arange(4), members), step, derivatives)
    assert (group.objective(moved, members) < before).all()
    gone = np.abs(moved - weights).max(axis=(0, 2)) / np.abs(step.direction).max(axis=(0, 2))
    assert gone[[0, 3]] == pytest.approx([1.0, 1.0]) and (gone[1:3] < 0.2).all()
    again = group.derivatives(moved, members)
    np.testing.assert_allclose(derivatives[0], again[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(derivatives[1], again[1], rtol=1e-12, atol=1e-12)

"""Derivatives of the penalised losses are those of differences, in blocks or not."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from tests.valuation.core.games.data import coalitions, sample
from valuation.core.games import logistic_rows

N = 6


@pytest.mark.parametrize("rows_per_block", [1, 1000])
def test_blocks_of_players_reach_the_same_optimum(rows_per_block, monkeypatch):
    s = sample(load_wine, n_players=N)
    expected = s.game()(coalitions(N))
    monkeypatch.setattr(logistic_rows, "ROWS_PER_BLOCK", rows_per_block)
    np.testing.assert_allclose(s.game()(coalitions(N)), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
@pytest.mark.parametrize("rows_per_block", [1, 1000])
def test_derivatives_are_those_of_differences(load, rows_per_block, monkeypatch):
    monkeypatch.setattr(logistic_rows, "ROWS_PER_BLOCK", rows_per_block)
    s = sample(load, n_players=N)
    game = s.game()
    group = game._model.group(np.ones(game.problem.n_classes, bool))
    members = coalitions(N)[1:8]
    random = np.random.default_rng(0)
    shape = (group.basis.shape[1], len(members), group.rows.shape[1])
    weights, change = 0.1 * random.normal(size=shape), random.normal(size=shape)
    step = 1e-5
    up, down = (group.derivatives(weights + at * step * change, members)
                for at in (1, -1))  # fmt: skip
    gradient, hessian = group.derivatives(weights, members)
    rise = [group.objective(weights + at * step * change, members) for at in (1, -1)]
    slope = np.einsum("sbc,sbc->b", gradient, change)
    np.testing.assert_allclose((rise[0] - rise[1]) / (2 * step), slope, rtol=1e-6)
    flat = change.transpose(1, 0, 2).reshape(len(members), -1, 1)
    bent = (hessian @ flat).reshape(len(members), shape[0], shape[2]).transpose(1, 0, 2)
    np.testing.assert_allclose((up[0] - down[0]) / (2 * step), bent, rtol=1e-5, atol=1e-5)
    parts = group.curved(weights, members)[2]
    np.testing.assert_allclose(group.bend(parts, change), bent, rtol=1e-10, atol=1e-10)

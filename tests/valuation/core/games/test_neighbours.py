"""Nearest neighbours in batches equal a refit of every coalition."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from tests.valuation.core.games.data import coalitions, sample

N = 6


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

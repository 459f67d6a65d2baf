"""stratified: by size, every coalition serving all players."""

import numpy as np

from tests.valuation.core.played import random_table
from valuation.core import FunctionGame, value


def test_a_function_of_the_size_alone_has_no_error():
    jagged = FunctionGame(11, lambda members: np.sin(7.0 * members.sum(axis=1)))
    result = value(jagged, "stratified", budget=100)
    assert np.allclose(result.values, result.range / 11, atol=1e-12, rtol=0)
    assert result.standard_errors.max() < 1e-12


def test_the_mean_over_seeds_is_the_exact_value():
    game = random_table(6)
    exact = value(game, "exact", budget=64).values
    runs = np.array([value(game, "stratified", budget=44, seed=seed).values for seed in range(400)])
    assert np.all(np.abs(runs.mean(axis=0) - exact) < 4 * runs.std(axis=0) / np.sqrt(400))

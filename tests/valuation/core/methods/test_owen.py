"""owen: the multilinear extension, sampled."""

import numpy as np

from tests.valuation.core.played import random_table, smooth_table
from valuation.core import value


def test_a_larger_budget_continues_with_more_units():
    small = value(smooth_table(8), "owen", budget=80)
    large = value(smooth_table(8), "owen", budget=160)
    assert large.details["units"] > small.details["units"] >= 2


def test_the_mean_over_seeds_is_the_exact_value():
    game = random_table(5)
    exact = value(game, "exact", budget=32).values
    runs = np.array([value(game, "owen", budget=32, seed=seed).values for seed in range(400)])
    assert np.all(np.abs(runs.mean(axis=0) - exact) < 4 * runs.std(axis=0) / np.sqrt(400))

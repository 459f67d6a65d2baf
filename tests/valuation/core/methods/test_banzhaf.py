"""banzhaf: swings counted, sampled and whole."""

import numpy as np

from tests.valuation.core.played import random_table
from valuation.core import FunctionGame, TableGame, value
from valuation.core.coalitions import enumerated


def test_values_of_a_weighted_vote_count_the_swings():
    seats = np.array([4, 3, 2, 1])  # quota 6 of 10; swings 5, 3, 3, 1 of 8
    votes = TableGame((enumerated(4) @ seats >= 6).astype(float))
    values = value(votes, "banzhaf", budget=16).values
    assert np.allclose(values * 8, [5, 3, 3, 1], atol=1e-12, rtol=0)


def test_sampled_values_are_within_four_standard_errors():
    game = random_table(10)
    exact = value(game, "banzhaf", budget=1024).values
    sampled = value(game, "banzhaf", budget=300)
    assert np.all(np.abs(sampled.values - exact) <= 4 * sampled.standard_errors)
    assert np.all(sampled.standard_errors > 0)


def test_more_players_than_a_float_counts_coalitions_of_are_no_obstacle():
    wide = FunctionGame(1100, lambda members: members @ np.linspace(0, 1, 1100))
    assert np.isfinite(value(wide, "banzhaf", budget=64).standard_errors).all()

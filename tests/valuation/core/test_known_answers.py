"""Games whose values are published or can be had by hand."""

from itertools import permutations

import numpy as np
import pytest

from tests.valuation.core.played import airport, gloves, random_table
from valuation.core import TableGame, value
from valuation.core.coalitions import enumerated


def by_permutations(game: TableGame) -> np.ndarray:
    """The definition: mean marginal contribution over all n! orders."""
    total, orders = np.zeros(game.n_players), list(permutations(range(game.n_players)))
    for order in orders:
        coalition = 0
        for player in order:
            joined = coalition | 1 << player
            total[player] += game.utilities[joined] - game.utilities[coalition]
            coalition = joined
    return total / len(orders)


@pytest.mark.parametrize("n_players", [1, 2, 3, 6])
def test_exact_values_are_the_mean_over_all_orders(n_players):
    game = random_table(n_players)
    values = value(game, "exact", budget=1 << n_players).values
    assert np.allclose(values, by_permutations(game), atol=1e-12, rtol=0)


def test_the_airport_game_shares_every_metre_among_those_who_need_it():
    game, values = airport([1.0, 2.0, 3.0, 8.0, 5.0])
    assert np.allclose(value(game, "exact", budget=32).values, values, atol=1e-12, rtol=0)


def test_one_left_glove_against_two_right_ones_is_worth_two_thirds():
    values = value(gloves(1, 2), "exact", budget=8).values
    assert np.allclose(values, [2 / 3, 1 / 6, 1 / 6], atol=1e-12, rtol=0)


def test_leave_one_out_gives_two_right_gloves_nothing():
    assert value(gloves(1, 2), "leave-one-out", budget=5).values.tolist() == [1.0, 0.0, 0.0]


def test_banzhaf_values_of_a_weighted_vote_count_the_swings():
    seats = np.array([4, 3, 2, 1])  # quota 6 of 10; swings 5, 3, 3, 1 of 8
    votes = TableGame((enumerated(4) @ seats >= 6).astype(float))
    values = value(votes, "banzhaf", budget=16).values
    assert np.allclose(values * 8, [5, 3, 3, 1], atol=1e-12, rtol=0)


def test_sampled_banzhaf_values_are_within_four_standard_errors():
    game = random_table(10)
    exact = value(game, "banzhaf", budget=1024).values
    sampled = value(game, "banzhaf", budget=300)
    assert np.all(np.abs(sampled.values - exact) <= 4 * sampled.standard_errors)


@pytest.mark.parametrize("method", ["beta", "beta-4-1"])
def test_sampled_beta_values_are_within_four_standard_errors(method):
    game = random_table(10)
    exact = value(game, method, budget=1024).values
    sampled = value(game, method, budget=300)
    assert np.all(np.abs(sampled.values - exact) <= 4 * sampled.standard_errors)


def test_beta_values_weigh_small_coalitions_most():
    members = enumerated(6)
    early = TableGame((members.sum(axis=1) >= 1).astype(float))  # only the first to join adds
    first = value(early, "beta", budget=64).values
    assert first[0] > value(early, "beta-4-1", budget=64).values[0] > 1 / 6


def test_the_least_core_of_the_gloves_pays_the_scarce_one():
    result = value(gloves(1, 2), "least-core", budget=8)
    assert np.allclose(result.values, [1, 0, 0], atol=1e-6)
    assert result.details["e_star"] == pytest.approx(0.0, abs=1e-6)
    assert not result.details["core_is_empty"]


def test_a_majority_vote_has_an_empty_core_and_names_who_blocks():
    majority = TableGame((enumerated(3).sum(axis=1) >= 2).astype(float))
    result = value(majority, "least-core", budget=8)
    assert np.allclose(result.values, 1 / 3, atol=1e-6)
    assert result.details["e_star"] == pytest.approx(1 / 3, abs=1e-6)
    assert result.details["core_is_empty"]
    assert len(result.details["blocking"]) == 2


def test_the_least_core_treats_interchangeable_players_alike():
    result = value(gloves(3, 3), "least-core", budget=64)
    assert np.allclose(result.values, 0.5, atol=1e-6)

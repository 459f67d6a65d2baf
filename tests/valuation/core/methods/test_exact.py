"""exact: the definition, and what it refuses."""

from itertools import permutations

import numpy as np
import pytest

from tests.valuation.core.played import airport, gloves, random_table
from valuation.core import FunctionGame, TableGame, value
from valuation.core.methods.exact import shapley_weights
from valuation.errors import BudgetTooSmall, TooManyPlayers


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


@pytest.mark.parametrize("n_players", [1, 5, 24])
def test_the_weights_of_all_coalitions_sum_to_one(n_players):
    counts = [1.0]
    for size in range(1, n_players):
        counts.append(counts[-1] * (n_players - size) / size)
    assert shapley_weights(n_players) @ counts == pytest.approx(1.0, abs=1e-12)


def test_a_budget_below_all_coalitions_is_refused_with_their_number():
    with pytest.raises(BudgetTooSmall, match="256"):
        value(random_table(8), "exact", budget=255)


def test_more_players_than_memory_holds_are_refused():
    wide = FunctionGame(30, lambda members: members.sum(axis=1))
    with pytest.raises(TooManyPlayers):
        value(wide, "exact", budget=1 << 30)

"""The axioms of the Shapley value, held by every method that claims them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.valuation.core.played import random_table, smooth_table, tables
from valuation.core import METHODS, TableGame, value
from valuation.core.axioms import efficiency_gap, is_efficient, null_players, symmetric_players
from valuation.core.coalitions import enumerated

SAMPLED = [
    name
    for name, method in METHODS.items()
    if method.shapley and name not in {"auto", "closed-form", "exact", "truncated", "core-shap"}
]
ENUMERATED = [
    name
    for name, method in METHODS.items()
    if method.exact_when_enumerated and name != "closed-form"  # a table has none
]
QUICK = [name for name in SAMPLED if name != "surrogate"]  # its error has tests of its own


def exact(game: TableGame) -> np.ndarray:
    return value(game, "exact", budget=1 << game.n_players).values


def renamed(game: TableGame, order: list[int]) -> TableGame:
    """The game in which player i is called order[i]."""
    members = enumerated(game.n_players)[:, order]
    return TableGame(game(members))


@given(tables())
def test_exact_values_sum_to_the_grand_coalitions_gain(game):
    result = value(game, "exact", budget=1 << game.n_players)
    assert abs(efficiency_gap(result)) <= 1e-9 * max(abs(result.range), 1.0)


@given(tables(), st.data())
def test_exact_values_of_a_null_player_are_exactly_zero(game, data):
    player = data.draw(st.integers(0, game.n_players - 1))
    table = game.utilities.reshape(-1, 2, 1 << player).copy()
    table[:, 1] = table[:, 0]
    idle = TableGame(table.ravel())
    assert player in null_players(idle.utilities)
    assert exact(idle)[player] == 0.0


@given(tables(), st.data())
def test_exact_values_of_interchangeable_players_are_equal(game, data):
    one, other = data.draw(st.permutations(range(game.n_players)))[:2]
    members = enumerated(game.n_players)
    swapped = members.copy()
    swapped[:, [one, other]] = members[:, [other, one]]
    even = TableGame((game(members) + game(swapped)) / 2)
    assert symmetric_players(even.utilities, one, other)
    assert abs(exact(even)[one] - exact(even)[other]) <= 1e-12 * 10


@given(tables(3, 3), tables(3, 3))
def test_exact_values_of_a_sum_of_games_are_the_sums_of_values(one, other):
    both = exact(TableGame(one.utilities + other.utilities))
    assert np.allclose(both, exact(one) + exact(other), atol=1e-12 * 20, rtol=0)


@given(tables(), st.data())
def test_exact_values_follow_the_players_when_they_are_renamed(game, data):
    order = data.draw(st.permutations(range(game.n_players)))
    assert np.allclose(exact(renamed(game, order))[order], exact(game), atol=1e-12 * 10, rtol=0)


@pytest.mark.parametrize("method", SAMPLED)
@pytest.mark.parametrize("seed", range(3))
def test_sampled_values_sum_to_the_grand_coalitions_gain(method, seed):
    result = value(random_table(8, seed), method, budget=120, seed=seed)
    assert is_efficient(result)


@pytest.mark.parametrize("method", SAMPLED)
def test_sampled_values_are_within_four_standard_errors(method):
    game = smooth_table(9)
    result = value(game, method, budget=300, seed=1)
    assert np.all(np.abs(result.values - exact(game)) <= 4 * result.standard_errors)
    assert np.all(result.standard_errors > 0)


@pytest.mark.parametrize("method", ENUMERATED)
def test_with_every_coalition_evaluated_the_values_are_exact(method):
    game = random_table(7)
    result = value(game, method, budget=1 << 7, controls=())
    assert np.allclose(result.values, exact(game), atol=1e-12, rtol=0)
    assert not result.standard_errors.any()


@pytest.mark.parametrize("method", QUICK)
def test_the_error_falls_with_the_budget(method):
    game = smooth_table(10)
    apart = [
        np.median(
            [
                np.linalg.norm(value(game, method, budget=budget, seed=seed).values - exact(game))
                for seed in range(5)
            ]
        )
        for budget in (100, 800)
    ]
    assert apart[1] < apart[0]


def test_the_truncated_method_reports_the_gap_it_leaves():
    result = value(smooth_table(8), "truncated", budget=200)
    assert result.details["efficiency_gap"] == pytest.approx(efficiency_gap(result), abs=1e-15)
    assert result.details["truncated_share"] > 0
    assert 0 < abs(efficiency_gap(result)) < 0.01 * abs(result.range)


@pytest.mark.parametrize("method", ["leave-one-out", "banzhaf", "beta", "beta-4-1"])
def test_what_is_no_shapley_value_says_what_it_sums_to(method):
    result = value(smooth_table(8), method, budget=100)
    assert result.details["sum"] == pytest.approx(result.values.sum())

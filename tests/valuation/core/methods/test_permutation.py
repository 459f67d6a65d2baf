"""permutation and antithetic: orders that the budget pays for."""

import numpy as np

from tests.valuation.core.played import random_table, smooth_table
from valuation.core import FunctionGame, value
from valuation.core.methods.permutation import orders_within
from valuation.core.problem import Problem


def problem(n_players: int, budget: int) -> Problem:
    return Problem(n_players=n_players, budget=budget, seed=0, empty=0.0, grand=1.0)


def test_a_cache_makes_room_for_more_permutations():
    assert len(orders_within(problem(6, 42), 42, antithetic=False)) > (42 - 2) // 5


def test_a_larger_budget_begins_with_the_permutations_of_a_smaller_one():
    few = orders_within(problem(9, 200), 100, antithetic=False)
    many = orders_within(problem(9, 200), 200, antithetic=False)
    assert np.array_equal(many[: len(few)], few)


def test_antithetic_permutations_come_with_their_reverse():
    orders = orders_within(problem(7, 100), 100, antithetic=True)
    assert np.array_equal(orders[0::2], orders[1::2, ::-1])


def test_every_permutation_kept_is_uniform():
    games = (Problem(n_players=4, budget=8, seed=at, empty=0, grand=1) for at in range(3000))
    last = np.array([orders_within(game, 8, antithetic=False)[-1] for game in games])
    counts = np.array([np.bincount(column, minlength=4) for column in last.T])
    assert np.abs(counts - 750).max() < 5 * np.sqrt(750 * 0.75)


def test_the_mean_over_seeds_is_the_exact_value():
    game = random_table(5)
    exact = value(game, "exact", budget=32).values
    runs = [value(game, "permutation", budget=20, seed=seed) for seed in range(400)]
    values = np.array([run.values for run in runs])
    assert np.all(np.abs(values.mean(axis=0) - exact) < 4 * values.std(axis=0) / np.sqrt(400))


def test_reversed_pairs_cancel_what_grows_with_the_square_of_the_size():
    square = FunctionGame(6, lambda members: members.sum(axis=1) ** 2.0)
    assert np.allclose(value(square, "antithetic", budget=30).values, 6.0, atol=1e-12, rtol=0)


def test_reversed_pairs_have_less_error_on_a_learning_curve():
    game = smooth_table(9)
    exact = value(game, "exact", budget=512).values
    plain, paired = (
        np.median(
            [
                np.linalg.norm(value(game, method, budget=150, seed=seed).values - exact)
                for seed in range(20)
            ]
        )
        for method in ("permutation", "antithetic")
    )
    assert paired < plain

"""Sampling designs: distinct, balanced over sizes, nested in the budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuation.core.coalitions import distinct, keys
from valuation.core.designs import class_capacity, pairs_within, shared_out, subsets
from valuation.core.problem import Problem


def problem(n_players: int, budget: int, seed: int = 0) -> Problem:
    return Problem(n_players=n_players, budget=budget, seed=seed, empty=0.0, grand=1.0)


@given(st.integers(2, 40), st.integers(6, 300), st.integers(0, 5))
def test_pairs_are_distinct_and_within_the_budget(n_players, budget, seed):
    pairs = pairs_within(problem(n_players, budget, seed), budget)
    assert len(pairs.coalitions) <= budget - 2
    assert len(distinct(pairs.coalitions)) == len(pairs.coalitions)
    assert np.array_equal(pairs.members.sum(axis=1), pairs.sizes)


@given(st.integers(3, 30), st.integers(6, 150), st.integers(1, 150))
def test_a_larger_budget_adds_to_a_smaller_one(n_players, budget, more):
    small = pairs_within(problem(n_players, budget), budget)
    large = pairs_within(problem(n_players, budget), budget + more)
    assert set(keys(small.coalitions)) <= set(keys(large.coalitions))


@given(st.integers(2, 9))
def test_a_budget_for_everything_draws_everything(n_players):
    budget = 1 << n_players
    pairs = pairs_within(problem(n_players, budget), budget)
    assert len(distinct(pairs.coalitions)) == budget - 2
    assert np.array_equal(pairs.drawn, pairs.capacity)


def test_every_size_gets_the_same_budget_until_it_is_exhausted():
    pairs = pairs_within(problem(12, 202), 202)
    counts = np.bincount(pairs.sizes)[1:]
    assert counts[0] == 12
    assert counts[1:5].max() - counts[1:5].min() <= 1
    assert counts[5] == pytest.approx(counts[4] / 2, abs=1)  # one size instead of two


@pytest.mark.parametrize(("n_players", "size"), [(8, 3), (8, 4), (30, 3), (30, 15)])
def test_every_player_is_drawn_as_often(n_players, size):
    halved = 2 * size == n_players
    count = min(400, class_capacity(n_players, size))
    rows = [
        subsets(np.random.default_rng(seed), n_players, size, count, halved=halved)
        for seed in range(20)
    ]
    share = np.concatenate(rows).mean(axis=0)
    expected = np.full(n_players, size / n_players)
    if halved:  # all have player 0
        expected = np.r_[1.0, np.full(n_players - 1, (size - 1) / (n_players - 1))]
    assert np.allclose(share, expected, atol=0.03)


@given(
    st.integers(0, 200),
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 40)), min_size=1, max_size=8),
)
def test_a_count_is_shared_out_within_the_capacities(count, parts):
    weights, capacities = zip(*parts, strict=True)
    shares = shared_out(count, weights, capacities)
    assert sum(shares) == min(count, sum(capacities))
    assert all(share <= capacity for share, capacity in zip(shares, capacities, strict=True))

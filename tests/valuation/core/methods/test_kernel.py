"""kernel: pairs drawn with replacement."""

from tests.valuation.core.played import random_table
from valuation.core import value
from valuation.core.methods.kernel import draws_within
from valuation.core.problem import Problem


def test_a_pair_drawn_again_counts_and_costs_nothing():
    problem = Problem(n_players=8, budget=100, seed=0, empty=0.0, grand=1.0)
    draws = draws_within(problem, 100)
    assert len(draws.members) == 49
    assert draws.counts.sum() > 49
    assert not draws.members[:, 0].any()


def test_near_every_coalition_the_draws_end():
    result = value(random_table(7), "kernel", budget=127)
    assert result.evaluations <= 127

"""beta: semivalues that weigh small coalitions."""

import numpy as np
import pytest

from tests.valuation.core.played import random_table
from valuation.core import TableGame, value
from valuation.core.coalitions import enumerated
from valuation.core.methods.beta import size_shares


@pytest.mark.parametrize("method", ["beta", "beta-4-1"])
def test_sampled_values_are_within_four_standard_errors(method):
    game = random_table(10)
    exact = value(game, method, budget=1024).values
    sampled = value(game, method, budget=300)
    assert np.all(np.abs(sampled.values - exact) <= 4 * sampled.standard_errors)


def test_small_coalitions_weigh_most():
    members = enumerated(6)
    early = TableGame((members.sum(axis=1) >= 1).astype(float))  # only the first to join adds
    first = value(early, "beta", budget=64).values
    assert first[0] > value(early, "beta-4-1", budget=64).values[0] > 1 / 6


@pytest.mark.parametrize(("alpha", "beta"), [(16, 1), (4, 1), (1, 1), (1, 4)])
def test_the_weights_of_all_sizes_sum_to_one(alpha, beta):
    assert size_shares(50, alpha, beta).sum() == pytest.approx(1.0, abs=1e-12)

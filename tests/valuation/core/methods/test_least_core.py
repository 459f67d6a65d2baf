"""least-core: the payments nobody has much reason to reject."""

import numpy as np
import pytest

from tests.valuation.core.played import gloves, random_table
from valuation.core import TableGame, value
from valuation.core.coalitions import enumerated
from valuation.core.methods.least_core import stability


def test_the_scarce_glove_is_paid_everything():
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


def test_interchangeable_players_are_paid_alike():
    result = value(gloves(3, 3), "least-core", budget=64)
    assert np.allclose(result.values, 0.5, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_no_payments_leave_a_smaller_largest_excess(seed):
    game = random_table(5, seed)
    result = value(game, "least-core", budget=32)
    members = enumerated(5)[1:-1]
    gains = game(members) - result.empty
    shapley = value(game, "exact", budget=32).values
    assert result.values.sum() == pytest.approx(result.range)
    assert result.details["largest_excess"] == pytest.approx(result.details["e_star"], abs=1e-6)
    assert stability(shapley, members, gains).excess >= result.details["e_star"] - 1e-9

"""truncated: what is cut off is said."""

import numpy as np

from tests.valuation.core.played import random_table, smooth_table
from valuation.core import FunctionGame, value


def test_a_flat_tail_is_not_evaluated():
    saturated = FunctionGame(12, lambda members: np.minimum(members.sum(axis=1), 3) / 3)
    result = value(saturated, "truncated", budget=60)
    assert result.details["truncated_share"] == 1.0
    assert result.details["efficiency_gap"] == 0.0
    walked = result.details["permutations"]
    assert walked > 2 * value(saturated, "permutation", budget=60).details["permutations"]


def test_without_truncation_nothing_is_missing():
    result = value(random_table(7), "truncated", budget=100)
    assert abs(result.details["efficiency_gap"]) <= 0.01 * abs(result.range)


def test_the_gap_is_what_the_values_miss():
    result = value(smooth_table(8), "truncated", budget=120)
    assert np.isclose(result.values.sum(), result.range + result.details["efficiency_gap"])

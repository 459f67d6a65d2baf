"""leave-one-out: what is lost without a player."""

from tests.valuation.core.played import gloves
from valuation.core import value


def test_two_right_gloves_are_worth_nothing_each():
    result = value(gloves(1, 2), "leave-one-out", budget=5)
    assert result.values.tolist() == [1.0, 0.0, 0.0]
    assert result.evaluations == 5
    assert not result.standard_errors.any()

"""Exact division: invariants D1 to D4."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.core.allocation import (
    allocate,
    allocate_by_key,
    basis_points,
    integer_weights,
    parse_value,
    round_half_up,
)
from ledger.errors import NoPositiveWeight, ValueUnreadable

amounts = st.integers(0, 10**15)
weights = st.lists(st.integers(0, 10**18), min_size=1, max_size=40).filter(any)
texts = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: format(value, ".12g")),
    st.sampled_from(["0", "-0", "1e-300", "1e300", "-1e300", "9007199254740993", "1", "1", "-3"]),
)


@given(amounts, weights)
def test_shares_sum_to_the_amount_to_the_minor_unit(amount, weights):
    assert sum(allocate(amount, weights)) == amount


@given(amounts, weights)
def test_each_share_is_within_one_minor_unit_of_its_exact_quota(amount, weights):
    for share, weight in zip(allocate(amount, weights), weights, strict=True):
        assert abs(share - Fraction(amount * weight, sum(weights))) < 1


@given(amounts, weights)
def test_zero_weight_never_receives_a_cent(amount, weights):
    shares = allocate(amount, [0, *weights, 0])
    assert (shares[0], shares[-1]) == (0, 0)


@given(amounts, weights, st.integers(1, 10**9))
def test_scaling_all_weights_changes_nothing(amount, weights, factor):
    assert allocate(amount, weights) == allocate(amount, [weight * factor for weight in weights])


@given(amounts, st.dictionaries(st.text(min_size=1), st.integers(0, 10**9)), st.randoms())
def test_the_order_of_contributors_never_changes_a_cent(amount, weights, random):
    if not any(weights.values()):
        return
    shuffled = list(weights.items())
    random.shuffle(shuffled)
    assert allocate_by_key(amount, weights) == allocate_by_key(amount, dict(shuffled))


@given(amounts, st.integers(1, 10**18), st.integers(1, 200))
def test_equal_values_get_amounts_at_most_one_minor_unit_apart(amount, weight, count):
    shares = allocate(amount, [weight] * count)
    assert max(shares) - min(shares) <= 1


@given(amounts, st.lists(texts, min_size=1, max_size=30))
@example(1, ["1e-300", "1e300"])
@example(10_000_000, ["9007199254740993", "9007199254740992"])
def test_any_values_give_shares_that_sum_to_the_pool(amount, values):
    weights = integer_weights([parse_value(text) for text in values])
    if not any(weights):
        with pytest.raises(NoPositiveWeight):
            allocate(amount, weights)
        return
    shares = allocate(amount, weights)
    assert sum(shares) == amount
    assert all(share == 0 for share, text in zip(shares, values, strict=True) if Decimal(text) <= 0)


def test_ties_go_to_the_smaller_key():
    assert allocate_by_key(2, {"cleo": 1, "bob": 1, "ann": 1}) == {"ann": 1, "bob": 1, "cleo": 0}


def test_the_leftover_goes_to_the_largest_remainder_and_not_to_the_first():
    assert allocate(15, [20, 2, 3]) == (12, 1, 2)
    assert allocate(2, [0, 1, 2]) == (0, 1, 1)


def test_all_weights_zero_is_refused():
    with pytest.raises(NoPositiveWeight):
        allocate(100, [0, 0])


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "1e401", "1e-401", "1e999999999", "one", "", "1" * 41]
)
def test_a_text_that_is_no_stored_value_is_refused(text):
    with pytest.raises(ValueUnreadable):
        parse_value(text)


@given(st.integers(0, 10**15), st.integers(0, 10_000))
def test_a_rate_in_basis_points_rounds_half_up(amount, rate):
    assert basis_points(amount, rate) == (amount * rate * 2 + 10_000) // 20_000


@given(st.fractions())
def test_rounding_half_up_is_symmetric_about_zero(quantity):
    assert round_half_up(-quantity) == -round_half_up(quantity)
    assert abs(round_half_up(quantity) - quantity) <= Fraction(1, 2)

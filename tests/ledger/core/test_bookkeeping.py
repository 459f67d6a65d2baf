"""Drafts: what is left out, what is refused, what two requests must agree in."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.bookkeeping import (
    AMOUNT_MINOR_MAX,
    Occasion,
    adjusted_down,
    check_draft,
    draft_lines,
    fee_minor,
    period_allocated,
)
from ledger.errors import AmountOutOfRange, EmptyEntry

OCCASION = Occasion(
    period_id=UUID(int=1), effective_on=date(2026, 11, 23), source_type="run", source_id="1"
)
SHARES = st.dictionaries(
    st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.integers(0, 10**12), max_size=8
)


@given(SHARES)
def test_an_allocation_moves_exactly_the_shares_and_no_zero(shares: dict[str, int]) -> None:
    draft = period_allocated(OCCASION, pool="p1", shares_minor=shares, currency="EUR")
    amounts = {each.credit_account: each.amount_minor for each in draft.postings}
    assert amounts == {f"2100:payable:{party}": n for party, n in shares.items() if n}
    assert {each.debit_account for each in draft.postings} <= {"2000:pool:p1"}


@given(st.integers(1, 10**9), st.integers(-5, 10**9))
def test_a_lower_claim_takes_what_is_payable_and_claws_back_the_rest(
    amount_minor: int, payable_minor: int
) -> None:
    draft = adjusted_down(
        OCCASION, party="ann", pool="p1", amount_minor=amount_minor, payable_minor=payable_minor,
        currency="EUR",
    )  # fmt: skip
    taken = {each.debit_account: each.amount_minor for each in draft.postings}
    assert sum(taken.values()) == amount_minor
    assert taken.get("2100:payable:ann", 0) <= max(payable_minor, 0)


@pytest.mark.parametrize("amount_minor", [-1, AMOUNT_MINOR_MAX + 1, 1.0, True, "1"])
def test_amounts_out_of_range_are_refused(amount_minor: object) -> None:
    draft = period_allocated(OCCASION, pool="p1", shares_minor={"ann": 1}, currency="EUR")
    wrong = replace(draft.postings[0], amount_minor=amount_minor)
    with pytest.raises(AmountOutOfRange):
        check_draft(replace(draft, postings=(wrong,)))


def test_an_entry_of_zeros_is_refused() -> None:
    with pytest.raises(EmptyEntry):
        check_draft(period_allocated(OCCASION, pool="p1", shares_minor={"a": 0}, currency="EUR"))


@given(st.integers(0, 10**15), st.integers(0, 10_000))
def test_the_fee_is_within_half_a_minor_unit_and_never_above_the_pool(
    pool_minor: int, fee_bp: int
) -> None:
    fee = fee_minor(pool_minor, fee_bp)
    assert 0 <= fee <= pool_minor
    assert abs(fee * 10_000 - pool_minor * fee_bp) <= 5_000


def test_two_drafts_have_the_same_lines_only_if_they_say_the_same() -> None:
    draft = period_allocated(OCCASION, pool="p1", shares_minor={"ann": 1}, currency="EUR")
    others = [
        replace(draft, event="x"),
        replace(draft, source_id="2"),
        replace(draft, reverses_id=UUID(int=3)),
        replace(draft, adjusts_id=UUID(int=3)),
        replace(draft, approval_id=UUID(int=3)),
        replace(draft, postings=(replace(draft.postings[0], currency="USD"),)),
    ]
    assert len({tuple(draft_lines(each)) for each in [draft, *others]}) == len(others) + 1

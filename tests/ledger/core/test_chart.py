"""Codes of accounts and what the chart says of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.chart import CHART, DEBIT_KINDS, Kind, account_code, account_spec
from ledger.errors import UnknownAccount

OWNERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}", fullmatch=True)


@given(st.sampled_from(CHART), OWNERS)
def test_a_code_says_its_purpose_kind_and_party(row, owner: str) -> None:
    code = account_code(row.purpose, owner if row.of else "")
    spec = account_spec(code)
    assert (spec.code, spec.kind, spec.purpose) == (code, row.kind, row.purpose)
    assert spec.no_overdraft == row.no_overdraft
    assert spec.party == (owner if row.of == "party" else "")


@pytest.mark.parametrize(
    "code",
    ["", ":", "2100", "2100:payable", "2100:payable:", "2110:payable:ann", "2100:payable:ann:x",
     "2100:payable:a b", "2100:payable:a\n", "2100:payable:=1", "2400:unclaimed:ann",
     "payable:ann"],
)  # fmt: skip
def test_a_code_outside_the_chart_is_refused(code: str) -> None:
    with pytest.raises(UnknownAccount):
        account_spec(code)


def test_no_two_rows_of_the_chart_share_a_number_or_a_purpose() -> None:
    assert len({row.number for row in CHART}) == len({row.purpose for row in CHART}) == len(CHART)


def test_numbers_follow_kinds() -> None:
    kinds = {"1": Kind.ASSET, "2": Kind.LIABILITY, "3": Kind.EQUITY, "4": Kind.INCOME,
             "5": Kind.EXPENSE}  # fmt: skip
    assert all(row.kind is kinds[row.number[0]] for row in CHART)
    assert {Kind.ASSET, Kind.EXPENSE} == DEBIT_KINDS


def test_what_is_owed_or_held_for_somebody_stops_at_zero() -> None:
    assert all(row.no_overdraft for row in CHART if row.kind is Kind.LIABILITY)

"""Paying: the amounts of each entry, and that a reversal is exact."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.bookkeeping import Occasion
from ledger.core.payments import currency_exchanged, payout_reserved, payout_returned, reversal

OCCASION = Occasion(
    period_id=UUID(int=1), effective_on=date(2026, 11, 23), source_type="payout", source_id="1"
)
AMOUNT = st.integers(1, 10**12)


@given(AMOUNT, st.integers(0, 10**12))
def test_a_reserve_takes_net_and_tax_from_what_is_owed(net_minor: int, tax_minor: int) -> None:
    draft = payout_reserved(
        OCCASION, party="ann", rail="sepa", net_minor=net_minor, tax_minor=tax_minor,
        authority="us-irs" if tax_minor else "", currency="EUR",
    )  # fmt: skip
    assert {each.debit_account for each in draft.postings} == {"2100:payable:ann"}
    assert sum(each.amount_minor for each in draft.postings) == net_minor + tax_minor


@given(AMOUNT, AMOUNT)
def test_a_return_gives_back_what_the_reserve_took(net_minor: int, tax_minor: int) -> None:
    given_back = payout_returned(
        OCCASION, party="ann", bank="main", net_minor=net_minor, tax_minor=tax_minor,
        authority="us-irs", currency="EUR",
    )  # fmt: skip
    assert {each.credit_account for each in given_back.postings} == {"2100:payable:ann"}
    assert sum(each.amount_minor for each in given_back.postings) == net_minor + tax_minor


@given(AMOUNT, AMOUNT)
def test_an_exchange_balances_in_each_currency(sold_minor: int, bought_minor: int) -> None:
    draft = currency_exchanged(
        OCCASION, bank="main", sold_minor=sold_minor, sold_currency="EUR",
        bought_minor=bought_minor, bought_currency="JPY",
    )  # fmt: skip
    assert [(each.currency, each.amount_minor) for each in draft.postings] == [
        ("EUR", sold_minor),
        ("JPY", bought_minor),
    ]
    assert {each.debit_account for each in draft.postings} == {"3900:fx:EUR-JPY", "1000:bank:main"}


@given(AMOUNT)
def test_the_reversal_of_a_reversal_is_the_entry(amount_minor: int) -> None:
    draft = payout_reserved(
        OCCASION, party="ann", rail="sepa", net_minor=amount_minor, currency="EUR"
    )
    once = reversal(OCCASION, entry_id=UUID(int=9), postings=draft.postings)
    twice = reversal(OCCASION, entry_id=UUID(int=10), postings=once.postings)
    assert once.reverses_id == UUID(int=9)
    assert twice.postings == draft.postings

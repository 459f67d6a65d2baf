"""Amounts as text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.money import amount_minor, amount_text, exponent
from ledger.errors import AmountHasFraction, UnknownCurrency

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])


@given(st.integers(-(10**18), 10**18), CURRENCIES)
def test_an_amount_survives_the_way_to_text_and_back(amount: int, currency: str) -> None:
    assert amount_minor(amount_text(amount, currency), currency) == amount


@given(st.integers(-(10**18), 10**18), CURRENCIES)
def test_text_has_exactly_the_decimals_of_its_currency(amount: int, currency: str) -> None:
    _, _, fraction = amount_text(amount, currency).partition(".")
    assert len(fraction) == exponent(currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.005", "EUR"), ("0.5", "JPY"), ("", "EUR"), ("1,00", "EUR"), ("1e3", "EUR"), ("+1", "EUR"),
     ("--1", "EUR"), ("١", "EUR"), ("1.٥", "EUR"), (".", "EUR"), ("NaN", "EUR"), (" 1", "EUR")],
)  # fmt: skip
def test_text_that_is_no_plain_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(AmountHasFraction):
        amount_minor(text, currency)


@pytest.mark.parametrize("currency", ["XAU", "XXX", "EURO", "eur", "", "ZZZ"])
def test_what_is_no_currency_with_decimals_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(currency)

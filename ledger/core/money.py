"""Amounts are integers in a currency's minor unit; here they become text and back.

The number of decimals of a currency is its ISO 4217 exponent (JPY 0, EUR 2, KWD 3), which
the `iso4217` package carries.
"""

from functools import cache

import iso4217

from ledger.errors import AmountHasFraction, UnknownCurrency


@cache
def exponent(currency: str) -> int:
    """The number of decimals of a currency.

    >>> exponent("EUR"), exponent("JPY"), exponent("KWD")
    (2, 0, 3)
    """
    try:
        decimals = iso4217.Currency(currency).exponent
    except ValueError:
        decimals = None
    # Gold and the testing codes have no exponent: nobody can be paid in them.
    if decimals is None:
        raise UnknownCurrency(currency=currency)
    return int(decimals)


def amount_text(amount_minor: int, currency: str) -> str:
    """The amount as a plain decimal with all its decimals, for files and programs.

    >>> amount_text(-12345, "EUR"), amount_text(100, "JPY"), amount_text(5, "KWD")
    ('-123.45', '100', '0.005')
    """
    decimals = exponent(currency)
    sign = "-" if amount_minor < 0 else ""
    digits = str(abs(amount_minor)).rjust(decimals + 1, "0")
    if not decimals:
        return sign + digits
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def amount_minor(text: str, currency: str) -> int:
    """The amount of a plain decimal, in minor units.

    Raises
    ------
    AmountHasFraction
        If the text is no plain decimal or is finer than the currency's minor unit.

    >>> amount_minor("123.4", "EUR"), amount_minor("-7", "JPY")
    (12340, -7)
    """
    decimals = exponent(currency)
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.removeprefix("-").partition(".")
    plain = whole.isascii() and whole.isdigit() and (fraction + "0").isascii()
    if not plain or not (fraction + "0").isdigit() or len(fraction) > decimals:
        raise AmountHasFraction(text=text, currency=currency)
    return sign * int(whole + fraction.ljust(decimals, "0"))

"""The record of a statement: the one text that every file of it is made from.

Canonical JSON: sorted keys, no spaces, UTF-8; the same facts always give the same bytes.
It names a contributor by its public code alone, so that erasure leaves every hash whole.
"""

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from hashlib import sha256
from typing import Any

from ledger.core.allocation import round_half_up
from ledger.core.money import exponent
from ledger.core.royalties import NORMAL_95, PRECISION
from ledger.core.statements import StatementDraft

EXACT_PLACES = 4  # enough to see the rounding to a minor unit
SCHEMA = "compensation-ledger/statement/1"
# Others' values are shown as bands only, and only where at least five stand behind them.
OTHERS_MIN = 5
AMOUNTS = (
    "opening_minor",
    "paid_minor",
    "gross_minor",
    "debit_minor",
    "adjustment_minor",
    "disputed_minor",
    "held_minor",
    "holdback_minor",
    "released_minor",
    "recouped_minor",
    "clawback_minor",
    "closing_minor",
    "carried_minor",
    "due_minor",
    "withholding_minor",
    "net_minor",
)


def canonical(record: Any) -> str:
    """Return the one text of plain data.

    >>> canonical({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def exact_text(quota_minor: Fraction, currency: str) -> str:
    """Return an exact share as a decimal, four places beyond the currency's own, half-up.

    >>> exact_text(Fraction(10_000, 3), "EUR"), exact_text(Fraction(1, 2), "JPY")
    ('33.333333', '0.5000')
    """
    places = exponent(currency) + EXACT_PLACES
    digits = str(round_half_up(quota_minor * 10**EXACT_PLACES)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def weight_total(weights: Mapping[str, str]) -> str:
    """Return the sum of all players' weights, exactly; `weights` is by player key.

    >>> weight_total({"ann": "0.2", "bob": "0.1000000000001", "cleo": "0"})
    '0.3000000000001'
    """
    with localcontext(prec=PRECISION):
        return f"{sum(map(Decimal, weights.values()), Decimal(0)):f}"


def amounts_of(draft: StatementDraft) -> dict[str, int]:
    """Return the amounts of a statement by column."""
    return {name: getattr(draft, name) for name in AMOUNTS}


def line_records(draft: StatementDraft) -> list[dict[str, Any]]:
    """Return the lines of a statement as plain data, counted from 1."""
    return [
        {
            "position": position,
            "kind": line.kind,
            "amount_minor": line.amount_minor,
            "reason": None if line.reason is None else asdict(line.reason),
            "reference": line.reference,
        }
        for position, line in enumerate(draft.lines, start=1)
    ]


def interval(value: str, standard_error: str) -> tuple[str, str]:
    """Return the ends of the 95 % interval as text, six significant digits.

    >>> interval("0.5", "0.1")
    ('0.304', '0.696')
    """
    half = NORMAL_95 * Decimal(standard_error)
    return _short(Decimal(value) - half), _short(Decimal(value) + half)


@dataclass(frozen=True, slots=True)
class OrderedValues:
    """All values of a run in order, so that each statement reads the others without sorting."""

    ordered: tuple[Decimal, ...]

    @classmethod
    def of(cls, values: Iterable[str]) -> "OrderedValues":
        return cls(tuple(sorted(map(Decimal, values))))

    def without(self, own: Iterable[str]) -> "OtherValues":
        """The others: the same order, some places taken out."""
        places: list[int] = []
        for value in sorted(map(Decimal, own)):
            place = bisect_left(self.ordered, value)
            while place in places:  # two own values may be equal
                place += 1
            places.append(place)
        return OtherValues(ordered=self.ordered, gaps=tuple(places))


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherValues:
    """The values of a run but for those at `gaps`, which are places in ascending order."""

    ordered: tuple[Decimal, ...]
    gaps: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.ordered) - len(self.gaps)

    def at(self, index: int) -> Decimal:
        """The value at this index among the others."""
        for gap in self.gaps:
            index += gap <= index
        return self.ordered[index]

    def below(self, value: Decimal) -> int:
        """How many of the others are smaller."""
        place = bisect_left(self.ordered, value)
        return place - sum(gap < place for gap in self.gaps)


def bands(others: OtherValues) -> dict[str, Any] | None:
    """Return quartiles of the others' values, or None where fewer than five stand behind them.

    >>> bands(OrderedValues.of(["3", "1", "2", "5", "4", "9"]).without(["9"]))["median"]
    '3'
    """
    if others.count < OTHERS_MIN:
        return None
    last = others.count - 1
    return {
        "count": others.count,
        "lower_quartile": _short(others.at(last // 4)),
        "median": _short(others.at(last // 2)),
        "upper_quartile": _short(others.at(3 * last // 4)),
    }


def explanation(
    *, values: Sequence[dict[str, Any]], others: OtherValues, evaluations: int, exact: bool
) -> list[str]:
    """Return what the values mean, in sentences made from the numbers."""
    sentences = []
    for value in values:
        centre = Decimal(value["value"])
        verb = "raised" if centre >= 0 else "lowered"
        how = "exactly" if exact else "on average"
        text = f"This data {verb} the score by {_short(abs(centre))} {how}"
        text += f" over {evaluations:,} coalitions"
        if not exact:
            text += f" (95 % interval {value['low']} to {value['high']})"
        less = others.below(centre)
        sentences.append(f"{text}; {less} of the {others.count} other players added less.")
    return sentences


def _short(number: Decimal) -> str:
    text = f"{number:.6g}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text

"""Why this amount: the way from the pool to the net, each step with what it came from.

Everything is taken from a statement's record, the text that all its files are made from.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ledger.core.money import amount_text
from ledger.core.records import exact_text

# summary column, label, sign in the closing balance, the kinds of lines that explain it
MOVEMENTS = (
    ("opening_minor", "Balance of the last statement", 1, ()),
    ("paid_minor", "Paid since then", -1, ("paid", "payment_returned")),
    ("adjustment_minor", "Adjustments", 1, ("adjustment", "unclaimed")),
    ("disputed_minor", "Under dispute", -1, ("disputed", "dispute_closed")),
    ("held_minor", "Held for uncertainty", -1, ("held",)),
    ("holdback_minor", "Holdback", -1, ("holdback",)),
    ("released_minor", "Released from reserve", 1, ("holdback_released",)),
    ("recouped_minor", "Advance recouped", -1, ("recoupment",)),
    ("clawback_minor", "Overpayment netted", -1, ("clawback",)),
)
PAYMENT = (
    ("carried_minor", "Carried forward", -1, ("carried",)),
    ("withholding_minor", "Withholding tax", -1, ("withholding",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayStep:
    """One step: a signed change or a total, what was computed, and the reasons behind it."""

    label: str
    amount_minor: int
    is_total: bool = False
    texts: tuple[str, ...] = ()
    reasons: tuple[dict[str, str], ...] = ()
    source: str = ""  # run, valuation, or journal: where the step can be opened


def way_of(record: dict[str, Any]) -> tuple[WayStep, ...]:
    """The steps from the pool to the net; changes of zero without a reason are left out."""
    summary = record["summary"]
    closing = [*_changes(record, MOVEMENTS)]
    payment = [*_changes(record, PAYMENT)]
    net = summary["net_minor"]
    steps = [*_pool_steps(record), *closing]
    if closing:
        steps.append(WayStep(label="Balance", amount_minor=summary["closing_minor"], is_total=True))
    return (
        *steps,
        *payment,
        WayStep(label="Net", amount_minor=net, is_total=True, reasons=reasons_of(record, ("net",))),
    )


def _pool_steps(record: dict[str, Any]) -> tuple[WayStep, ...]:
    pool, gross = record["pool"], record["summary"]["gross_minor"]
    others = pool["distributable_minor"] - gross
    return (
        WayStep(
            label=f"Pool of {record['period']['code']}",
            amount_minor=pool["amount_minor"],
            is_total=True,
            texts=(f"Promised by {record['payer']} for {record['programme']}.",),
        ),
        WayStep(
            label="Platform fee",
            amount_minor=-pool["fee_minor"],
            texts=(
                f"{record['policy']['fee_bp'] / 100:g} % of the pool, by policy "
                f"{record['policy']['version']}, taken before anything is split.",
            ),
            source="run",
        ),
        WayStep(
            label="Shares of the others",
            amount_minor=-others,
            texts=_others_texts(record),
            source="run",
        ),
        WayStep(
            label="Your gross share",
            amount_minor=gross,
            is_total=True,
            texts=(*record["explanation"], *_share_texts(record)),
            reasons=reasons_of(record, ("gross",)),
            source="valuation",
        ),
    )


def _others_texts(record: dict[str, Any]) -> tuple[str, ...]:
    others = record["others"]
    if not others:
        return ("Too few others took part to say more without naming them.",)
    return (
        f"{others['count']} other players; half of their values lie between "
        f"{others['lower_quartile']} and {others['upper_quartile']}, the middle one is "
        f"{others['median']}.",
    )


def _share_texts(record: dict[str, Any]) -> tuple[str, ...]:
    return tuple(_share_text(record, value) for value in record["values"])


def _share_text(record: dict[str, Any], value: dict[str, Any]) -> str:
    """The way from a weight to its gross amount, in numbers that multiply out as printed."""
    currency, weight = record["currency"], Fraction(value["weight"])
    if not weight:
        return "A value of 0 or below has no weight, so nothing of the pool falls to it."
    whole = Fraction(record["control"]["weight_total"])
    to_share = record["pool"]["distributable_minor"]
    share, own = to_share * weight / whole, Fraction(value["quota"])
    part = "" if own == share else f", of which {exact_text(own, currency)} is yours"
    return (
        f"{amount_text(to_share, currency)} × weight {value['weight']} / "
        f"{record['control']['weight_total']}, the sum of all weights, is "
        f"{exact_text(share, currency)}{part}; by largest remainder, "
        f"{amount_text(value['gross_minor'], currency)}."
    )


def _changes(record: dict[str, Any], columns: tuple[Any, ...]) -> list[WayStep]:
    steps = []
    for column, label, sign, kinds in columns:
        amount, reasons = sign * record["summary"][column], reasons_of(record, kinds)
        if amount or reasons:
            source = "journal" if kinds else ""
            steps.append(WayStep(label=label, amount_minor=amount, reasons=reasons, source=source))
    return steps


def reasons_of(record: dict[str, Any], kinds: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    """The reasons of the lines of these kinds, with the reference of each line."""
    return tuple(
        {**line["reason"], "reference": line["reference"]}
        for line in record["lines"]
        if line["kind"] in kinds and line["reason"]
    )

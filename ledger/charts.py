"""The two charts of a statement as SVG: the way from pool to net, and the values.

Drawn directly: vl-convert takes about 90 ms for a chart, and 15 statements a second on one
core leave 33 ms for both. Each chart carries a title and a description; the colours read on
white and on near-black alike, and negative bars carry an outline beside another colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

from ledger.core.money import amount_text

# Mid-grey reads on white and on near-black alike (contrast 4.6 and 4.5).
INK = "#757575"
TOTAL = "#2f7ed8"
LESS = "#c2571a"
MORE = "#3b8f3b"
WIDTH = 640  # user units, like all lengths here
LABEL_WIDTH = 170
NUMBER_WIDTH = 120
ROW = 24
BAR = 14
PLOT = WIDTH - LABEL_WIDTH - NUMBER_WIDTH

_DEDUCTIONS = (
    ("paid_minor", "Paid since", -1),
    ("adjustment_minor", "Adjustments", 1),
    ("disputed_minor", "Disputed", -1),
    ("held_minor", "Held, uncertain", -1),
    ("holdback_minor", "Reserve", -1),
    ("released_minor", "Reserve released", 1),
    ("recouped_minor", "Advance repaid", -1),
    ("clawback_minor", "Overpayment repaid", -1),
    ("carried_minor", "Carried forward", -1),
    ("withholding_minor", "Tax withheld", -1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One bar: a total from zero, or a signed change from where the last bar ended."""

    label: str
    amount_minor: int
    is_total: bool
    panel: int  # 0: the pool; 1: the contributor; each has its own scale


def waterfall_steps(record: dict[str, Any]) -> tuple[Step, ...]:
    """The way from the pool to the net; changes of zero are left out.

    The first panel ends with the contributor's gross share, the second starts with it.
    """
    pool, summary = record["pool"], record["summary"]
    gross = summary["gross_minor"]
    steps = [
        _step("Pool", pool["amount_minor"], total=True, panel=0),
        _step("Platform fee", -pool["fee_minor"], panel=0),
        _step("Shares of others", gross - pool["distributable_minor"], panel=0),
        _step("Gross share", gross, total=True, panel=0),
        _step("Opening balance", summary["opening_minor"], total=True, panel=1),
        _step("Gross share", gross, panel=1),
        *(_step(label, sign * summary[name], panel=1) for name, label, sign in _DEDUCTIONS),
        _step("Net payable", summary["net_minor"], total=True, panel=1),
    ]
    return tuple(step for step in steps if step.amount_minor or step.is_total)


def waterfall_svg(record: dict[str, Any]) -> str:
    """The way from the pool to the net as an SVG text."""
    steps = waterfall_steps(record)
    largest = [
        max((reach for step, reach in _reaches(steps) if step.panel == panel), default=1) or 1
        for panel in (0, 1)
    ]
    parts, level = [], 0
    for row, step in enumerate(steps):
        start = 0 if step.is_total else level
        level = start + step.amount_minor
        scale = largest[step.panel]
        ends = (PLOT * start // scale, PLOT * level // scale)
        colour = TOTAL if step.is_total else MORE if step.amount_minor >= 0 else LESS
        number = amount_text(step.amount_minor, record["currency"])
        parts.append(_bar_row(row, step.label, ends, colour, number))
    description = "Each bar starts where the one above ends; blue bars are totals."
    return _svg("From the pool to the net", description, parts, rows=len(steps))


def values_svg(record: dict[str, Any]) -> str:
    """The contributor's values with 95 % intervals, and the others' quartiles, as an SVG text."""
    marks = [
        (each["player"], Decimal(each["low"]), Decimal(each["value"]), Decimal(each["high"]))
        for each in record["values"]
    ]
    others = record["others"]
    if others:
        quartiles = ("lower_quartile", "median", "upper_quartile")
        low, middle, high = (Decimal(others[name]) for name in quartiles)
        marks.append((f"{others['count']} others (middle half)", low, middle, high))
    ends = [end for _, low, _, high in marks for end in (low, high)] + [Decimal(0)]
    least, most = min(ends), max(ends)
    span = (most - least) or Decimal(1)

    def place(value: Decimal) -> int:
        return int(PLOT * (value - least) / span)

    parts = [
        _line(LABEL_WIDTH + place(Decimal(0)), 0, LABEL_WIDTH + place(Decimal(0)), ROW * len(marks))
    ]
    for row, (label, low, value, high) in enumerate(marks):
        bar = (place(Decimal(0)), place(value))
        colour = TOTAL if value >= 0 else LESS
        parts.append(_bar_row(row, label, bar, colour, f"{value:.4g}"))
        level = row * ROW + ROW // 2
        parts.append(_line(LABEL_WIDTH + place(low), level, LABEL_WIDTH + place(high), level))
    description = "Bars from zero to the value; the thin line is the 95 % interval."
    return _svg("Values with 95 % intervals", description, parts, rows=max(len(marks), 1))


def _step(label: str, amount_minor: int, *, total: bool = False, panel: int) -> Step:
    return Step(label=label, amount_minor=amount_minor, is_total=total, panel=panel)


def _reaches(steps: Sequence[Step]) -> list[tuple[Step, int]]:
    """How far to the right each bar reaches."""
    reaches, level = [], 0
    for step in steps:
        start = 0 if step.is_total else level
        level = start + step.amount_minor
        reaches.append((step, max(start, level)))
    return reaches


def _bar_row(row: int, label: str, ends: tuple[int, int], colour: str, number: str) -> str:
    left, right = sorted(ends)
    top = row * ROW + (ROW - BAR) // 2
    base = row * ROW + ROW // 2 + 4
    fill = "none" if colour == LESS else colour
    short = label if len(label) <= 26 else label[:25] + "…"  # what fits the label's width
    return (
        f'<text x="{LABEL_WIDTH - 8}" y="{base}" text-anchor="end" fill="{INK}">{escape(short)}'
        f'</text><rect x="{LABEL_WIDTH + left}" y="{top}" width="{max(right - left, 1)}" '
        f'height="{BAR}" fill="{fill}" stroke="{colour}"/>'
        f'<text x="{WIDTH}" y="{base}" text-anchor="end" fill="{INK}">{escape(number)}</text>'
    )


def _line(x1: int, y1: int, x2: int, y2: int) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{INK}" stroke-width="2"/>'


def _svg(title: str, description: str, parts: Sequence[str], *, rows: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {rows * ROW}" role="img" '
        f'font-family="Libertinus Serif, system-ui, sans-serif" font-size="13">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>"
    )

"""Figures drawn on the server as SVG: positions here, colours in the stylesheet.

Horizontal positions are percentages, so a figure fits any width while its text stays readable.
Every figure is followed on its page by a table with the same numbers.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from django import template

register = template.Library()

Z_95 = 1.959964  # two-sided 95 % quantile of the normal distribution
ROW_PX = 30  # a line of text and room to touch
STEP_PX = 46  # label above, bar below


def scale(low: float, high: float) -> Any:
    """A function from values to per cent of the width; a range of zero is drawn in the middle."""
    width = high - low
    return lambda value: 50.0 if width <= 0 else round(100 * (value - low) / width, 3)


def part(row: Any, name: str) -> Any:
    """A field of a record or of a mapping."""
    return row[name] if isinstance(row, dict) else getattr(row, name)


@register.inclusion_tag("figures/intervals.html")
def interval_figure(rows: Iterable[Any], title: str = "Values with 95 % intervals") -> dict:
    """Values with their intervals, highest first, zero marked; negatives differ in shape too.

    `rows` need `label`, `value` and `standard_error` (numbers or decimal text).
    """
    points = sorted(
        (
            (str(part(r, "label")), float(part(r, "value")), float(part(r, "standard_error")))
            for r in rows
        ),
        key=lambda point: (-point[1], point[0]),
    )
    if not points:
        return {"rows": []}
    low = min(0.0, *(value - Z_95 * error for _, value, error in points))
    high = max(0.0, *(value + Z_95 * error for _, value, error in points))
    at = scale(low, high)
    drawn = [
        {
            "label": label,
            "y": 20 + index * ROW_PX,
            "x": at(value),
            "x1": at(value - Z_95 * error),
            "x2": at(value + Z_95 * error),
            "minus": value < 0,
        }
        for index, (label, value, error) in enumerate(points)
    ]
    bottom = 20 + len(points) * ROW_PX - 8
    return {
        "rows": drawn,
        "title": title,
        "zero": at(0.0),
        "bottom": bottom,
        "height": bottom + 24,
        "low": low,
        "high": high,
        "low_shown": at(0.0) > 15,  # else it would run into the zero
    }


@register.inclusion_tag("figures/waterfall.html")
def waterfall_figure(steps: Sequence[Any], currency: str, title: str = "") -> dict:
    """From the first amount to the last: each step starts where the one before it ended.

    `steps` need `label`, `amount_minor` (signed) and `is_total`; a total restarts from zero.
    """
    level, drawn, edges = 0, [], [0]
    for step in steps:
        start, end = (0, step.amount_minor) if step.is_total else (level, level + step.amount_minor)
        drawn.append((step, start, end))
        edges += [start, end]
        level = end
    at = scale(min(edges), max(edges))
    rows = [
        {
            "label": step.label,
            "amount_minor": step.amount_minor,
            "y": index * STEP_PX,
            "x": min(at(start), at(end)),
            # A bar of nothing is still drawn, as a hair.
            "width": max(round(abs(at(end) - at(start)), 3), 0.3),
            "end": at(end),
            "kind": "total" if step.is_total else "minus" if step.amount_minor < 0 else "plus",
        }
        for index, (step, start, end) in enumerate(drawn)
    ]
    return {
        "rows": rows,
        "links": [row["end"] for row, _ in pairwise(rows)],
        "currency": currency,
        "height": len(rows) * STEP_PX,
        "title": title or "From the first amount to the last",
    }


@register.inclusion_tag("figures/line.html")
def line_figure(series: Sequence[Any], title: str, caption: str = "") -> dict:
    """One or two lines over a common range; each of `series` is (name, [(x, y), …])."""
    points = [point for _, line in series for point in line]
    if len(points) < 2:
        return {"lines": []}
    xs, ys = [float(x) for x, _ in points], [float(y) for _, y in points]
    x_at, y_at = scale(min(xs), max(xs)), scale(min(ys), max(ys))
    lines = [
        {
            "name": name,
            "path": " ".join(
                f"{x_at(float(x)) * 6:.2f},{200 - 2 * y_at(float(y)):.2f}" for x, y in line
            ),
        }
        for name, line in series
    ]
    return {
        "lines": lines,
        "title": title,
        "caption": caption,
        "y_low": min(ys),
        "y_high": max(ys),
        "x_low": min(xs),
        "x_high": max(xs),
    }


@register.inclusion_tag("figures/line.html")
def compression_figure(points: Sequence[dict[str, Any]]) -> dict:
    """The score when the best rows are kept first, against random rows."""
    series = [
        (name, [(100 * point["fraction"], point[name]) for point in points])
        for name in ("best", "random")
    ]
    caption = "The first line keeps the most valuable rows, the second random ones."
    return line_figure(series, "Score on the sealed set by the per cent of rows kept", caption)


@register.inclusion_tag("figures/histogram.html")
def histogram_figure(
    counts: Sequence[int], low: float, high: float, title: str, cut: Any = None
) -> dict:
    """Counts over equal bins from low to high, with a line where the cut lies."""
    if not counts or max(counts) == 0:
        return {"bars": []}
    width = 100 / len(counts)
    bars = [
        {
            "x": round(index * width, 3),
            "width": round(width * 0.9, 3),
            "y": round(120 - 110 * count / max(counts), 2),
            "height": round(110 * count / max(counts), 2),
        }
        for index, count in enumerate(counts)
    ]
    cut_x = None if cut is None else scale(low, high)(float(cut))
    return {"bars": bars, "low": low, "high": high, "title": title, "cut": cut, "cut_x": cut_x}


@register.simple_tag
def ties(rows: Iterable[Any], row: Any) -> list[str]:
    """The labels whose 95 % intervals overlap this row's: they are not distinguishable from it."""
    value, error = float(row.value), float(row.standard_error)
    return [
        str(other.label)
        for other in rows
        if other is not row
        and abs(float(other.value) - value) <= Z_95 * (float(other.standard_error) + error)
        and (float(other.standard_error) or error)
    ]


@register.filter
def interval_low(row: Any) -> float:
    """The lower end of the 95 % interval."""
    return float(row.value) - Z_95 * float(row.standard_error)


@register.filter
def interval_high(row: Any) -> float:
    """The upper end of the 95 % interval."""
    return float(row.value) + Z_95 * float(row.standard_error)

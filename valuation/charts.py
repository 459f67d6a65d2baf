"""Charts of values as SVG, drawn on the server; the same spec serves page and PDF.

Every chart stands above a table of the same numbers, so the drawing itself is
one image to a screen reader, with a title and a description.
"""

from collections.abc import Sequence

import altair as alt
import vl_convert

from valuation.core.result import Z_95
from valuation.selectors import PlayerValueRecord

# Mid-grey reads on white and on near-black alike (contrast 4.6 and 4.5).
INK = "#757575"
POSITIVE = "#2f7ed8"
NEGATIVE = "#c2571a"
ROW_HEIGHT = 26
WIDTH = 560


def values_chart(values: Sequence[PlayerValueRecord]) -> str:
    """Values with 95 % intervals, largest first, as an SVG text.

    Negative bars carry an outline beside another colour.
    """
    rows = [_row(value) for value in values]
    base = alt.Chart({"values": rows}).encode(
        y=alt.Y("label:N", sort=alt.SortField("value", "descending"), title=None)
    )
    bars = base.mark_bar(height={"band": 0.6}).encode(
        x=alt.X("value:Q", title="Shapley value, with its 95 % interval"),
        color=alt.condition("datum.value >= 0", alt.value(POSITIVE), alt.value("transparent")),
        stroke=alt.condition("datum.value >= 0", alt.value(POSITIVE), alt.value(NEGATIVE)),
    )
    intervals = base.mark_rule(color=INK, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    zero = alt.Chart({"values": [{}]}).mark_rule(color=INK).encode(x=alt.datum(0))
    return svg(bars + intervals + zero, height=ROW_HEIGHT * max(len(rows), 1))


def _row(value: PlayerValueRecord) -> dict[str, object]:
    centre, half = float(value.value), Z_95 * float(value.standard_error)
    return {"label": value.label, "value": centre, "low": centre - half, "high": centre + half}


def svg(chart: alt.Chart | alt.LayerChart, *, height: int, width: int = WIDTH) -> str:
    """The chart as SVG text on no background, labels legible in light and dark."""
    spec = (
        chart.properties(width=width, height=height)
        .configure(background="transparent", font="system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=INK,
            gridOpacity=0.15,
            domainColor=INK,
            tickColor=INK,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .to_dict()
    )
    return vl_convert.vegalite_to_svg(spec)

"""How amounts, values and states are written, and where the marks of a figure lie."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.test import SimpleTestCase

from ledger.project import figures, shown


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (1234567, "EUR", "12,345.67"),
        (-5, "EUR", "\N{MINUS SIGN}0.05"),
        (123456, "JPY", "123,456"),
        (1234, "KWD", "1.234"),
        (0, "USD", "0.00"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount_minor, currency, text):
    assert shown.amount(amount_minor, currency) == text


def test_an_amount_that_is_missing_is_a_dash_and_not_a_zero():
    assert shown.amount(None, "EUR") == shown.money(None, "EUR") == "—"


def test_a_negative_amount_is_marked_in_more_than_its_sign():
    assert 'class="amount negative"' in shown.money(-1, "EUR")


def test_a_value_that_rounds_to_nothing_has_no_sign():
    assert shown.figure("-0.0000001", 3) == "0.000"
    assert shown.figure("-0.01", 2) == "\N{MINUS SIGN}0.01"
    assert shown.figure(12345, 0) == "12,345"
    assert shown.figure(None) == shown.figure("?") == "—"


def test_basis_points_are_per_cent_without_idle_zeros():
    assert shown.basis_points(1250) == "12.5\N{NO-BREAK SPACE}%"
    assert shown.basis_points(1000) == "10\N{NO-BREAK SPACE}%"


def test_text_in_a_state_or_digest_is_escaped():
    assert "<b>" not in shown.state("<b>") and "<b>" not in shown.digest("<b>" * 20)


def test_a_moment_is_shown_in_utc_and_readable_by_machines():
    at = datetime(2026, 11, 3, 9, 5, tzinfo=UTC)
    assert "3 Nov 2026, 09:05 UTC" in shown.moment(at)
    assert 'datetime="2026-11-03T09:05:00+00:00"' in shown.moment(at)


@dataclass
class Row:
    label: str
    value: str
    standard_error: str


@dataclass
class Bar:
    label: str
    amount_minor: int
    is_total: bool = False


def test_values_are_drawn_highest_first_on_one_scale():
    drawn = figures.interval_figure([Row("a", "0.1", "0.01"), Row("b", "0.4", "0")])
    assert [row["label"] for row in drawn["rows"]] == ["b", "a"]
    assert drawn["zero"] == 0 and drawn["rows"][0]["x"] == 100
    a = drawn["rows"][1]
    assert a["x1"] < a["x"] < a["x2"] and a["x"] == 25


def test_a_negative_value_lies_left_of_zero_and_differs_in_shape():
    drawn = figures.interval_figure([Row("a", "-0.1", "0"), Row("b", "0.1", "0")])
    assert drawn["zero"] == 50 and drawn["rows"][1]["minus"]


def test_no_values_draw_nothing():
    assert figures.interval_figure([]) == {"rows": []}


def test_each_bar_of_a_waterfall_begins_where_the_one_above_ended():
    steps = [Bar("pool", 100, True), Bar("fee", -10), Bar("others", -60), Bar("own", 30, True)]
    pool, fee, others, own = figures.waterfall_figure(steps, "EUR")["rows"]
    assert (pool["x"], pool["width"], pool["end"]) == (0, 100, 100)
    assert fee["x"] + fee["width"] == pytest.approx(pool["end"])
    assert others["x"] + others["width"] == pytest.approx(fee["x"])
    assert own["width"] == pytest.approx(others["x"])


def test_values_whose_intervals_overlap_are_ties_and_exact_ones_are_not():
    rows = [Row("a", "0.2", "0.02"), Row("b", "0.21", "0.02"), Row("c", "0.9", "0.01")]
    assert figures.ties(rows, rows[0]) == ["b"]
    exact = [Row("a", "0.2", "0"), Row("b", "0.2", "0")]
    assert figures.ties(exact, exact[0]) == []


class TestEveryTemplate(SimpleTestCase):
    def test_no_template_has_an_inline_script_or_style_or_another_host(self):
        """The content security policy would refuse it in the browser of whoever comes first."""
        import re

        from django.conf import settings

        inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|https?://", re.I)
        # An SVG's own style sheet in a file and the XML namespace are no requests.
        folder = settings.BASE_DIR / "templates"
        found = [
            f"{path.relative_to(folder)}: {match[0]}"
            for path in sorted(folder.rglob("*.html"))
            if (match := inline.search(path.read_text()))
        ]
        assert found == []


def test_a_text_wrapped_by_hand_becomes_paragraphs_with_its_lists_kept():
    text = "models of\nflight <delays>\n\nYou may:\n- use\nit\n- not sell"
    assert shown.prose(text) == (
        "<p>models of\nflight &lt;delays&gt;</p><p>You may:<br>\n- use\nit<br>\n- not sell</p>"
    ).replace("<br>\n", "<br>")

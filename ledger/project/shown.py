"""How things are written on a page: amounts, values, digests, states, fields, the menu.

Loaded into every template as built-ins, so that an amount or a state looks the same everywhere.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import format_decimal
from django import template
from django.forms import BoundField
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from iso4217 import Currency

register = template.Library()

MINUS = "\N{MINUS SIGN}"
ITEM = re.compile(r"\n(?=\s|[-*•] |\(?\w{1,3}[.)] )")  # the break before an item of a list
DIGEST_SHOWN = 12  # characters: enough to compare by eye, the whole digest is in the title

STATES = {
    "good": "open accepted computed reviewed locked approved posted issued final settled closed "
    "active valid confirmed verified released resolved paid checked consented done upheld",
    "busy": "registered queued running received checking calculated in_review submitted exported "
    "sent part_settled frozen pending reserved in_file held agreed suspected answered declared",
    "bad": "rejected failed needs_decision returned superseded withdrawn reversed cancelled "
    "overpaid disputed erased revoked approval_void invalid expired",
}
KINDS = {code: kind for kind, codes in STATES.items() for code in codes.split()}


def exponent(currency: str) -> int:
    """The decimals of the currency's minor unit by ISO 4217: 2 for EUR, 0 for JPY."""
    return int(Currency(currency).exponent or 0)


def plain_amount(amount_minor: int, currency: str) -> str:
    """The amount in major units with all its decimals, a true minus sign and thousands parted."""
    decimals = exponent(currency)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    shown = format_decimal(
        Decimal(abs(int(amount_minor))).scaleb(-decimals), format=pattern, locale="en"
    )
    return f"{MINUS}{shown}" if amount_minor < 0 else str(shown)


@register.filter
def prose(text: str) -> SafeString:
    """Plain text as paragraphs: a blank line parts them, a line wrapped by hand is joined.

    A line that begins an item of a list, or is indented, keeps its beginning.
    """
    paragraphs = (ITEM.sub("<br>", part) for part in re.split(r"\n\s*\n", escape(text.strip())))
    return mark_safe("".join(f"<p>{part}</p>" for part in paragraphs))  # noqa: S308 - escaped above


@register.filter
def money(amount_minor: int | None, currency: str) -> str:
    """`12345|money:"EUR"` is 123.45 with the currency beside it, kept on one line."""
    if amount_minor is None or not currency:
        return "—"
    return format_html(
        '<span class="amount{}">{}<span class="currency"> {}</span></span>',
        " negative" if amount_minor < 0 else "",
        plain_amount(amount_minor, currency),
        currency,
    )


@register.filter
def amount(amount_minor: int | None, currency: str) -> str:
    """The amount without its currency, for tables that name the currency once."""
    if amount_minor is None or not currency:
        return "—"
    return plain_amount(amount_minor, currency)


@register.filter
def figure(value: Any, decimals: int = 5) -> str:
    """A value as text with a fixed number of decimals and a true minus sign; a dash for none."""
    try:
        shown = f"{Decimal(str(value)):,.{decimals}f}"
    except (InvalidOperation, ValueError):
        return "—"
    return shown.replace("-", MINUS) if shown.strip("-0.") else shown.lstrip("-")


@register.filter
def basis_points(value: int | None) -> str:
    """1250 basis points read 12.5 %."""
    if value is None:
        return "—"
    return f"{Decimal(value).scaleb(-2).normalize():f}\N{NO-BREAK SPACE}%"


@register.filter
def percent(value: Any, decimals: int = 1) -> str:
    """A share between 0 and 1 as per cent."""
    return "—" if value is None else f"{float(value) * 100:.{decimals}f}\N{NO-BREAK SPACE}%"


@register.filter
def digest(value: str | None) -> str:
    """The beginning of a digest, the whole of it in the title."""
    if not value:
        return "—"
    return format_html('<code class="digest" title="{}">{}</code>', value, value[:DIGEST_SHOWN])


@register.filter
def words(value: Any) -> str:
    """A stored code in words: needs_decision reads “needs decision”."""
    return str(value or "").replace("_", " ").replace("-", " ")


@register.filter
def state(value: Any, kind: str = "") -> str:
    """A state with its mark: filled when good, amber while under way, square when it stopped."""
    code = str(value or "")
    kind = kind or KINDS.get(code, "draft")
    return format_html('<span class="state {}">{}</span>', kind, words(code))


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A time in UTC with its machine-readable form beside it."""
    if value is None:
        return "—"
    if not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), f"{value:%-d %b %Y}")
    utc = timezone.localtime(value, timezone.get_default_timezone())
    return format_html(
        '<time datetime="{}">{}</time>', utc.isoformat(), f"{utc:%-d %b %Y, %H:%M} UTC"
    )


@register.filter
def lasting(seconds: float) -> str:
    """How long something takes, in the unit that suits it.

    >>> lasting(0.4), lasting(59), lasting(150), lasting(9000)
    ('1 s', '59 s', '2.5 min', '2.5 h')
    """
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{seconds / 60:.3g} min" if seconds < 90 * 60 else f"{seconds / 3600:.3g} h"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The mapping's value under the key, or nothing."""
    return mapping.get(key) if mapping else None


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """One form field with its label, help and errors, tied together for screen readers."""
    kind = getattr(bound.field.widget, "input_type", "")
    is_check = kind == "checkbox" and not hasattr(bound.field, "choices")
    described = [f"{bound.id_for_label}_help"] if bound.help_text else []
    if bound.errors:
        described.append(f"{bound.id_for_label}_errors")
    attrs: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    many = kind in {"radio", "checkbox"} and not is_check
    return {"field": bound, "widget": bound.as_widget(attrs=attrs), "check": is_check, "many": many}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the menu."""

    label: str
    url: str
    here: bool


# (label, url name, first part of the path that counts as being there)
MENUS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "contributor": (
        ("Earnings", "ledger:home", "/home/"),
        ("Programmes", "contributors:programmes", "/programmes/"),
        ("Batches", "contributors:batches", "/batches/"),
        ("Statements", "ledger:statements", "/statements/"),
        ("Disputes", "ledger:disputes", "/disputes/"),
    ),
    "reviewer": (
        ("Overview", "ledger:home", "/home/"),
        ("Programmes", "contributors:programmes", "/programmes/"),
        ("Periods", "ledger:periods", "/periods/"),
        ("Runs", "valuation:runs", "/runs/"),
        ("Pools", "ledger:pools", "/pools/"),
        ("Royalties", "ledger:royalty-runs", "/royalty-runs/"),
        ("Payouts", "ledger:payout-batches", "/payouts/"),
        ("Disputes", "ledger:disputes", "/disputes/"),
        ("Integrity", "contributors:integrity", "/integrity/"),
    ),
    "approver": (
        ("Queue", "ledger:home", "/home/"),
        ("Runs", "valuation:runs", "/runs/"),
        ("Royalties", "ledger:royalty-runs", "/royalty-runs/"),
        ("Payouts", "ledger:payout-batches", "/payouts/"),
        ("Statements", "ledger:statements", "/statements/"),
        ("Journal", "ledger:journal", "/journal/"),
    ),
    "auditor": (
        ("Overview", "ledger:home", "/home/"),
        ("Journal", "ledger:journal", "/journal/"),
        ("Trial balance", "ledger:trial-balance", "/journal/trial-balance/"),
        ("Runs", "valuation:runs", "/runs/"),
        ("Royalties", "ledger:royalty-runs", "/royalty-runs/"),
        ("Payouts", "ledger:payout-batches", "/payouts/"),
        ("Statements", "ledger:statements", "/statements/"),
        ("Integrity", "contributors:integrity", "/integrity/"),
        ("Periods", "ledger:periods", "/periods/"),
        ("Pools", "ledger:pools", "/pools/"),
        ("Disputes", "ledger:disputes", "/disputes/"),
        ("Operations", "ledger:operations", "/operations/"),
    ),
    "administrator": (
        ("Overview", "ledger:home", "/home/"),
        ("Operations", "ledger:operations", "/operations/"),
        ("People and roles", "contributors:people", "/people/"),
    ),
}


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> list[Entry]:
    """The lines of the menu that this person's role has."""
    request: Any = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return [
        Entry(label=label, url=reverse(name), here=_is_here(request.path, reverse(name), prefix))
        for label, name, prefix in MENUS.get(str(user.role), ())
    ]


def _is_here(path: str, url: str, prefix: str) -> bool:
    if path.startswith("/journal/trial-balance/"):
        return url == path
    return path == url or path.startswith(prefix)

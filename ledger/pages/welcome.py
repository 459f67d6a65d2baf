"""What a stranger sees: what this is, and how an amount is found."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One bar of a waterfall: a signed change, or a total."""

    label: str
    amount_minor: int
    is_total: bool = False


# Round numbers, named as invented on the page: 10 % fee, 16 % of the value, 15 % tax.
EXAMPLE = (
    Step(label="Pool of the period", amount_minor=100_000_00, is_total=True),
    Step(label="Platform fee, 10 %", amount_minor=-10_000_00),
    Step(label="Shares of the others", amount_minor=-74_000_00),
    Step(label="Your share", amount_minor=16_000_00, is_total=True),
    Step(label="Holdback, 10 %", amount_minor=-1_600_00),
    Step(label="Withholding tax, 15 %", amount_minor=-2_160_00),
    Step(label="Net", amount_minor=12_240_00, is_total=True),
)


def landing(request: HttpRequest) -> HttpResponse:
    """What this is, for whoever is not signed in."""
    return render(request, "ledger/landing.html", {"example": EXAMPLE})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How an amount is found, in words."""
    return render(request, "ledger/about.html")

"""Payees: tax profiles with their certificates, yearly totals, advances granted and repaid."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.models import Contributor
from contributors.roles import PersonRequest, action, form_page, page
from ledger.errors import NotFound, Refusal
from ledger.forms.payees import AdvanceForm, PayeeFilter, TaxProfileForm, UnclaimedForm
from ledger.selectors import payees
from ledger.selectors.holdbacks import holdback_list
from ledger.selectors.payouts import payments_of
from ledger.selectors.tax import tax_positions
from ledger.selectors.unclaimed import UnclaimedBalance, unclaimed_due
from ledger.services.holdbacks import holdback_decide
from ledger.services.payouts import advance_agree
from ledger.services.tax import tax_profile_add
from ledger.services.unclaimed import payable_unclaim

READERS = ("reviewer", "approver", "auditor")
PAYEES_SHOWN = 100


@page(*READERS)
def payee_list(request: PersonRequest) -> HttpResponse:
    """Every payee: which form is in force, what a year brought, which advance is outstanding."""
    form = PayeeFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    today = timezone.now().date()
    year = chosen.get("year") or today.year
    found = Contributor.objects.filter(code__startswith=chosen.get("code", "")).order_by("code")
    codes = list(found.values_list("code", flat=True)[: PAYEES_SHOWN + 1])
    context = {
        "form": form if form.is_bound else PayeeFilter(initial={"year": year}),
        "year": year,
        "last_day": date(year, 12, 31),
        "payees": payees.payee_list(on=_day_of(year, today), codes=codes[:PAYEES_SHOWN]),
        "is_cut": len(codes) > PAYEES_SHOWN,
        "unclaimed": unclaimed_due(on=today),
        "shown": PAYEES_SHOWN,
    }
    return render(request, "ledger/payees.html", context)


@page("contributor", *READERS)
def payee_detail(request: PersonRequest, code: str) -> HttpResponse:
    """One payee; a contributor sees itself alone."""
    payee = _payee(request, code)
    party, today = str(payee.pk), timezone.now().date()
    is_own = request.user.role == "contributor"
    context = {
        "payee": payee,
        "position": tax_positions(contributor_ids=[party], on=today).of(party),
        "profiles": payees.tax_profile_list(payee.pk),
        "years": payees.payee_years(payee.pk),
        "holdbacks": holdback_list(contributor_id=payee.pk),
        "advances": payees.advance_list(contributor_id=payee.pk),
        "outstanding": payees.advances_outstanding(payee.pk),
        "owed": payees.balances_owed(payee.pk),
        "payments": payments_of(payee.pk)[::-1],
        "unclaimed": () if is_own else _unclaimed(party, today),
        "is_own": is_own,
        "today": today,
    }
    return render(request, "ledger/payee.html", context)


@form_page("reviewer")
def tax_profile_new(request: PersonRequest, code: str) -> HttpResponse:
    """A certificate was seen: from when to when which rate is withheld."""
    form = TaxProfileForm(request.POST or None, request.FILES or None)
    if _added(request, code, form, tax_profile_add):
        messages.success(request, "The profile is kept.")
        return redirect("ledger:payee", code)
    context = {"payee": _payee(request, code), "form": form}
    return render(request, "ledger/tax_profile_new.html", context, status=form.status)


@form_page("reviewer")
def advance_new(request: PersonRequest, code: str) -> HttpResponse:
    """An advance is agreed; the next payout batch of its currency pays it."""
    form = AdvanceForm(request.POST or None)
    if _added(request, code, form, advance_agree):
        messages.success(request, "Agreed. The next payout batch of its currency pays it.")
        return redirect("ledger:payee", code)
    context = {"payee": _payee(request, code), "form": form}
    return render(request, "ledger/advance_new.html", context, status=form.status)


@action("reviewer")
def payee_unclaim(request: PersonRequest, code: str) -> HttpResponse:
    """A balance that nobody can be paid is kept without a name until somebody claims it."""
    payee, form = _payee(request, code), UnclaimedForm(request.POST)
    if form.is_valid():
        posted = payable_unclaim(
            contributor_id=payee.pk, actor=request.user, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, f"Kept as unclaimed by entry {posted.entry.seq}.")
    else:
        messages.error(request, "Name the decision that it is kept by.")
    return redirect("ledger:payee", code)


@action("reviewer")
def payee_holdback(request: PersonRequest, code: str, holdback_id: UUID) -> HttpResponse:
    """What is left of a holdback is owed again, or lost."""
    payee = _payee(request, code)
    forfeit = request.POST.get("decision") == "forfeit"
    holdback_decide(
        holdback_id=holdback_id, forfeit=forfeit, actor=request.user, now=timezone.now()
    )
    messages.success(request, "The holdback is lost." if forfeit else "The holdback is owed again.")
    return redirect("ledger:payee", payee.code)


def _added(request: PersonRequest, code: str, form: Any, service: Callable[..., Any]) -> bool:
    """Whether what the form says is kept for the payee now."""
    payee = _payee(request, code)
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        service(contributor_id=payee.pk, actor=request.user, now=timezone.now(), **form.request())
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    return True


def _unclaimed(party: str, on: date) -> list[tuple[UnclaimedBalance, UnclaimedForm]]:
    """What of this payee's may be kept as unclaimed, each with its form."""
    return [
        (
            balance,
            UnclaimedForm(initial={"currency": balance.currency}, auto_id=f"{balance.currency}-%s"),
        )
        for balance in unclaimed_due(on=on)
        if balance.contributor_id == party
    ]


def _payee(request: PersonRequest, code: str) -> Contributor:
    payee = Contributor.objects.visible_to(request.user).filter(code=code).first()
    if payee is None:
        raise NotFound()
    return payee


def _day_of(year: int, today: date) -> date:
    """Today, or the last day of a year that is over (the first of one to come)."""
    return min(max(today, date(year, 1, 1)), date(year, 12, 31))

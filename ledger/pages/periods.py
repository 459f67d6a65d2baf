"""Periods: opened, frozen when intake ends, closed when the books are done."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.roles import STAFF, PersonRequest, action, form_page, page
from ledger.errors import NotFound, Refusal
from ledger.forms import PeriodForm
from ledger.models import Period, Pool
from ledger.services import periods


@page(*STAFF)
def period_list(request: PersonRequest) -> HttpResponse:
    """All periods, the latest first."""
    found = list(Period.objects.order_by("-starts_on"))
    return render(request, "ledger/periods.html", {"periods": found})


@form_page("reviewer")
def period_new(request: PersonRequest) -> HttpResponse:
    """A period is opened."""
    form = PeriodForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            period = periods.period_open(**form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("ledger:period", period.code)
    return render(request, "ledger/period_new.html", {"form": form}, status=form.status)


@page(*STAFF)
def period_detail(request: PersonRequest, code: str) -> HttpResponse:
    """One period: how far it is, and what to do next."""
    period = _period(code)
    pools = list(Pool.objects.filter(period=period).select_related("programme").order_by("id"))
    return render(request, "ledger/period.html", {"period": period, "pools": pools})


@action("reviewer")
def period_freeze(request: PersonRequest, code: str) -> HttpResponse:
    """Intake ends now."""
    period = periods.period_freeze(period_id=_period(code).id, now=timezone.now())
    messages.success(request, f"The intake of {period.code} is closed. Start a valuation run next.")
    return redirect("ledger:period", code)


@action("reviewer")
def period_close(request: PersonRequest, code: str) -> HttpResponse:
    """The books of the period end; nothing in it changes any more."""
    periods.period_close(period_id=_period(code).id, actor=request.user, now=timezone.now())
    messages.success(request, f"The books of {code} are closed.")
    return redirect("ledger:period", code)


def _period(code: str) -> Period:
    found = Period.objects.filter(code=code).select_related("closed_by").first()
    if found is None:
        raise NotFound()
    return found

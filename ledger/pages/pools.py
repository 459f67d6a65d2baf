"""Policies and pools: what is distributed, by which rules."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.roles import STAFF, PersonRequest, action, form_page, page
from contributors.selectors import programme_list_for
from ledger.core.policy import Policy
from ledger.errors import NotFound, Refusal
from ledger.forms import FundForm, PolicyForm, PoolForm
from ledger.models import Period, PolicyVersion, Pool, RoyaltyRun
from ledger.selectors.reports import pool_funded_minor
from ledger.services import pools


@page(*STAFF)
def pool_list(request: PersonRequest) -> HttpResponse:
    """All pools and all versions of policies, the newest first."""
    found = Pool.objects.select_related("period", "programme", "policy").order_by("-id")
    context = {"pools": list(found), "policies": list(PolicyVersion.objects.order_by("-id"))}
    return render(request, "ledger/pools.html", context)


@form_page("reviewer")
def pool_new(request: PersonRequest) -> HttpResponse:
    """A pool is promised by its funder."""
    form = PoolForm(request.POST or None, initial=request.GET.dict(), **_choices(request))
    if request.method == "POST" and form.is_valid():
        try:
            pool = pools.pool_create(**form.request(), actor=request.user, now=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("ledger:pool", pool.code)
    return render(request, "ledger/pool_new.html", {"form": form}, status=form.status)


@page(*STAFF)
def pool_detail(request: PersonRequest, code: str) -> HttpResponse:
    """One pool, its policy and its runs."""
    pool = _pool(code)
    runs = list(RoyaltyRun.objects.filter(pool=pool).order_by("-id"))
    context = _shown(pool) | {"runs": runs, "fund_form": FundForm()}
    return render(request, "ledger/pool.html", context)


@action("reviewer")
def pool_fund(request: PersonRequest, code: str) -> HttpResponse:
    """The pool's money has reached the bank."""
    pool, form = _pool(code), FundForm(request.POST)
    if not form.is_valid():
        context = _shown(pool) | {"runs": [], "fund_form": form}
        return render(request, "ledger/pool.html", context, status=form.status)
    posted = pools.pool_fund(
        pool_id=pool.id,
        amount_minor=pool.amount_minor,
        actor=request.user,
        now=timezone.now(),
        **form.cleaned_data,
    )
    messages.success(request, f"Posted as entry {posted.entry.seq}.")
    return redirect("ledger:pool", code)


@form_page("reviewer")
def policy_new(request: PersonRequest) -> HttpResponse:
    """A new version of a policy."""
    form = PolicyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _policy_create(form, request)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("ledger:pools")
    return render(request, "ledger/policy_new.html", {"form": form}, status=form.status)


def _policy_create(form: PolicyForm, request: PersonRequest) -> None:
    asked = dict(form.cleaned_data)
    name, valid_from = asked.pop("name"), asked.pop("valid_from")
    pools.policy_version_create(
        name=name,
        policy=Policy(**asked),
        valid_from=valid_from,
        actor=request.user,
        now=timezone.now(),
    )
    messages.success(request, "The policy is stored as a new version.")


def _choices(request: PersonRequest) -> dict[str, Any]:
    return {
        "periods": list(Period.objects.exclude(status="closed").order_by("-starts_on")),
        "programmes": programme_list_for(request.user),
        "policies": list(PolicyVersion.objects.order_by("-id")),
    }


def _shown(pool: Pool) -> dict[str, Any]:
    return {"pool": pool, "policy": pool.policy, "funded_minor": pool_funded_minor(pool.pk)}


def _pool(code: str) -> Pool:
    found = Pool.objects.select_related("period", "programme", "policy").filter(code=code).first()
    if found is None:
        raise NotFound()
    return found

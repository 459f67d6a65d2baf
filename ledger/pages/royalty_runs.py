"""Royalty runs: calculated and submitted by one person, approved or sent back by another."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.roles import STAFF, PersonRequest, action, form_page, page
from ledger import actors
from ledger.errors import Refusal
from ledger.forms import NoteForm, RoyaltyRunForm
from ledger.models import Pool, RoyaltyRun, Statement
from ledger.selectors import royalties as selectors
from ledger.selectors.duplicates import unresolved_clusters
from ledger.selectors.review import flags_of
from ledger.selectors.steps import step_list
from ledger.services import royalties
from valuation.selectors import sealed_shares, valuation_run_list

# What may be pressed in which state, by which role.
ACTIONS = {
    ("reviewer", "calculated"): ("submission", "rejection"),
    ("reviewer", "needs_decision"): ("decision", "rejection"),
    ("approver", "in_review"): ("approval", "rejection"),
    ("reviewer", "posted"): ("closing",),
}
SERVICES: dict[str, Callable[..., RoyaltyRun]] = {
    "submission": royalties.royalty_run_submit,
    "decision": royalties.royalty_run_decide,
    "approval": actors.enqueue_royalty_run_approve,
    "rejection": royalties.royalty_run_reject,
    "closing": royalties.royalty_run_close,
}
WITH_NOTE = ("decision", "approval", "rejection")
UNDECIDED = ("calculated", "in_review")


@page(*STAFF)
def run_list(request: PersonRequest) -> HttpResponse:
    """The newest royalty runs."""
    runs = selectors.royalty_run_list(user=request.user)
    return render(request, "ledger/royalty_runs.html", {"runs": runs})


@form_page("reviewer")
def run_new(request: PersonRequest) -> HttpResponse:
    """A pool is divided by the locked values of a valuation run."""
    form = RoyaltyRunForm(request.POST or None, initial=request.GET.dict(), **run_choices(request))
    if request.method == "POST" and form.is_valid():
        try:
            run = royalties.royalty_run_calculate(
                pool_id=UUID(form.cleaned_data["pool"]),
                valuation_run_id=UUID(form.cleaned_data["valuation_run"]),
                actor=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("ledger:royalty-run", run.id)
    return render(request, "ledger/royalty_run_new.html", {"form": form}, status=form.status)


@page(*STAFF)
def run_detail(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """One run: each line with its flags, the sum that must equal the pool, what to do next."""
    run = selectors.royalty_run_get(run_id, user=request.user)
    lines = selectors.royalty_line_list(run_id)
    sealed = sealed_shares(run.valuation_run_id)
    statements = Statement.objects.filter(run_id=run_id).values_list("contributor_id", "number")
    role = request.user.role
    open_ = run.state in UNDECIDED
    row = RoyaltyRun.objects.select_related("created_by").get(pk=run_id)
    context = {
        "run": run,
        "clusters": unresolved_clusters(row) if open_ else (),
        "steps": step_list(row, made="draft", made_by=row.created_by, made_at=row.created_at),
        "lines": [(line, flags_of(line, sealed.get(line.player_key))) for line in lines],
        "sealed": sealed,
        "values": value_rows(lines),
        "statements": dict(statements),
        "sum_minor": run.fee_minor + run.gross_minor,
        "actions": ACTIONS.get((role, run.state), ()),
        "with_note": WITH_NOTE,
        "note_form": NoteForm(),
        "is_own": request.user.pk in (run.created_by_id, run.submitted_by_id),
    }
    return render(request, "ledger/royalty_run.html", context)


@action("reviewer", "approver")
def run_act(request: PersonRequest, run_id: UUID, noun: str) -> HttpResponse:
    """One button of a run: the noun names what is done."""
    note = {"note": request.POST.get("note", "")} if noun in WITH_NOTE else {}
    run = SERVICES[noun](run_id=run_id, actor=request.user, now=timezone.now(), **note)
    messages.success(request, SAID[noun])
    return redirect("ledger:royalty-run", run.id)


SAID = {
    "submission": "The run waits for an approver who is not you.",
    "decision": "The run goes on with your reason beside it.",
    "approval": "The run is approved and posted; its statements are issued.",
    "rejection": "The run is sent back. Its pool is free for another one.",
    "closing": "The run is closed.",
}


def run_choices(request: PersonRequest) -> dict[str, Any]:
    """The pools and locked valuation runs to choose from."""
    pools = Pool.objects.filter(kind="royalty", period__status="frozen").order_by("-id")
    runs = valuation_run_list(user=request.user)
    return {
        "pools": list(pools.select_related("programme")),
        "valuation_runs": [run for run in runs if run.state == "locked"],
    }


def value_rows(lines: tuple[selectors.RoyaltyLineRecord, ...]) -> list[dict[str, str]]:
    """One row for each player, for the figure of values."""
    players = {line.player_key: line for line in lines}
    return [
        {"label": key, "value": line.value, "standard_error": line.standard_error}
        for key, line in players.items()
    ]

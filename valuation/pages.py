"""Pages of the valuation: runs, their progress, their values."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.errors import Refusal
from contributors.roles import ANYONE, STAFF, PersonRequest, action, form_page, page
from contributors.selectors import batch_list_for, programme_list_for
from valuation import actors, selectors
from valuation.forms import PriorityForm, QuestionForm, RunForm
from valuation.services import runs as run_services

UNFINISHED = ("queued", "running")
FINISHED = ("computed", "reviewed", "locked")
QUESTIONS = {
    "sealed-share": "Compare the shares with the sealed set",
    "compression": "Find out which rows could be left out",
    "methods": "Compare the methods side by side",
}
# What a reviewer may press in each state, in the order of the buttons.
ACTIONS = {
    "queued": ("cancellation",),
    "running": ("cancellation",),
    "failed": ("resumption",),
    "cancelled": ("resumption",),
    "computed": ("locking", "review", "superseding"),
    "reviewed": ("locking", "superseding"),
}
SERVICES = {
    "cancellation": run_services.valuation_run_cancel,
    "resumption": actors.enqueue_valuation_run_resume,
    "review": run_services.valuation_run_review,
    "locking": actors.enqueue_valuation_run_lock,
    "superseding": run_services.valuation_run_supersede,
}


@page(*ANYONE)
def run_list(request: PersonRequest) -> HttpResponse:
    """The newest runs this person may see."""
    runs = selectors.valuation_run_list(user=request.user)
    return render(request, "valuation/runs.html", {"runs": runs})


@form_page("reviewer")
def run_new(request: PersonRequest) -> HttpResponse:
    """A run is asked for here; a worker does it."""
    programmes = programme_list_for(request.user)
    initial = {"cutoff_at": timezone.now().isoformat(), **request.GET.dict()}
    runs = selectors.valuation_run_list(user=request.user)
    finished = [run for run in runs if run.state in FINISHED]
    form = RunForm(request.POST or None, programmes=programmes, finished=finished, initial=initial)
    cost = None
    if request.method == "POST" and form.is_valid() and "cost" in request.POST:
        cost = _cost(form.request())
    elif request.method == "POST" and form.is_valid():
        try:
            run = actors.enqueue_valuation_run(
                **form.request(), actor=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            form.add_error(None, f"{refusal.sentence} {refusal.remedy}")
        else:
            return redirect("valuation:run", run.id)
    context = {"form": form, "cost": cost}
    return render(request, "valuation/run_new.html", context, status=form.status)


def _cost(asked: dict[str, Any]) -> selectors.RunCost:
    return selectors.run_cost_before(
        programme_id=asked["programme_id"],
        cutoff_at=asked["cutoff_at"],
        budget=asked["budget"],
        now=timezone.now(),
    )


@page(*ANYONE)
def run_detail(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """One run: how far it is, what it found, and everything needed to find it again."""
    run = selectors.valuation_run_get(run_id, user=request.user)
    values = selectors.player_values_visible(run_id, user=request.user)
    is_staff = request.user.role in STAFF
    context = {
        "run": run,
        "values": sorted(values, key=lambda row: -float(row.value)),
        "is_staff": is_staff,
        "actions": ACTIONS.get(run.state, ()) if _steers(request) else (),
        "may_prioritise": _steers(request) and run.state in UNFINISHED,
        **_progress(run_id, run.state),
        **_questions(request, run),
    }
    return render(request, "valuation/run.html", context)


@action("contributor", "reviewer")
def analysis_ask(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """A question about a finished run is asked; a worker answers it."""
    form = QuestionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the questions.")
        return redirect("valuation:run", run_id)
    actors.enqueue_analysis(
        run_id=run_id,
        kind=form.cleaned_data["kind"],
        batch_id=form.cleaned_data["batch"],
        actor=request.user,
        now=timezone.now(),
    )
    messages.success(request, "The question is asked. A worker answers it; reload in a moment.")
    return redirect("valuation:run", run_id)


@page(*STAFF)
def run_progress(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """The moving part of a run's page; once the run stands still, the page is loaded anew."""
    run = selectors.valuation_run_get(run_id, user=request.user)
    context = {"run": run, **_progress(run_id, run.state)}
    response = render(request, "valuation/parts/progress.html", context)
    if run.state not in UNFINISHED:
        response["HX-Refresh"] = "true"
    return response


@action("reviewer")
def run_act(request: PersonRequest, run_id: UUID, noun: str) -> HttpResponse:
    """One button of a run: the noun names what is done."""
    run = SERVICES[noun](run_id=run_id, actor=request.user, now=timezone.now())
    messages.success(request, f"The run is now {run.state}.")
    return redirect("valuation:run", run_id)


@action("reviewer")
def run_prioritise(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """The run goes before others, or after them."""
    form = PriorityForm(request.POST)
    if form.is_valid():
        run = run_services.valuation_run_prioritise(run_id=run_id, **form.cleaned_data)
        messages.success(request, f"The run now has priority {run.priority}.")
    else:
        messages.error(request, "A priority is a whole number from -100 to 100.")
    return redirect("valuation:run", run_id)


def _steers(request: PersonRequest) -> bool:
    return request.user.role == "reviewer"


def _progress(run_id: UUID, state: str) -> dict[str, Any]:
    return {
        "unfinished": state in UNFINISHED,
        "progress": selectors.valuation_run_progress(run_id, now=timezone.now()),
    }


def _questions(request: PersonRequest, run: selectors.ValuationRunRecord) -> dict[str, Any]:
    """What was asked about the run, and what this person may still ask."""
    asked = selectors.analysis_list(user=request.user, run_id=run.id)
    there = {(one.kind, one.batch_id) for one in asked}
    contributor = getattr(request.user, "contributor", None)
    own = batch_list_for(contributor, programme_id=run.programme_id) if contributor else ()
    names = {batch.id: batch.file_label or str(batch.id) for batch in own}
    finished = run.state in FINISHED
    ask: list[dict[str, Any]] = []
    if finished and _steers(request):
        ask = [{"kind": kind, "label": label} for kind, label in QUESTIONS.items()]
    elif finished:
        label = "Look for rows that hurt in {}"
        ask = [
            {"kind": "suspect-rows", "batch": batch_id, "label": label.format(name)}
            for batch_id, name in names.items()
        ]
    open_ = [q for q in ask if (q["kind"], q.get("batch")) not in there]
    return {
        "asked": [(one, names.get(one.batch_id) if one.batch_id else None) for one in asked],
        "may_ask": open_,
    }

"""Disputes: opened on a statement, discussed, decided or taken back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.roles import PersonRequest, action, form_page, page
from ledger.core.money import amount_text
from ledger.errors import NotFound, Refusal
from ledger.forms import DecisionForm, DisputeForm, MessageForm
from ledger.models import Dispute, DisputeMessage, Pool, Statement
from ledger.services import disputes, statement_files

READERS = ("contributor", "reviewer", "approver", "auditor")
DISPUTES_SHOWN = 200


@page(*READERS)
def dispute_list(request: PersonRequest) -> HttpResponse:
    """The person's own disputes; all of them for staff."""
    found = Dispute.objects.visible_to(request.user).select_related("statement__contributor")
    context = {"disputes": list(found.order_by("-id")[:DISPUTES_SHOWN])}
    return render(request, "ledger/disputes.html", context)


@form_page("contributor")
def dispute_new(request: PersonRequest, number: str) -> HttpResponse:
    """A statement is disputed: what about it, and how much."""
    statement = statement_files.statement_find(number=number, user=request.user)
    form = DisputeForm(request.POST or None, currency=statement.currency)
    if request.method == "POST" and form.is_valid():
        try:
            dispute = _opened(request, statement, form)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, held_text(dispute))
            return redirect("ledger:dispute", dispute.id)
    context = {"statement": statement, "form": form}
    return render(request, "ledger/dispute_new.html", context, status=form.status)


def held_text(dispute: Dispute) -> str:
    """What of a new dispute is held."""
    if not dispute.held_minor:
        return "The dispute is open. Nothing is held: nothing is waiting to be paid to you."
    held = amount_text(dispute.held_minor, dispute.currency)
    return f"The dispute is open. {held} {dispute.currency} is held until it is decided."


def _opened(request: PersonRequest, statement: Statement, form: DisputeForm) -> Dispute:
    return disputes.dispute_open(
        statement_id=statement.id,
        kind=form.cleaned_data["kind"],
        amount_minor=form.cleaned_data["amount_minor"],
        text=form.cleaned_data["text"],
        actor=request.user,
        now=timezone.now(),
    )


@page(*READERS)
def dispute_detail(request: PersonRequest, dispute_id: UUID) -> HttpResponse:
    """One dispute: what is in question, until when it is answered, what was said."""
    return render(request, "ledger/dispute.html", dispute_context(request, dispute_id))


@action("contributor", "reviewer")
def dispute_message(request: PersonRequest, dispute_id: UUID) -> HttpResponse:
    """One more message in the thread."""
    context = dispute_context(request, dispute_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        context["message_form"] = form
        return render(request, "ledger/dispute.html", context, status=form.status)
    disputes.dispute_message_add(
        dispute_id=dispute_id,
        text=form.cleaned_data["text"],
        actor=request.user,
        now=timezone.now(),
    )
    return redirect("ledger:dispute", dispute_id)


@action("reviewer")
def dispute_decide(request: PersonRequest, dispute_id: UUID) -> HttpResponse:
    """The dispute is decided, with a reason and an entry if it changes anything."""
    context = dispute_context(request, dispute_id)
    form = DecisionForm(
        request.POST, currency=context["dispute"].currency, reserves=_reserves(context["dispute"])
    )
    if form.is_valid():
        try:
            disputes.dispute_decide(
                dispute_id=dispute_id, actor=request.user, now=timezone.now(), **form.request()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The dispute is decided. What was held is owed again.")
            return redirect("ledger:dispute", dispute_id)
    context["decision_form"] = form
    return render(request, "ledger/dispute.html", context, status=form.status)


@action("contributor")
def dispute_withdraw(request: PersonRequest, dispute_id: UUID) -> HttpResponse:
    """The contributor takes the dispute back."""
    dispute_context(request, dispute_id)
    disputes.dispute_withdraw(dispute_id=dispute_id, actor=request.user, now=timezone.now())
    messages.success(request, "The dispute is withdrawn. What was held is owed again.")
    return redirect("ledger:dispute", dispute_id)


def dispute_context(request: PersonRequest, dispute_id: UUID) -> dict[str, Any]:
    """Everything a dispute's page shows. Four queries."""
    visible = Dispute.objects.visible_to(request.user).select_related("statement__contributor")
    dispute = visible.filter(pk=dispute_id).first()
    if dispute is None:
        raise NotFound()
    thread = DisputeMessage.objects.filter(dispute=dispute).select_related("author")
    return {
        "dispute": dispute,
        "thread": list(thread.order_by("id")),
        "days_left": (dispute.answer_due_on - timezone.now().date()).days,
        "can_write": request.user.role in ("contributor", "reviewer"),
        "message_form": MessageForm(),
        "decision_form": DecisionForm(currency=dispute.currency, reserves=_reserves(dispute)),
    }


def _reserves(dispute: Dispute) -> list[Pool]:
    """Pools that an adjustment can be taken from, or given back to."""
    open_ = Pool.objects.filter(currency=dispute.currency).exclude(period__status="closed")
    return list(open_.order_by("-id"))

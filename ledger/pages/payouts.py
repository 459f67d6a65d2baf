"""Payout batches: prepared, submitted, approved by another, exported, answered by the bank."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.roles import PersonRequest, action, form_page, page
from ledger.core.chart import account_code
from ledger.errors import Refusal
from ledger.forms import BankAnswerForm, NoteForm, PayoutBatchForm
from ledger.models import PayoutBatch
from ledger.selectors import payouts as selectors
from ledger.selectors.journal import held_minor
from ledger.selectors.steps import step_list
from ledger.services import payout_approval, payouts
from ledger.services.bank_answers import bank_message_ingest

READERS = ("reviewer", "approver", "auditor")
# What may be pressed in which state, by which role.
ACTIONS = {
    ("reviewer", "draft"): ("submission", "cancellation"),
    ("reviewer", "submitted"): ("cancellation",),
    ("approver", "submitted"): ("approval", "rejection"),
    ("reviewer", "exported"): ("sending",),
    ("approver", "exported"): ("cancellation",),
    ("reviewer", "settled"): ("closing",),
}
SERVICES: dict[str, Callable[..., Any]] = {
    "submission": payouts.payout_batch_submit,
    "approval": payout_approval.payout_batch_approve,
    "rejection": payouts.payout_batch_reject,
    "cancellation": payouts.payout_batch_cancel,
    "sending": payout_approval.payout_batch_mark_sent,
    "closing": payouts.payout_batch_close,
}
LABELS = {
    "submission": "Submit for approval",
    "approval": "Approve and reserve",
    "rejection": "Send it back",
    "cancellation": "Cancel the batch",
    "sending": "The file is at the bank",
    "closing": "Close the batch",
}
UNPAID = ("draft", "submitted", "approved")  # while it can still wait for the funders' money
WITH_NOTE = ("approval", "rejection", "cancellation")
WITH_FILE = ("approved", "exported", "sent", "part_settled", "settled", "closed")


@page(*READERS)
def batch_list(request: PersonRequest) -> HttpResponse:
    """The newest payout batches."""
    batches = selectors.payout_batch_list(user=request.user)
    return render(request, "ledger/payout_batches.html", {"batches": batches})


@form_page("reviewer")
def batch_new(request: PersonRequest) -> HttpResponse:
    """Everything that is due in one currency is gathered."""
    form = PayoutBatchForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = payouts.payout_batch_prepare(
                **form.cleaned_data, actor=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("ledger:payout-batch", batch.id)
    return render(request, "ledger/payout_batch_new.html", {"form": form}, status=form.status)


@page(*READERS)
def batch_detail(request: PersonRequest, batch_id: UUID) -> HttpResponse:
    """One batch: every payment, who cannot be paid yet and why, what to do next."""
    return render(request, "ledger/payout_batch.html", batch_context(request, batch_id))


@action("reviewer", "approver")
def batch_act(request: PersonRequest, batch_id: UUID, noun: str) -> HttpResponse:
    """One button of a batch: the noun names what is done."""
    note = {"note": request.POST.get("note", "")} if noun in WITH_NOTE else {}
    batch = SERVICES[noun](batch_id=batch_id, actor=request.user, now=timezone.now(), **note)
    messages.success(request, f"The batch is now {batch.state.replace('_', ' ')}.")
    return redirect("ledger:payout-batch", batch_id)


@action("reviewer", "approver")
def batch_file(request: PersonRequest, batch_id: UUID) -> HttpResponse:
    """The bank's file; asked for again, the same bytes."""
    content = payout_approval.payout_batch_export(
        batch_id=batch_id, actor=request.user, now=timezone.now()
    )
    batch = selectors.payout_batch_get(batch_id, user=request.user)
    headers = {"Content-Disposition": f'attachment; filename="{batch.code}.xml"'}
    return HttpResponse(content, content_type="application/xml", headers=headers)


@action("reviewer", "approver")
def bank_answer(request: PersonRequest, batch_id: UUID) -> HttpResponse:
    """What the bank answered is read; the payments that it names move."""
    form = BankAnswerForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            message = bank_message_ingest(
                content=form.cleaned_data["file"].read(), actor=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, said(message.outcome))
            return redirect("ledger:payout-batch", batch_id)
    context = batch_context(request, batch_id) | {"answer_form": form}
    return render(request, "ledger/payout_batch.html", context, status=form.status)


def said(outcome: dict[str, Any]) -> str:
    """What a bank's message did, in a sentence."""
    counts = ", ".join(f"{count} {what}" for what, count in outcome["counts"].items())
    unknown = len(outcome["unknown"])
    more = f" {unknown} payments in it are unknown here." if unknown else ""
    return f"The answer was read: {counts or 'nothing changed'}.{more}"


def sums_of(batch: selectors.PayoutBatchRecord) -> list[tuple[str, int]]:
    """What became of the sum, where something became of it."""
    sums = [
        ("Settled", batch.settled_minor),
        ("Came back", batch.returned_minor),
        ("Held, not in the sum", batch.held_minor),
    ]
    return [each for each in sums if each[1]]


def batch_context(request: PersonRequest, batch_id: UUID) -> dict[str, Any]:
    """Everything a batch's page shows. Six queries."""
    batch = selectors.payout_batch_get(batch_id, user=request.user)
    role = request.user.role
    actions = ACTIONS.get((role, batch.state), ())
    moves_money = role in ("reviewer", "approver")
    row = PayoutBatch.objects.select_related("prepared_by").get(pk=batch_id)
    bank_minor = held_minor(code=account_code("bank", batch.bank), currency=batch.currency)
    unpaid = batch.state in UNPAID
    return {
        "batch": batch,
        "bank_minor": bank_minor,
        "short_minor": max(batch.net_minor - bank_minor, 0) if unpaid else 0,
        "sums": sums_of(batch),
        "steps": step_list(row, made="prepared", made_by=row.prepared_by, made_at=row.created_at),
        "payouts": selectors.payout_list(user=request.user, batch_id=batch_id),
        "actions": actions,
        "labels": LABELS,
        "takes_note": any(noun in WITH_NOTE for noun in actions),
        "note_form": NoteForm(),
        "answer_form": BankAnswerForm(),
        "can_download": moves_money and batch.state in WITH_FILE,
        "can_answer": moves_money and bool(batch.file_sha256),
        "is_own": request.user.pk in (batch.prepared_by_id, batch.submitted_by_id),
    }

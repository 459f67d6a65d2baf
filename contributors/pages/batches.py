"""Batches: uploaded, looked at, withdrawn."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors import selectors, services
from contributors.forms import WithdrawForm
from contributors.models import Batch
from contributors.roles import ANYONE, PersonRequest, form_page, page
from contributors.selectors.batches import receipt_of, with_names
from contributors.selectors.consequences import withdrawal_preview

BATCHES_SHOWN = 200
ISSUES_SHOWN = 200
CHECKING = (Batch.State.REGISTERED, Batch.State.CHECKING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step on a batch's way; `kind` is done, now, bad or empty for what is to come."""

    label: str
    kind: str
    at: datetime | None = None
    text: str = ""


# What a flag means for whoever gave the batch; the last is shown to staff alone.
FLAGS = {
    "only_duplicates": "Every row was given before, so the batch adds no row of its own.",
    "suspected_copy": "It looks like somebody else’s data. A reviewer compares the two; if they "
    "are the same, both are one player and share what it earns.",
    "near_validation": "It lies unusually close to the rows that judge. A reviewer looks at it.",
}


@page(*ANYONE)
def batch_list(request: PersonRequest) -> HttpResponse:
    """The person's own batches; all of them for staff."""
    return render(request, "contributors/batches.html", {"batches": visible_batches(request)})


def visible_batches(request: PersonRequest) -> tuple[Any, ...]:
    """The newest receipts this person may see. One query."""
    found = with_names(Batch.objects.visible_to(request.user))
    newest = found.order_by("-id")[:BATCHES_SHOWN]
    return tuple(receipt_of(batch, user=request.user) for batch in newest)


@page(*ANYONE)
def batch_detail(request: PersonRequest, batch_id: uuid.UUID) -> HttpResponse:
    """One batch: its receipt, where it stands, and the rows that were not accepted."""
    batch = selectors.batch_receipt(batch_id, user=request.user)
    own = request.user.role == "contributor"
    context = {
        "batch": batch,
        "issues": batch.issues[:ISSUES_SHOWN],
        "issue_count": len(batch.issues),
        "flags": [FLAGS.get(flag, flag.replace("_", " ")) for flag in batch.flags],
        "checking": batch.state in CHECKING,
        "steps": steps_of(batch),
        "can_withdraw": own and batch.state == Batch.State.ACCEPTED,
        "can_erase": own and batch.state not in (*CHECKING, Batch.State.ERASED),
    }
    return render(request, "contributors/batch.html", context)


@form_page("contributor")
def batch_withdraw(request: PersonRequest, batch_id: uuid.UUID) -> HttpResponse:
    """What withdrawing would change; then it is done."""
    batch = selectors.batch_receipt(batch_id, user=request.user)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.batch_withdraw(batch_id=batch_id, actor=request.user, now=timezone.now())
        messages.success(request, "The batch is withdrawn. It enters no later run.")
        return redirect("contributors:batch", batch_id)
    changes = withdrawal_preview(batch_id, user=request.user).sentences
    context = {"batch": batch, "form": form, "changes": changes, "stays": STAYS}
    return render(request, "contributors/withdraw.html", context, status=form.status)


STAYS = (
    "Statements that were issued stay as they are, and what they owe you is paid.",
    "The receipt stays, so that you can show what you gave and when.",
    "The rows are kept until you have them erased.",
)


def steps_of(batch: Any) -> list[Step]:
    """The way of a batch from its receipt to its value."""
    steps = [Step(label="Received", kind="done", at=batch.received_at)]
    if batch.state in CHECKING:
        steps.append(Step(label="Being checked", kind="now", text="This page follows by itself."))
    elif batch.state == Batch.State.REJECTED:
        return [*steps, Step(label="Refused", kind="bad", text=batch.refusal_sentence)]
    elif batch.accepted_at:
        one = batch.accepted_count == 1
        text = "1 row takes part" if one else f"{batch.accepted_count:,} rows take part"
        steps.append(Step(label="Accepted", kind="done", at=batch.accepted_at, text=text))
    if batch.withdrawn_at:
        steps.append(Step(label="Withdrawn", kind="bad", at=batch.withdrawn_at))
    if batch.erased_at:
        steps.append(Step(label="Erased", kind="bad", at=batch.erased_at))
    if not batch.withdrawn_at:
        kind = "now" if batch.accepted_at else ""
        steps.append(Step(label="Valued", kind=kind, text="in the next run of its programme"))
        steps.append(Step(label="Paid", kind="", text="by a statement of the period"))
    return steps

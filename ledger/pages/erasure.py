"""Erasure: of one batch, of oneself. Said first what goes and what stays, then done."""

import uuid

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors import selectors
from contributors.forms import WithdrawForm
from contributors.roles import PersonRequest, form_page
from ledger.errors import Refusal
from ledger.forms import EraseContributorForm
from ledger.services.erasure import batch_erase as erase_batch
from ledger.services.erasure import contributor_erase as erase_contributor

OF_BATCH = (
    "Every row and file of the batch is deleted, every value quoted from it, and what was "
    "remembered of computations with it.",
    "What was computed and paid before stays as it is; the books keep amounts, never rows.",
    "This cannot be taken back. The same rows are recognised and refused if they are sent again.",
)
OF_CONTRIBUTOR = (
    "All your batches are erased: rows, files, quoted values, analyses.",
    "Your name, address, e-mail, bank details, tokens and sessions are deleted. You are logged "
    "out, and nobody can log in as you again.",
    "Statements, payments, disputes and bookkeeping entries stay under your code, as the law asks, "
    "and so do tax profiles, which name a rate and a form, never a person.",
    "What is still owed to you can no longer be paid to your account. Have it paid first.",
    "This cannot be taken back.",
)


@form_page("contributor")
def batch_erase(request: PersonRequest, batch_id: uuid.UUID) -> HttpResponse:
    """What erasing means; then the rows are gone for good."""
    batch = selectors.batch_receipt(batch_id, user=request.user)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        erase_batch(batch_id=batch_id, actor=request.user, now=timezone.now())
        messages.success(request, "The rows of the batch are erased. Its receipt stays.")
        return redirect("contributors:batch", batch_id)
    context = {"batch": batch, "form": form, "sentences": OF_BATCH}
    return render(request, "contributors/erase.html", context, status=form.status)


@form_page("contributor")
def contributor_erase(request: PersonRequest) -> HttpResponse:
    """What erasing oneself means; then the person is logged out and gone."""
    contributor = getattr(request.user, "contributor", None)
    if contributor is None:
        return redirect("contributors:profile")
    form = EraseContributorForm(request.POST or None, code=contributor.code)
    if request.method == "POST" and form.is_valid():
        try:
            erase_contributor(contributor_id=contributor.id, actor=request.user, now=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            logout(request)
            return redirect("ledger:home")
    context = {"form": form, "contributor": contributor, "sentences": OF_CONTRIBUTOR}
    return render(request, "ledger/erase_contributor.html", context, status=form.status)

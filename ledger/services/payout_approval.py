"""Approving a payout batch and writing its bank file: the two steps after which money moves."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from ledger.core.bookkeeping import EntryDraft, advance_paid
from ledger.core.payments import payout_reserved
from ledger.errors import ApprovalVoid, BatchNotInState, BooksDisagree
from ledger.files.bank import Party, Payment, credit_transfers
from ledger.models import Approval, Payout, PayoutBatch, PayoutDestination, Period
from ledger.selectors.journal import account_balances
from ledger.selectors.payouts import batch_hash
from ledger.selectors.reports import reconciliation
from ledger.services.bank_details import account_digest, decrypt
from ledger.services.holdbacks import period_open_at
from ledger.services.journal import journal_entry_post
from ledger.services.locks import journal_lock
from ledger.services.payouts import (
    SEPA,
    State,
    batch_locked,
    batch_move,
    payout_move,
    payouts_cancel,
    payouts_locked,
)
from ledger.services.pools import occasion_in
from ledger.services.roles import refuse_own_work, require_role

APPROVED = (
    State.APPROVED,
    State.EXPORTED,
    State.SENT,
    State.PART_SETTLED,
    State.SETTLED,
    State.CLOSED,
)
EXPORTED = APPROVED[1:]


def payout_batch_approve(
    *, batch_id: UUID, actor: Any, now: datetime, note: str = ""
) -> PayoutBatch:
    """Every payout has left what is owed and waits for the bank, its tax for the authority.

    Raises
    ------
    OwnWork
        If the approver prepared it or is paid by it; the database refuses both too.
    ApprovalVoid
        If a payment, an account or a balance is not what was submitted.
    BooksDisagree
        If the books do not agree with themselves, before or after.
    """
    require_role(actor, "approver")
    with transaction.atomic():
        batch = batch_locked(batch_id)
        if batch.state in APPROVED:
            return batch
        if batch.state != State.SUBMITTED or batch.submitted_by is None:
            raise BatchNotInState(state=batch.state)
        payouts = payouts_locked(batch, Payout.State.ELIGIBLE)
        payees = {payout.contributor.user_id for payout in payouts}
        refuse_own_work(actor, batch.prepared_by_id, batch.submitted_by_id, *payees)
        journal_lock()
        books_check()
        _check_unchanged(batch, payouts)
        approval = Approval.objects.create(
            subject_type="payout_batch",
            subject_id=batch.id,
            subject_hash=batch.lines_hash,
            prepared_by=batch.submitted_by,
            approver=actor,
            decision=Approval.Decision.APPROVED,
            note=note,
            at=now,
        )
        batch_move(
            batch, State.APPROVED, actor=actor, now=now, approved_by=actor, approval=approval
        )
        period = period_open_at(now)
        for payout in payouts:
            _reserve(batch, payout, period, actor, now)
        books_check()
    return batch


def payout_batch_export(*, batch_id: UUID, actor: Any, now: datetime) -> bytes:
    """The batch's bank file; asked for again, the same bytes.

    Raises
    ------
    ApprovalVoid
        If an account is not the one approved; then the batch is void and nothing is paid.
    """
    require_role(actor, "reviewer", "approver")
    with transaction.atomic():
        batch = batch_locked(batch_id)
        if batch.state not in APPROVED:
            raise BatchNotInState(state=batch.state)
        content = _export(batch, actor, now) if batch.state == State.APPROVED else _again(batch)
    if content is None:  # after the transaction, so that the void stands
        raise ApprovalVoid("An account is not the one that was approved.", batch=batch.code)
    return content


def payout_batch_mark_sent(*, batch_id: UUID, actor: Any, now: datetime) -> PayoutBatch:
    """The file is at the bank."""
    require_role(actor, "reviewer", "approver")
    with transaction.atomic():
        batch = batch_locked(batch_id)
        if batch.state == State.EXPORTED:
            batch_mark_sent(batch, actor=actor, now=now)
        elif batch.state not in EXPORTED:
            raise BatchNotInState(state=batch.state)
    return batch


def batch_mark_sent(batch: PayoutBatch, *, actor: Any, now: datetime) -> None:
    batch_move(batch, State.SENT, actor=actor, now=now)
    for payout in payouts_locked(batch, Payout.State.IN_FILE):
        payout_move(payout, Payout.State.SENT, actor=actor, now=now)
        if payout.net_minor == 0:  # all of it is tax, and the bank never hears of it
            payout_move(payout, Payout.State.SETTLED, actor=actor, now=now)


def books_check() -> None:
    """Raises BooksDisagree if a balance is not the sum of its postings."""
    found = reconciliation()
    if found:
        raise BooksDisagree(account=found[0].account, currency=found[0].currency)


def _export(batch: PayoutBatch, actor: Any, now: datetime) -> bytes | None:
    """The file, for the first time; None if the approval was void, and is now marked so."""
    payouts = payouts_locked(batch, Payout.State.RESERVED)
    if not _accounts_are_those_approved(batch, payouts):
        _void(batch, actor, now)
        return None
    content = _file(batch, payouts, now)
    batch_move(
        batch,
        State.EXPORTED,
        actor=actor,
        now=now,
        file_created_at=now,
        file_sha256=sha256(content).hexdigest(),
    )
    for payout in payouts:
        payout_move(payout, Payout.State.IN_FILE, actor=actor, now=now)
    return content


def _again(batch: PayoutBatch) -> bytes:
    """The file as it was: of the payouts that went into it, whatever became of them."""
    went = batch.payouts.exclude(state__in=["held", "cancelled", "eligible"])
    assert batch.file_created_at is not None
    content = _file(batch, list(went.order_by("position")), batch.file_created_at)
    if sha256(content).hexdigest() != batch.file_sha256:
        raise ApprovalVoid("The file cannot be made again as it was.")
    return content


def _check_unchanged(batch: PayoutBatch, payouts: list[Payout]) -> None:
    if batch_hash(batch, payouts) != batch.lines_hash:
        raise ApprovalVoid(batch=batch.code)
    if not _accounts_are_those_approved(batch, payouts):
        raise ApprovalVoid("An account is not the one that was submitted.", batch=batch.code)
    owed = {
        row.party: row.held_minor
        for row in account_balances(purpose="payable", currency=batch.currency)
    }
    for payout in payouts:
        if payout.advance_id is None and owed.get(str(payout.contributor_id)) != payout.gross_minor:
            raise ApprovalVoid("A balance moved since the batch was prepared.", batch=batch.code)


def _accounts_are_those_approved(batch: PayoutBatch, payouts: list[Payout]) -> bool:
    stored = dict(
        PayoutDestination.objects.filter(payout__batch=batch).values_list("payout_id", "encrypted")
    )
    return all(
        payout.id in stored and account_digest(decrypt(stored[payout.id])) == payout.account_digest
        for payout in payouts
    )


def _reserve(batch: PayoutBatch, payout: Payout, period: Period, actor: Any, now: datetime) -> None:
    posted = journal_entry_post(
        draft=_reserve_draft(batch, payout, period, now),
        idempotency_key=f"payout:{payout.id}:reserved",
        actor=actor,
        now=now,
    )
    payout_move(payout, Payout.State.RESERVED, actor=actor, now=now, reserve_entry=posted.entry)


def _reserve_draft(batch: PayoutBatch, payout: Payout, period: Period, now: datetime) -> EntryDraft:
    """An advance becomes a claim on the contributor; anything else was owed."""
    event = advance_paid if payout.advance_id else payout_reserved
    return event(
        occasion_in(period, now, "payout", payout.id, approval_id=batch.approval_id),
        party=str(payout.contributor_id),
        rail=batch.rail,
        net_minor=payout.net_minor,
        tax_minor=payout.withholding_minor,
        authority=payout.tax["authority"],
        currency=batch.currency,
    )


def _file(batch: PayoutBatch, payouts: list[Payout], created_at: datetime) -> bytes:
    stored = dict(
        PayoutDestination.objects.filter(payout__batch=batch).values_list("payout_id", "encrypted")
    )
    payments = []
    for payout in payouts:
        if payout.net_minor == 0:
            continue  # all of it is tax: the bank has nothing to do
        if payout.id not in stored:
            raise ApprovalVoid("The file cannot be made again as it was: an account was erased.")
        account = decrypt(stored[payout.id])
        payments.append(
            Payment(
                end_to_end_id=payout.end_to_end_id,
                payee=Party(name=account.holder, iban=account.iban, bic=account.bic),
                amount_minor=payout.net_minor,
                text=f"Royalties {batch.code}",
            )
        )
    return credit_transfers(
        message_id=batch.message_id,
        created_at=created_at,
        payer=Party(**settings.PAYER),
        currency=batch.currency,
        pay_on=batch.pay_on,
        payments=payments,
        sepa=batch.rail == SEPA,
    )


def _void(batch: PayoutBatch, actor: Any, now: datetime) -> None:
    reason = "An account is not the one that was approved."
    batch_move(batch, State.APPROVAL_VOID, actor=actor, now=now, reason=reason)
    payouts_cancel(batch, actor=actor, now=now, reason=reason)

"""Payout batches: prepared, submitted, approved by somebody else, exported, answered by the bank.

A payment leaves what is owed when its batch is approved, and the bank when it answers. Locks
are taken in one order: batch, payouts, journal.
"""

import logging
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from contributors.models import Contributor
from ledger.core.bookkeeping import AMOUNT_MINOR_MAX, Event
from ledger.core.chart import account_code
from ledger.core.money import exponent
from ledger.core.payments import payout_given_back
from ledger.errors import (
    AmountOutOfRange,
    BatchCodeTaken,
    BatchNotInState,
    NotFound,
    NothingToPay,
    PayoutNotInState,
    RailUnsuitable,
    RejectionUnexplained,
)
from ledger.models import Advance, Approval, Payout, PayoutBatch, PayoutDestination
from ledger.selectors.journal import held_minor
from ledger.selectors.payouts import PayoutDraft, batch_hash, payouts_payable
from ledger.services.holdbacks import period_open_at
from ledger.services.journal import journal_entry_post, journal_entry_reverse
from ledger.services.locks import journal_lock
from ledger.services.pools import occasion_in
from ledger.services.roles import refuse_own_work, require_role
from ledger.services.states import state_move

logger = logging.getLogger(__name__)
State = PayoutBatch.State
SEPA = "sepa"  # the one rail with rules of its own
# What is still to be paid of a batch.
PAYABLE = (Payout.State.ELIGIBLE, Payout.State.RESERVED, Payout.State.IN_FILE)


def advance_agree(
    *,
    contributor_id: UUID,
    currency: str,
    amount_minor: int,
    agreement: str,
    actor: Any,
    now: datetime,
) -> Advance:
    """The advance is agreed; the next payout batch of its currency pays it.

    The same agreement again is the same advance, so that a form sent twice pays once.

    Raises
    ------
    AmountOutOfRange, NotFound, OwnWork
    """
    require_role(actor, "reviewer")
    exponent(currency)
    if not 1 <= amount_minor <= AMOUNT_MINOR_MAX:
        raise AmountOutOfRange(amount_minor=amount_minor)
    agreed = {"currency": currency, "amount_minor": amount_minor, "agreement": agreement}
    with transaction.atomic():
        payee = Contributor.objects.select_for_update().filter(pk=contributor_id).first()
        if payee is None:
            raise NotFound(contributor_id=str(contributor_id))
        refuse_own_work(actor, payee.user_id)
        there = payee.advances.filter(**agreed).first()
        return there or Advance.objects.create(
            contributor=payee, created_by=actor, created_at=now, **agreed
        )


def payout_batch_prepare(
    *, code: str, currency: str, rail: str, bank: str, pay_on: date, actor: Any, now: datetime
) -> PayoutBatch:
    """A draft with a payout for everything payable; what cannot be paid is held, with a reason.

    The same request again finds the batch.

    Raises
    ------
    NothingToPay, RailUnsuitable
    BatchCodeTaken
        If the code is of a batch that was asked for otherwise.
    """
    require_role(actor, "reviewer")
    if rail == SEPA and currency != "EUR":
        raise RailUnsuitable(rail=rail, currency=currency)
    with transaction.atomic():
        there = PayoutBatch.objects.filter(code=code).first()
        if there is not None:
            asked = (currency, rail, bank, pay_on)
            if (there.currency, there.rail, there.bank, there.pay_on) != asked:
                raise BatchCodeTaken(payout_batch_id=str(there.id))
            return there
        journal_lock()
        drafts = payouts_payable(currency=currency, on=pay_on)
        if not drafts:
            raise NothingToPay(currency=currency)
        batch = PayoutBatch.objects.create(
            code=code,
            rail=rail,
            bank=bank,
            currency=currency,
            pay_on=pay_on,
            prepared_by=actor,
            created_at=now,
        )
        for position, draft in enumerate(drafts, start=1):
            _payout_create(batch, position, draft, actor, now)
    return batch


def payout_remove(*, payout_id: UUID, note: str, actor: Any, now: datetime) -> Payout:
    """The payout is not part of its draft any more; the others are."""
    require_role(actor, "reviewer")
    with transaction.atomic():
        batch_id = Payout.objects.filter(id=payout_id).values_list("batch_id", flat=True).first()
        if batch_id is None:
            raise NotFound(payout_id=str(payout_id))
        batch = batch_locked(batch_id)
        payout = batch.payouts.select_for_update().get(id=payout_id)
        if payout.state == Payout.State.CANCELLED:
            return payout
        if batch.state != State.DRAFT:
            raise BatchNotInState(state=batch.state)
        payout_move(payout, Payout.State.CANCELLED, actor=actor, now=now, reason=note)
    return payout


def payout_batch_submit(*, batch_id: UUID, actor: Any, now: datetime) -> PayoutBatch:
    """The batch waits for an approver, its payments and accounts fixed by a hash."""
    require_role(actor, "reviewer")
    with transaction.atomic():
        batch = batch_locked(batch_id)
        if batch.state == State.SUBMITTED:
            return batch
        payouts = payouts_locked(batch, Payout.State.ELIGIBLE)
        if not payouts:
            raise NothingToPay(batch=batch.code)
        batch_move(
            batch,
            State.SUBMITTED,
            actor=actor,
            now=now,
            submitted_by=actor,
            lines_hash=batch_hash(batch, payouts),
        )
    return batch


def payout_batch_reject(*, batch_id: UUID, note: str, actor: Any, now: datetime) -> PayoutBatch:
    """The batch is a draft again, because an approver said why."""
    require_role(actor, "approver")
    if not note.strip():
        raise RejectionUnexplained
    with transaction.atomic():
        batch = batch_locked(batch_id)
        if batch.state != State.SUBMITTED or batch.submitted_by is None:
            raise BatchNotInState(state=batch.state)
        refuse_own_work(actor, batch.prepared_by_id, batch.submitted_by_id)
        _refused(batch, note, actor, now)
        batch_move(batch, State.DRAFT, actor=actor, now=now, reason=note, lines_hash="")
    return batch


def payout_batch_cancel(*, batch_id: UUID, note: str, actor: Any, now: datetime) -> PayoutBatch:
    """Nothing of the batch is paid; what was reserved is owed again. Not after it was sent.

    Once its file was written, an approver who made no part of the batch has to sign for it:
    whoever holds the file could have it paid, and the batch that comes next as well.

    Raises
    ------
    NotPermitted, OwnWork, RejectionUnexplained, BatchNotInState
    """
    require_role(actor, "reviewer", "approver")
    with transaction.atomic():
        batch = batch_locked(batch_id)
        if batch.state == State.CANCELLED:
            return batch
        if batch.state == State.EXPORTED:
            _sign_off(batch, note, actor, now)
        batch_move(batch, State.CANCELLED, actor=actor, now=now, reason=note)
        payouts_cancel(batch, actor=actor, now=now, reason=note)
    return batch


def payout_batch_close(*, batch_id: UUID, actor: Any, now: datetime) -> PayoutBatch:
    """Every answer is in and nothing of the batch waits at the bank."""
    require_role(actor, "reviewer")
    with transaction.atomic():
        batch = batch_locked(batch_id)
        if batch.state != State.CLOSED:
            batch_move(batch, State.CLOSED, actor=actor, now=now)
    return batch


def payouts_cancel(batch: PayoutBatch, *, actor: Any, now: datetime, reason: str) -> None:
    """Every payout that was not sent is cancelled and its reserve reversed."""
    for payout in payouts_locked(batch, *PAYABLE, Payout.State.HELD):
        reserve_reverse(payout, event=Event.PAYOUT_CANCELLED, actor=actor, now=now)
        payout_move(payout, Payout.State.CANCELLED, actor=actor, now=now, reason=reason)


def reserve_reverse(payout: Payout, *, event: str, actor: Any, now: datetime) -> None:
    """What the payout had reserved is owed again, tax included while it is not remitted.

    Where the tax was remitted, or the advance that it was is repaid, only what is there is
    given back, and nothing is stuck.
    """
    if payout.reserve_entry_id is None:
        return
    journal_lock()
    occasion = occasion_in(period_open_at(now), now, "payout", payout.id)
    key = f"payout:{payout.id}:{event}"
    tax_minor, advance_minor = tax_held_minor(payout), advance_out_minor(payout)
    whole_minor = payout.gross_minor if payout.advance_id else 0
    if tax_minor == payout.withholding_minor and advance_minor == whole_minor:
        journal_entry_reverse(
            entry_id=payout.reserve_entry_id,
            period_id=occasion.period_id,
            effective_on=occasion.effective_on,
            idempotency_key=key,
            actor=actor,
            now=now,
            event=event,
        )
        return
    draft = payout_given_back(
        occasion,
        event=event,
        party=str(payout.contributor_id),
        rail=payout.batch.rail,
        net_minor=payout.net_minor,
        tax_minor=tax_minor,
        authority=payout.tax["authority"],
        advance_minor=advance_minor,
        currency=payout.currency,
    )
    journal_entry_post(draft=draft, idempotency_key=key, actor=actor, now=now)


def tax_held_minor(payout: Payout) -> int:
    """The payout's tax while its authority's account still holds it; 0 once it was remitted."""
    if not payout.withholding_minor:
        return 0
    code = account_code("withholding", payout.tax["authority"])
    held = held_minor(code=code, currency=payout.currency)
    return payout.withholding_minor if held >= payout.withholding_minor else 0


def advance_out_minor(payout: Payout) -> int:
    """What of the advance that this payout is has not been repaid out of earnings."""
    if payout.advance_id is None:
        return 0
    code = account_code("advance", str(payout.contributor_id))
    return min(held_minor(code=code, currency=payout.currency), payout.gross_minor)


def batch_locked(batch_id: UUID) -> PayoutBatch:
    batch = PayoutBatch.objects.select_for_update().filter(id=batch_id).first()
    if batch is None:
        raise NotFound(payout_batch_id=str(batch_id))
    return batch


def payouts_locked(batch: PayoutBatch, *states: str) -> list[Payout]:
    """The batch's payouts in these states, by position."""
    rows = batch.payouts.select_for_update().filter(state__in=states)
    return list(rows.order_by("position"))


def batch_move(
    batch: PayoutBatch,
    to_state: str,
    *,
    actor: Any,
    now: datetime,
    reason: str = "",
    **fields: Any,
) -> None:
    state_move(
        batch,
        to_state,
        subject="payout_batch",
        events=batch.events,
        actor=actor,
        now=now,
        refusal=BatchNotInState,
        reason=reason,
        **fields,
    )


def payout_move(
    payout: Payout,
    to_state: str,
    *,
    actor: Any,
    now: datetime,
    reason: str = "",
    evidence_sha256: str = "",
    **fields: Any,
) -> None:
    state_move(
        payout,
        to_state,
        subject="payout",
        events=payout.events,
        actor=actor,
        now=now,
        refusal=PayoutNotInState,
        reason=reason,
        evidence_sha256=evidence_sha256,
        **fields,
    )


def _sign_off(batch: PayoutBatch, note: str, actor: Any, now: datetime) -> None:
    """Somebody who neither made the batch nor is paid by it says why its file is never paid."""
    require_role(actor, "approver")
    if not note.strip():
        raise RejectionUnexplained
    payees = batch.payouts.values_list("contributor__user_id", flat=True)
    refuse_own_work(actor, batch.prepared_by_id, batch.submitted_by_id, *payees)
    _refused(batch, note, actor, now)


def _refused(batch: PayoutBatch, note: str, actor: Any, now: datetime) -> None:
    assert batch.submitted_by is not None, "only what was submitted is refused"
    Approval.objects.create(
        subject_type="payout_batch",
        subject_id=batch.id,
        subject_hash=batch.lines_hash,
        prepared_by=batch.submitted_by,
        approver=actor,
        decision=Approval.Decision.REJECTED,
        note=note,
        at=now,
    )


def _payout_create(
    batch: PayoutBatch, position: int, draft: PayoutDraft, actor: Any, now: datetime
) -> Payout:
    payout = Payout.objects.create(
        batch=batch,
        position=position,
        contributor_id=draft.contributor_id,
        advance_id=draft.advance_id,
        currency=batch.currency,
        gross_minor=draft.gross_minor,
        withholding_bp=draft.tax.withholding_bp,
        withholding_minor=draft.withholding_minor,
        net_minor=draft.net_minor,
        tax=asdict(draft.tax),
        account_digest=draft.account_digest,
        account_masked=draft.account_masked,
    )
    if draft.encrypted:
        PayoutDestination.objects.create(payout=payout, encrypted=draft.encrypted)
    if draft.hold:
        payout_move(
            payout,
            Payout.State.HELD,
            actor=actor,
            now=now,
            reason=draft.hold.sentence,
            hold_code=draft.hold.code,
            hold_reason=asdict(draft.hold),
        )
    return payout

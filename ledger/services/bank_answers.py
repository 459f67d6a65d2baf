"""Reading the bank's answers: each moves the payments it names, once, whatever the order.

A message is known by the hash of its bytes; a payment by its end-to-end id. An answer that a
payment has already had changes nothing, so a camt.053 may repeat what a camt.054 said.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger.core.bookkeeping import EntryDraft, Event, entry_draft, move
from ledger.core.chart import account_code
from ledger.core.payments import payout_overpaid, payout_returned, payout_settled
from ledger.core.reasons import BANK_CODES, reason
from ledger.files.bank import Answer, BankAnswers, read_answers
from ledger.models import BankMessage, JournalEntry, Payout, PayoutBatch
from ledger.selectors.journal import held_minor
from ledger.services.holdbacks import period_open_at
from ledger.services.journal import journal_entry_post
from ledger.services.locks import journal_lock
from ledger.services.payout_approval import batch_mark_sent
from ledger.services.payouts import (
    State,
    advance_out_minor,
    batch_locked,
    batch_move,
    payout_move,
    payouts_locked,
    reserve_reverse,
    tax_held_minor,
)
from ledger.services.pools import occasion_in
from ledger.services.roles import require_role


@dataclass(frozen=True, slots=True, kw_only=True)
class _Receipt:
    """One answer as it arrived: what it says, in which message, through whom, when."""

    answer: Answer
    sha256: str
    actor: Any
    now: datetime


WAITING = (Payout.State.IN_FILE, Payout.State.SENT, Payout.State.ACCEPTED)
DONE = (
    Payout.State.SETTLED,
    Payout.State.RETURNED,
    Payout.State.REJECTED,
    Payout.State.CANCELLED,
    Payout.State.HELD,
    Payout.State.OVERPAID,
)
# States in which we count on the bank not to pay.
OFF = (Payout.State.CANCELLED, Payout.State.REJECTED)


def bank_message_ingest(*, content: bytes, actor: Any, now: datetime) -> BankMessage:
    """Every payment that the message names has moved; what it names and we do not know is listed.

    The same bytes again change nothing. Raises BankMessageUnreadable.
    """
    require_role(actor, "reviewer", "approver")
    answers = read_answers(content)
    found = sha256(content).hexdigest()
    with transaction.atomic():
        there = BankMessage.objects.filter(sha256=found).first()
        if there is not None:
            return there
        batches = _lock(answers)
        journal_lock()
        outcome = _apply(answers, batches, found, actor, now)
        for batch in batches.values():
            _settle_batch(batch, actor, now)
        return BankMessage.objects.create(
            kind=answers.kind,
            sha256=found,
            outcome=outcome,
            received_at=now,
            received_by=actor,
        )


def _lock(answers: BankAnswers) -> dict[UUID, PayoutBatch]:
    """The batches that the message is about, locked in the order of their ids."""
    named = [_uuid(answer.end_to_end_id) for answer in answers.answers]
    rows = Payout.objects.filter(id__in=[each for each in named if each])
    batch_ids = set(rows.values_list("batch_id", flat=True))
    whole = _uuid(answers.message_id)
    batch_ids |= {whole} if whole else set()
    known = PayoutBatch.objects.filter(id__in=batch_ids)
    return {
        batch_id: batch_locked(batch_id) for batch_id in sorted(known.values_list("id", flat=True))
    }


def _apply(
    answers: BankAnswers,
    batches: dict[UUID, PayoutBatch],
    sha: str,
    actor: Any,
    now: datetime,
) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    unknown: list[str] = []
    if answers.group == "duplicate":
        return {"group": "duplicate", "counts": {}, "unknown": []}
    for answer in _spread(answers, batches):
        payout = _payout(answer, batches)
        if payout is None:
            unknown.append(answer.end_to_end_id)
        else:
            receipt = _Receipt(answer=answer, sha256=sha, actor=actor, now=now)
            counts[_answer(payout, batches[payout.batch_id], receipt)] += 1
    return {"group": answers.group, "counts": dict(counts), "unknown": unknown}


def _spread(answers: BankAnswers, batches: dict[UUID, PayoutBatch]) -> tuple[Answer, ...]:
    """A file that is accepted or rejected whole answers for each of its payments."""
    if answers.answers or not answers.group:
        return answers.answers
    return tuple(
        Answer(end_to_end_id=payout.end_to_end_id, outcome=answers.group, code=answers.group_code)
        for batch in batches.values()
        for payout in payouts_locked(batch, *WAITING)
    )


def _payout(answer: Answer, batches: dict[UUID, PayoutBatch]) -> Payout | None:
    payout_id = _uuid(answer.end_to_end_id)
    if payout_id is None:
        return None
    rows = Payout.objects.select_for_update().filter(id=payout_id, batch_id__in=list(batches))
    return rows.first()


def _answer(payout: Payout, batch: PayoutBatch, receipt: _Receipt) -> str:
    """Move one payment; returns what it became, or why it did not."""
    if receipt.answer.amount_minor not in (None, payout.net_minor):
        return "amount_differs"
    if batch.state == State.EXPORTED:
        batch_mark_sent(batch, actor=receipt.actor, now=receipt.now)
        payout.refresh_from_db()
    handler = _HANDLERS[receipt.answer.outcome]
    return handler(payout, batch, receipt)


def _accepted(payout: Payout, batch: PayoutBatch, receipt: _Receipt) -> str:
    if payout.state == Payout.State.CANCELLED:
        return "accepted_unexpected"
    if payout.state != Payout.State.SENT:
        return "known"
    payout_move(
        payout,
        Payout.State.ACCEPTED,
        actor=receipt.actor,
        now=receipt.now,
        evidence_sha256=receipt.sha256,
    )
    return "accepted"


def _rejected(payout: Payout, batch: PayoutBatch, receipt: _Receipt) -> str:
    if payout.state not in (Payout.State.SENT, Payout.State.ACCEPTED):
        return "known"
    reserve_reverse(payout, event=Event.PAYOUT_REJECTED, actor=receipt.actor, now=receipt.now)
    _moved_back(payout, Payout.State.REJECTED, receipt)
    return "rejected"


def _settled(payout: Payout, batch: PayoutBatch, receipt: _Receipt) -> str:
    if payout.state in OFF and payout.reserve_entry_id and batch.file_sha256:
        return _overpaid(payout, batch, receipt)
    if payout.state in DONE[:2] or payout.state == Payout.State.OVERPAID:
        return "known"
    if payout.state not in (Payout.State.SENT, Payout.State.ACCEPTED):
        return "never_sent"
    draft = payout_settled(
        occasion_in(period_open_at(receipt.now), receipt.now, "payout", payout.id),
        rail=batch.rail,
        bank=batch.bank,
        amount_minor=payout.net_minor,
        currency=payout.currency,
    )
    _post(draft, f"payout:{payout.id}:settled", receipt.actor, receipt.now)
    payout_move(
        payout,
        Payout.State.SETTLED,
        actor=receipt.actor,
        now=receipt.now,
        evidence_sha256=receipt.sha256,
    )
    return "settled"


def _overpaid(payout: Payout, batch: PayoutBatch, receipt: _Receipt) -> str:
    """The money left although we had taken the payment back: booked, so that it is not lost."""
    draft = _overpaid_draft(payout, batch, receipt.now)
    _post(draft, f"payout:{payout.id}:overpaid", receipt.actor, receipt.now)
    payout_move(
        payout,
        Payout.State.OVERPAID,
        actor=receipt.actor,
        now=receipt.now,
        reason=f"The bank paid it although it was {payout.state}.",
        evidence_sha256=receipt.sha256,
    )
    return "settled_unexpected"


def _returned(payout: Payout, batch: PayoutBatch, receipt: _Receipt) -> str:
    """The money is owed again. A return that overtakes the debit settles the payment first."""
    if payout.state not in DONE[:2]:
        _settled(payout, batch, receipt)
    if payout.state not in (Payout.State.SETTLED, Payout.State.OVERPAID):
        return "known"
    draft = _return_draft(payout, batch, receipt.now)
    _post(draft, f"payout:{payout.id}:returned", receipt.actor, receipt.now)
    _moved_back(payout, Payout.State.RETURNED, receipt)
    return "returned"


_HANDLERS = {
    "accepted": _accepted,
    "rejected": _rejected,
    "settled": _settled,
    "returned": _returned,
}


def _moved_back(payout: Payout, to_state: str, receipt: _Receipt) -> None:
    answer = receipt.answer
    text = answer.text or BANK_CODES.get(answer.code, answer.code)
    payout_move(
        payout,
        to_state,
        actor=receipt.actor,
        now=receipt.now,
        reason=reason("bank_refused", bank=text or "no reason given").sentence,
        evidence_sha256=receipt.sha256,
        bank_code=answer.code[:10],
        bank_text=text[:140],
    )


def _overpaid_draft(payout: Payout, batch: PayoutBatch, now: datetime) -> EntryDraft:
    occasion = occasion_in(period_open_at(now), now, "payout", payout.id)
    party, authority = str(payout.contributor_id), payout.tax["authority"]
    if payout.advance_id is None:
        payable = account_code("payable", party)
        return payout_overpaid(
            occasion,
            party=party,
            bank=batch.bank,
            net_minor=payout.net_minor,
            payable_minor=held_minor(code=payable, currency=payout.currency),
            tax_minor=payout.withholding_minor,
            authority=authority,
            currency=payout.currency,
        )
    advance = account_code("advance", party)
    postings = [move(advance, account_code("bank", batch.bank), payout.net_minor, payout.currency)]
    if payout.withholding_minor:
        tax = account_code("withholding", authority)
        postings.append(move(advance, tax, payout.withholding_minor, payout.currency))
    return entry_draft(occasion, Event.PAYOUT_OVERPAID, postings)


def _owed_back_minor(payout: Payout) -> int:
    """What of an overpayment the payee still owes: its return pays that first."""
    if payout.state != Payout.State.OVERPAID:
        return 0
    clawback = account_code("clawback", str(payout.contributor_id))
    return held_minor(code=clawback, currency=payout.currency)


def _return_draft(payout: Payout, batch: PayoutBatch, now: datetime) -> EntryDraft:
    assert payout.reserve_entry is not None
    occasion = occasion_in(period_open_at(now), now, "payout", payout.id)
    same_year = payout.reserve_entry.effective_on.year == occasion.effective_on.year
    return payout_returned(
        occasion,
        party=str(payout.contributor_id),
        bank=batch.bank,
        net_minor=payout.net_minor,
        tax_minor=tax_held_minor(payout) if same_year else 0,
        authority=payout.tax["authority"],
        clawback_minor=0 if payout.advance_id else _owed_back_minor(payout),
        advance_minor=advance_out_minor(payout),
        currency=payout.currency,
    )


def _settle_batch(batch: PayoutBatch, actor: Any, now: datetime) -> None:
    """The batch follows its payouts: partly settled with the first, settled with the last."""
    states = set(batch.payouts.values_list("state", flat=True))
    if states <= set(DONE):
        if batch.state in (State.SENT, State.PART_SETTLED):
            batch_move(batch, State.SETTLED, actor=actor, now=now)
    elif batch.state == State.SENT and states & set(DONE[:2]):
        batch_move(batch, State.PART_SETTLED, actor=actor, now=now)


def _post(draft: EntryDraft, key: str, actor: Any, now: datetime) -> JournalEntry:
    return journal_entry_post(draft=draft, idempotency_key=key, actor=actor, now=now).entry


def _uuid(name: str) -> UUID | None:
    """The id inside a message's or a payment's name, or None for a name that is not ours."""
    try:
        return UUID(hex=name[1:])
    except ValueError:
        return None

"""Disputes: opened within the window, holding the disputed amount alone, decided with an entry."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from ledger.core.bookkeeping import (
    EntryDraft,
    adjusted_down,
    adjusted_up,
    dispute_closed,
    dispute_opened,
)
from ledger.core.chart import account_code
from ledger.errors import (
    AdjustmentTooLarge,
    DisputeAmountUnsuitable,
    DisputeNotInState,
    DisputeOpen,
    DisputeWindowClosed,
    NotYours,
    RejectionUnexplained,
    ReserveMissing,
)
from ledger.models import Dispute, DisputeMessage, JournalEntry, Statement
from ledger.selectors.journal import held_minor
from ledger.services.holdbacks import period_open_at
from ledger.services.journal import journal_entry_post
from ledger.services.locks import journal_lock
from ledger.services.pools import occasion_in
from ledger.services.roles import refuse_own_work, require_role
from ledger.services.statements import statement_locked, statement_move
from ledger.services.states import state_move

# Working days in which a dispute is to be answered.
ANSWER_DAYS = 10
MESSAGE_CHARS_MAX = 10_000
SATURDAY = 5  # of Python's weekdays


def dispute_open(
    *, statement_id: UUID, kind: str, amount_minor: int, text: str, actor: Any, now: datetime
) -> Dispute:
    """The disputed amount is held, as far as it is still payable; the rest is paid as before.

    Opened on the last day of the window it counts. At most the pool can be in question, for
    whoever got nothing may ask for more than a share. The same dispute again is found.

    Raises
    ------
    NotYours, DisputeOpen, DisputeWindowClosed, DisputeAmountUnsuitable
    """
    with transaction.atomic():
        statement = statement_locked(statement_id)
        if statement.contributor.user_id != actor.id:
            raise NotYours
        there = Dispute.objects.filter(statement=statement, state=Dispute.State.OPEN).first()
        if there is not None:
            return _same(there, kind, amount_minor, text)
        if now > statement.dispute_until or statement.state not in ("issued", "resolved"):
            raise DisputeWindowClosed(state=statement.state)
        if not 1 <= amount_minor <= statement.run.pool.amount_minor:
            raise DisputeAmountUnsuitable(pool_minor=statement.run.pool.amount_minor)
        dispute = _create(statement, kind, amount_minor, actor, now)
        _say(dispute, text, actor, now)
        statement_move(statement, Statement.State.DISPUTED, actor=actor, now=now)
    return dispute


def dispute_message_add(
    *, dispute_id: UUID, text: str, actor: Any, now: datetime, evidence_sha256: str = ""
) -> DisputeMessage:
    """The message is in the thread; only the two sides write there, and only while it is open."""
    with transaction.atomic():
        dispute = _locked(dispute_id)
        if actor.role != "reviewer" and dispute.opened_by_id != actor.id:
            raise NotYours
        if dispute.state != Dispute.State.OPEN:
            raise DisputeNotInState(state=dispute.state)
        return _say(dispute, text, actor, now, evidence_sha256)


def dispute_decide(
    *,
    dispute_id: UUID,
    outcome: str,
    decision: str,
    adjustment_minor: int,
    actor: Any,
    now: datetime,
    reserve: str = "",
) -> Dispute:
    """What was held is owed again, and what the decision changes is a linked entry of its own.

    `adjustment_minor` is signed: positive is owed in addition, out of the pool `reserve`;
    negative is taken back into it, as far as payable, the rest as a clawback.

    Raises
    ------
    DisputeNotInState, RejectionUnexplained, ReserveMissing
    AdjustmentTooLarge
        If more would be taken back than the statement gave.
    OwnWork
        If it is the reviewer's own dispute; the database refuses it too.
    """
    require_role(actor, "reviewer")
    if not decision.strip():
        raise RejectionUnexplained
    if adjustment_minor and not reserve:
        raise ReserveMissing
    with transaction.atomic():
        dispute = _locked(dispute_id)
        if dispute.state == Dispute.State.DECIDED and dispute.decided_by_id == actor.id:
            return dispute
        refuse_own_work(actor, dispute.opened_by_id, dispute.statement.contributor.user_id)
        _check_taken_back(dispute.statement, adjustment_minor)
        _release(dispute, actor, now)
        entry = _adjust(dispute, adjustment_minor, reserve, actor, now)
        _move(
            dispute,
            Dispute.State.DECIDED,
            actor,
            now,
            outcome=outcome,
            decision=decision,
            adjustment_minor=adjustment_minor,
            adjustment_entry=entry,
            decided_by=actor,
            decided_at=now,
        )
        statement_move(
            dispute.statement, Statement.State.RESOLVED, actor=actor, now=now, reason=decision
        )
    return dispute


def dispute_withdraw(*, dispute_id: UUID, actor: Any, now: datetime) -> Dispute:
    """The contributor takes the dispute back; what was held is owed again."""
    with transaction.atomic():
        dispute = _locked(dispute_id)
        if dispute.opened_by_id != actor.id:
            raise NotYours
        if dispute.state == Dispute.State.WITHDRAWN:
            return dispute
        _release(dispute, actor, now)
        _move(dispute, Dispute.State.WITHDRAWN, actor, now)
        statement_move(dispute.statement, Statement.State.RESOLVED, actor=actor, now=now)
    return dispute


def answer_due_on(opened_on: date) -> date:
    """The day by which a dispute is to be answered: ten working days later.

    >>> answer_due_on(date(2014, 1, 17))
    datetime.date(2014, 1, 31)
    """
    day, left = opened_on, ANSWER_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return day


def _same(there: Dispute, kind: str, amount_minor: int, text: str) -> Dispute:
    first = there.messages.order_by("id").values_list("text", flat=True)[0]
    if (there.kind, there.amount_minor, first) != (kind, amount_minor, text[:MESSAGE_CHARS_MAX]):
        raise DisputeOpen(dispute_id=str(there.id))
    return there


def _check_taken_back(statement: Statement, adjustment_minor: int) -> None:
    """All decisions on a share together, whatever its version, take back at most that share."""
    of_share = Dispute.objects.filter(
        statement__run_id=statement.run_id, statement__contributor_id=statement.contributor_id
    )
    before = of_share.aggregate(sum=Sum("adjustment_minor", default=0))["sum"]
    if adjustment_minor < 0 and statement.gross_minor + before + adjustment_minor < 0:
        raise AdjustmentTooLarge(gross_minor=statement.gross_minor, before_minor=int(before))


def _create(
    statement: Statement, kind: str, amount_minor: int, actor: Any, now: datetime
) -> Dispute:
    dispute = Dispute(
        statement=statement,
        kind=kind,
        currency=statement.currency,
        amount_minor=amount_minor,
        opened_by=actor,
        opened_at=now,
        answer_due_on=answer_due_on(now.date()),
    )
    journal_lock()
    party = str(statement.contributor_id)
    payable = held_minor(code=account_code("payable", party), currency=statement.currency)
    dispute.held_minor = min(amount_minor, max(payable, 0))
    if dispute.held_minor:
        draft = dispute_opened(
            occasion_in(period_open_at(now), now, "dispute", dispute.id),
            party=party,
            amount_minor=dispute.held_minor,
            currency=statement.currency,
        )
        dispute.hold_entry = _post(draft, f"dispute:{dispute.id}:opened", actor, now)
    dispute.save(force_insert=True)
    return dispute


def _release(dispute: Dispute, actor: Any, now: datetime) -> None:
    if dispute.state != Dispute.State.OPEN:
        raise DisputeNotInState(state=dispute.state)
    if not dispute.held_minor:
        return
    draft = dispute_closed(
        occasion_in(period_open_at(now), now, "dispute", dispute.id),
        party=str(dispute.statement.contributor_id),
        amount_minor=dispute.held_minor,
        currency=dispute.currency,
    )
    _post(draft, f"dispute:{dispute.id}:closed", actor, now)


def _adjust(
    dispute: Dispute, adjustment_minor: int, reserve: str, actor: Any, now: datetime
) -> JournalEntry | None:
    if not adjustment_minor:
        return None
    party = str(dispute.statement.contributor_id)
    occasion = occasion_in(
        period_open_at(now), now, "dispute", dispute.id, adjusts_id=_allocation_id(dispute)
    )
    if adjustment_minor > 0:
        draft = adjusted_up(
            occasion,
            party=party,
            pool=reserve,
            amount_minor=adjustment_minor,
            currency=dispute.currency,
        )
    else:
        payable = held_minor(code=account_code("payable", party), currency=dispute.currency)
        draft = adjusted_down(
            occasion,
            party=party,
            pool=reserve,
            amount_minor=-adjustment_minor,
            payable_minor=payable,
            currency=dispute.currency,
        )
    return _post(draft, f"dispute:{dispute.id}:adjusted", actor, now)


def _allocation_id(dispute: Dispute) -> UUID | None:
    """The entry that allocated what is disputed."""
    entries = JournalEntry.objects.filter(
        source_type="royalty_run",
        source_id=str(dispute.statement.run_id),
        event="period_allocated",
    )
    return entries.values_list("id", flat=True).first()


def _post(draft: EntryDraft, key: str, actor: Any, now: datetime) -> JournalEntry:
    return journal_entry_post(draft=draft, idempotency_key=key, actor=actor, now=now).entry


def _say(
    dispute: Dispute, text: str, actor: Any, now: datetime, evidence_sha256: str = ""
) -> DisputeMessage:
    return DisputeMessage.objects.create(
        dispute=dispute,
        author=actor,
        at=now,
        text=text[:MESSAGE_CHARS_MAX],
        evidence_sha256=evidence_sha256,
    )


def _locked(dispute_id: UUID) -> Dispute:
    """The statement is locked first, as by every other service."""
    found = Dispute.objects.filter(id=dispute_id).values_list("statement_id", flat=True).first()
    if found is None:
        raise NotYours
    statement = statement_locked(found)
    dispute = Dispute.objects.select_for_update().get(id=dispute_id)
    dispute.statement = statement
    return dispute


def _move(dispute: Dispute, to_state: str, actor: Any, now: datetime, **fields: Any) -> None:
    state_move(
        dispute,
        to_state,
        subject="dispute",
        events=dispute.events,
        actor=actor,
        now=now,
        refusal=DisputeNotInState,
        **fields,
    )

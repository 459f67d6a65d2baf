"""Reserves: set aside by a run, released part by part, or forfeited by a decision."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger.core.bookkeeping import (
    Event,
    Occasion,
    entry_draft,
    holdback_forfeited,
    holdback_released,
    move,
)
from ledger.core.chart import account_code
from ledger.core.statements import StatementDraft
from ledger.errors import HoldbackReleased, NotFound
from ledger.models import Holdback, HoldbackRelease, JournalEntry, Period, RoyaltyRun
from ledger.selectors.holdbacks import HoldbackPart, holdbacks_due
from ledger.services.journal import journal_entry_post
from ledger.services.locks import journal_lock
from ledger.services.pools import occasion_in
from ledger.services.roles import refuse_own_work, require_role


def holdbacks_create(run: RoyaltyRun, drafts: Sequence[StatementDraft]) -> None:
    """Every amount that the run keeps has its row and its schedule."""
    parts = run.as_policy().holdback_periods
    rows = [
        Holdback(run=run, contributor_id=draft.contributor_id, kind=kind, amount_minor=amount,
                 part_count=count)
        for draft in drafts
        for kind, amount, count in (
            (Holdback.Kind.RESERVE, draft.holdback_minor, parts),
            (Holdback.Kind.UNCERTAINTY, draft.held_minor, 0),
        )
        if amount
    ]  # fmt: skip
    Holdback.objects.bulk_create(rows, batch_size=1_000)


def holdbacks_release_due(
    *, period: Period, currency: str, occasion: Occasion, actor: Any, now: datetime
) -> int:
    """Every part that is due with the period is owed again, in one entry. Again: nothing.

    Inside the caller's transaction, the journal locked. Returns how many parts came back.
    """
    due = holdbacks_due(period=period, currency=currency)
    paid = [part for part in due if part.amount_minor]
    if not paid:
        return 0
    draft = entry_draft(
        occasion,
        Event.HOLDBACK_RELEASED,
        [
            move(
                account_code("holdback", str(part.contributor_id)),
                account_code("payable", str(part.contributor_id)),
                part.amount_minor,
                currency,
            )
            for part in paid
        ],
    )
    # A part comes back once, so the first of them names this release.
    key = f"holdback:{due[0].holdback_id}:{due[0].part}:released"
    posted = journal_entry_post(draft=draft, idempotency_key=key, actor=actor, now=now)
    HoldbackRelease.objects.bulk_create(
        [_release(part, posted.entry, now) for part in due], batch_size=1_000
    )
    return len(due)


def holdbacks_release_ended(*, now: datetime) -> int:
    """Every part that was due with a period that is over is owed again; how many came back.

    The run of a period releases what is due with it. This is for a period without a run, so
    that a holdback comes back by itself, as its statement promised.
    """
    ended = Period.objects.filter(ends_on__lt=now.date()).order_by("-starts_on").first()
    if ended is None or not Period.objects.exclude(status=Period.Status.CLOSED).exists():
        return 0  # nothing can be booked before a period is opened
    currencies = Holdback.objects.order_by().values_list("run__pool__currency", flat=True)
    return sum(
        _release_ended(ended, currency, now) for currency in sorted(set(currencies.distinct()))
    )


def _release_ended(ended: Period, currency: str, now: datetime) -> int:
    with transaction.atomic():
        journal_lock()
        occasion = occasion_in(period_open_at(now), now, "period", ended.id)
        return holdbacks_release_due(
            period=ended, currency=currency, occasion=occasion, actor=None, now=now
        )


def holdback_decide(
    *, holdback_id: UUID, forfeit: bool, actor: Any, now: datetime
) -> HoldbackRelease:
    """What is left of a holdback is owed again, or lost, by a reviewer's decision.

    Raises
    ------
    HoldbackReleased
        If nothing of it is left.
    OwnWork
        If it is held for the reviewer.
    """
    require_role(actor, "reviewer")
    with transaction.atomic():
        row = (
            Holdback.objects.select_for_update(of=("self",))
            .select_related("run__pool__period", "contributor")
            .filter(id=holdback_id)
            .first()
        )
        if row is None:
            raise NotFound(holdback_id=str(holdback_id))
        refuse_own_work(actor, row.contributor.user_id)
        releases = list(row.releases.all())
        left = row.amount_minor - sum(release.amount_minor for release in releases)
        if left == 0:
            raise HoldbackReleased
        event = holdback_forfeited if forfeit else holdback_released
        draft = event(
            occasion_in(period_open_at(now), now, "holdback", row.id),
            party=str(row.contributor_id),
            amount_minor=left,
            currency=row.run.pool.currency,
        )
        posted = journal_entry_post(
            draft=draft, idempotency_key=f"holdback:{row.id}:decided", actor=actor, now=now
        )
        return HoldbackRelease.objects.create(
            holdback=row,
            part=max(len(releases) + 1, row.part_count),
            amount_minor=left,
            forfeited=forfeit,
            entry=posted.entry,
            at=now,
        )


def period_open_at(now: datetime) -> Period:
    """The period that a fact of today is booked in: today's, or else the latest not closed.

    Raises
    ------
    NotFound
        If every period is closed.
    """
    periods = Period.objects.exclude(status=Period.Status.CLOSED)
    today = now.date()
    period = periods.filter(starts_on__lte=today, ends_on__gte=today).first()
    period = period or periods.order_by("-starts_on").first()
    if period is None:
        raise NotFound("Every period is closed, so nothing can be booked.")
    return period


def _release(part: HoldbackPart, entry: JournalEntry, now: datetime) -> HoldbackRelease:
    return HoldbackRelease(
        holdback_id=part.holdback_id,
        part=part.part,
        amount_minor=part.amount_minor,
        entry=entry,
        at=now,
    )

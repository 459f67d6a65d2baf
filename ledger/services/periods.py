"""Opening, freezing and closing the books of a period. Never back."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger.core.chain import GENESIS, text_hash
from ledger.errors import NotFound, PeriodOrder
from ledger.models import JournalEntry, Period
from ledger.selectors.journal import trial_balance, trial_balance_lines
from ledger.services.locks import journal_lock
from ledger.services.refusals import refusals_named


def period_open(*, code: str, starts_on: date, ends_on: date) -> Period:
    """There is an open period of these days (last one included); opening it again finds it.

    Raises
    ------
    PeriodsOverlap
    """
    with transaction.atomic():
        journal_lock()
        there = Period.objects.filter(code=code, starts_on=starts_on, ends_on=ends_on).first()
        if there is not None:
            return there
        with refusals_named(period=code), transaction.atomic():
            return Period.objects.create(code=code, starts_on=starts_on, ends_on=ends_on)


def period_freeze(*, period_id: UUID, now: datetime) -> Period:
    """The intake of the period is over: its cut-off is `now`. Freezing it again changes nothing."""
    with transaction.atomic():
        period = _locked(period_id)
        if period.status == Period.Status.OPEN:
            period.status, period.frozen_at = Period.Status.FROZEN, now
            _save(period)
    return period


def period_close(*, period_id: UUID, actor: Any, now: datetime) -> Period:
    """The books of the period never change again; the chain's head and the trial balance are fixed.

    Closing it again changes nothing.

    Raises
    ------
    PeriodOrder
        If it is not frozen, or an earlier period is not closed.
    """
    with transaction.atomic():
        period = _locked(period_id)
        if period.status == Period.Status.CLOSED:
            return period
        if period.status == Period.Status.OPEN:
            raise PeriodOrder(period=period.code)
        head = JournalEntry.objects.order_by("-seq").values_list("seq", "hash").first()
        period.chain_seq, period.chain_head = head or (0, GENESIS)
        period.trial_balance_hash = text_hash(trial_balance_lines(trial_balance(on=period.ends_on)))
        period.status, period.closed_at, period.closed_by = Period.Status.CLOSED, now, actor
        _save(period)
    return period


def _locked(period_id: UUID) -> Period:
    journal_lock()
    period = Period.objects.filter(id=period_id).first()
    if period is None:
        raise NotFound(period_id=str(period_id))
    return period


def _save(period: Period) -> None:
    with refusals_named(period=period.code), transaction.atomic():
        period.save()

"""What a reviewer books by hand: what the bank or an authority did, and how to take it back.

Each booking is named by the reference of whoever reported it, and so posts once.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger.core.bookkeeping import EntryDraft, Event, Occasion, written_off
from ledger.core.payments import bank_fee, currency_exchanged
from ledger.errors import NotBookedByHand, NotFound
from ledger.models import JournalEntry
from ledger.services.holdbacks import period_open_at
from ledger.services.journal import PostedEntry, journal_entry_post, journal_entry_reverse
from ledger.services.pools import occasion_in
from ledger.services.roles import require_role

# Nothing else rests on these entries; what a run or a payout posted is taken back by its own steps.
BY_HAND = (
    Event.BANK_FEE,
    Event.CURRENCY_EXCHANGED,
    Event.TAX_REMITTED,
    Event.UNCLAIMED,
    Event.WRITTEN_OFF,
)


def bank_fee_book(
    *, bank: str, amount_minor: int, currency: str, reference: str, actor: Any, now: datetime
) -> PostedEntry:
    """The bank's charge is an expense; `reference` names the bank's booking."""
    require_role(actor, "reviewer")
    draft = bank_fee(
        _occasion("bank", reference, now), bank=bank, amount_minor=amount_minor, currency=currency
    )
    return _post(draft, f"bank-fee:{bank}:{reference}", actor, now)


def currency_exchange_book(
    *,
    bank: str,
    sold_minor: int,
    sold_currency: str,
    bought_minor: int,
    bought_currency: str,
    reference: str,
    actor: Any,
    now: datetime,
) -> PostedEntry:
    """Money of one currency became another's, at the rate of the two amounts."""
    require_role(actor, "reviewer")
    draft = currency_exchanged(
        _occasion("bank", reference, now),
        bank=bank,
        sold_minor=sold_minor,
        sold_currency=sold_currency,
        bought_minor=bought_minor,
        bought_currency=bought_currency,
    )
    return _post(draft, f"exchange:{bank}:{reference}", actor, now)


def clawback_write_off(
    *,
    contributor_id: UUID,
    amount_minor: int,
    currency: str,
    reference: str,
    actor: Any,
    now: datetime,
) -> PostedEntry:
    """An overpayment that nobody will pay back is a loss; `reference` names the decision.

    Raises
    ------
    Overdraft
        If less is still to be paid back.
    """
    require_role(actor, "reviewer")
    draft = written_off(
        _occasion("write-off", reference, now),
        party=str(contributor_id),
        amount_minor=amount_minor,
        currency=currency,
    )
    return _post(draft, f"write-off:{contributor_id}:{currency}:{reference}", actor, now)


def booking_reverse(*, entry_id: UUID, actor: Any, now: datetime) -> PostedEntry:
    """The booking is taken back by an entry with its sides swapped; asked again, the same entry.

    So somebody who claims what was kept as unclaimed is owed it again.

    Raises
    ------
    NotBookedByHand
        If a run, a payout or a decision posted it.
    """
    require_role(actor, "reviewer")
    with transaction.atomic():
        entry = JournalEntry.objects.filter(id=entry_id).first()
        if entry is None:
            raise NotFound(entry_id=str(entry_id))
        if entry.event not in BY_HAND:
            raise NotBookedByHand(event=entry.event)
        there = JournalEntry.objects.filter(reverses_id=entry_id).first()
        if there is not None:
            return PostedEntry(entry=there, replayed=True)
        occasion = _occasion("booking", str(entry_id), now)
        return journal_entry_reverse(
            entry_id=entry_id,
            period_id=occasion.period_id,
            effective_on=occasion.effective_on,
            idempotency_key=f"booking:{entry_id}:reversed",
            actor=actor,
            now=now,
        )


def _occasion(source_type: str, source_id: str, now: datetime) -> Occasion:
    return occasion_in(period_open_at(now), now, source_type, source_id)


def _post(draft: EntryDraft, key: str, actor: Any, now: datetime) -> PostedEntry:
    return journal_entry_post(draft=draft, idempotency_key=key, actor=actor, now=now)

"""Posting to the journal: exactly once for a key, or not at all.

Whoever posts holds the journal's lock to the end of the transaction (on SQLite the write
lock is it). A transaction that also locks other rows locks them before it posts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from contributors.identifiers import uuid7
from ledger.core.bookkeeping import (
    EntryDraft,
    Event,
    Occasion,
    PostingDraft,
    check_draft,
    draft_lines,
)
from ledger.core.chain import text_hash
from ledger.core.payments import reversal
from ledger.errors import KeyReused, NotFound, Refusal
from ledger.models import JournalEntry, Posting
from ledger.services import journal_rows
from ledger.services.accounts import account_ids, accounts_ensure
from ledger.services.refusals import refusals_named


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """The entry under a key; `replayed` when it was there before."""

    entry: JournalEntry
    replayed: bool


def journal_entry_post(
    *, draft: EntryDraft, idempotency_key: str, actor: Any, now: datetime
) -> PostedEntry:
    """The entry is in the books, once, and its key belongs to it for ever.

    Accounts that the chart knows are opened when first posted to. `actor` is the user who
    acts, or None for the scheduler.

    Raises
    ------
    KeyReused
        If the key belongs to an entry of other content.
    Refusal
        If the draft or the database refuses it; then nothing is left of it.
    """
    check_draft(draft)
    request_hash = text_hash(draft_lines(draft))
    entry = JournalEntry(
        id=uuid7(),
        event=draft.event,
        period_id=draft.period_id,
        effective_on=draft.effective_on,
        created_at=now,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
        source_type=draft.source_type,
        source_id=draft.source_id,
        actor=actor,
        approval_id=draft.approval_id,
        reverses_id=draft.reverses_id,
        adjusts_id=draft.adjusts_id,
        posting_count=len(draft.postings),
    )
    try:
        with refusals_named(event=draft.event, idempotency_key=idempotency_key):
            _write(entry, draft.postings, now)
    except Refusal:
        # A replay is refused too: for its key, or because the books have moved on since.
        if posted := _replayed(idempotency_key, request_hash):
            return posted
        raise
    return PostedEntry(entry=entry, replayed=False)


def journal_entry_reverse(
    *,
    entry_id: UUID,
    period_id: UUID,
    effective_on: date,
    idempotency_key: str,
    actor: Any,
    now: datetime,
    event: str = Event.REVERSAL,
    approval_id: UUID | None = None,
) -> PostedEntry:
    """Every balance is what it was before the entry, by a second entry with the sides swapped.

    Raises
    ------
    NotFound, AlreadyReversed
    """
    original = JournalEntry.objects.filter(id=entry_id).first()
    if original is None:
        raise NotFound(entry_id=str(entry_id))
    occasion = Occasion(
        period_id=period_id,
        effective_on=effective_on,
        source_type=original.source_type,
        source_id=original.source_id,
        approval_id=approval_id,
    )
    draft = reversal(occasion, entry_id=entry_id, postings=_posted(entry_id), event=event)
    return journal_entry_post(draft=draft, idempotency_key=idempotency_key, actor=actor, now=now)


def _replayed(idempotency_key: str, request_hash: str) -> PostedEntry | None:
    """The entry that the key belongs to, if any; refused if it is of other content."""
    posted = JournalEntry.objects.filter(idempotency_key=idempotency_key).first()
    if posted is None:
        return None
    if posted.request_hash != request_hash:
        raise KeyReused(entry_id=str(posted.id), idempotency_key=posted.idempotency_key)
    return PostedEntry(entry=posted, replayed=True)


def _write(entry: JournalEntry, drafts: tuple[PostingDraft, ...], now: datetime) -> None:
    """Postings first, the entry last: its row is the seal. All or nothing."""
    codes = _codes(drafts)
    accounts: dict[tuple[str, str], int] = {}
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        accounts = account_ids(codes)
    if accounts and accounts.keys() == codes:
        # One request, which PostgreSQL makes a transaction of its own.
        seal = journal_rows.insert(entry, _rows(drafts, accounts))
    else:
        with transaction.atomic():
            accounts = accounts_ensure(codes=codes, now=now)
            seal = journal_rows.insert(entry, _rows(drafts, accounts))
    entry.seq, entry.prev_hash, entry.hash = seal
    assert entry.seq >= 1 and entry.hash, "the trigger that seals entries is missing"


def _rows(
    drafts: tuple[PostingDraft, ...], accounts: dict[tuple[str, str], int]
) -> list[journal_rows.PostingRow]:
    return [
        (
            line,
            accounts[draft.debit_account, draft.currency],
            accounts[draft.credit_account, draft.currency],
            draft.currency,
            draft.amount_minor,
        )
        for line, draft in enumerate(drafts, start=1)
    ]


def _codes(drafts: Iterable[PostingDraft]) -> set[tuple[str, str]]:
    codes = {(draft.debit_account, draft.currency) for draft in drafts}
    return codes | {(draft.credit_account, draft.currency) for draft in drafts}


def _posted(entry_id: UUID) -> tuple[PostingDraft, ...]:
    rows = Posting.objects.filter(entry_id=entry_id).order_by("line")
    return tuple(
        PostingDraft(
            debit_account=debit, credit_account=credit, currency=currency, amount_minor=amount_minor
        )
        for debit, credit, currency, amount_minor in rows.values_list(
            "debit_account__code", "credit_account__code", "currency", "amount_minor"
        )
    )

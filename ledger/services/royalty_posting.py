"""What an approved royalty run does to the books, and the statements that follow from it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ledger.core.bookkeeping import (
    Event,
    Occasion,
    PostingDraft,
    entry_draft,
    fee_taken,
    move,
    period_allocated,
)
from ledger.core.chart import account_code
from ledger.core.statements import StatementDraft
from ledger.models import JournalEntry, RoyaltyRun
from ledger.selectors.journal import account_balances
from ledger.selectors.royalties import statement_drafts
from ledger.services.holdbacks import holdbacks_create, holdbacks_release_due
from ledger.services.journal import journal_entry_post
from ledger.services.locks import journal_lock
from ledger.services.statements import series_lock, statements_issue


def royalty_run_post(run: RoyaltyRun, *, actor: Any, now: datetime) -> None:
    """Fee, allocation and deductions are in the books; every contributor has a statement.

    Inside the caller's transaction, the run locked and approved.
    """
    period, currency = run.pool.period, run.pool.currency
    series = series_lock(period=period, currency=currency)
    journal_lock()
    occasion = Occasion(
        period_id=period.id,
        effective_on=period.ends_on,  # what a period earned is owed on its last day
        source_type="royalty_run",
        source_id=str(run.id),
        approval_id=run.approval_id,
    )
    holdbacks_release_due(period=period, currency=currency, occasion=occasion, actor=actor, now=now)
    drafts = statement_drafts(run)
    entries = _post_entries(run, drafts, occasion, actor, now)
    _check_balances(drafts, currency)
    holdbacks_create(run, drafts)
    statements_issue(run, drafts, series=series, entries=entries, now=now)


def _post_entries(
    run: RoyaltyRun,
    drafts: Sequence[StatementDraft],
    occasion: Occasion,
    actor: Any,
    now: datetime,
) -> list[JournalEntry]:
    pool, currency = run.pool.code, run.pool.currency
    shares = {draft.contributor_id: draft.gross_minor for draft in drafts}
    planned = [
        fee_taken(occasion, pool=pool, amount_minor=run.fee_minor, currency=currency),
        period_allocated(occasion, pool=pool, shares_minor=shares, currency=currency),
        entry_draft(occasion, Event.ADJUSTED_DOWN, _debits(drafts, pool, currency)),
        entry_draft(occasion, Event.HOLDBACK_SET_ASIDE, _kept(drafts, currency)),
        entry_draft(occasion, Event.ADVANCE_RECOUPED, _netted(drafts, "advance", currency)),
        entry_draft(occasion, Event.CLAWBACK_NETTED, _netted(drafts, "clawback", currency)),
    ]
    return [
        journal_entry_post(
            draft=draft,
            idempotency_key=f"royalty-run:{run.id}:{draft.event}",
            actor=actor,
            now=now,
        ).entry
        for draft in planned
        if draft.postings
    ]


def _debits(drafts: Iterable[StatementDraft], pool: str, currency: str) -> list[PostingDraft]:
    """What negative values owe by contract: claims on them, kept in the pool as a reserve."""
    to = account_code("pool", pool)
    return [
        move(account_code("clawback", draft.contributor_id), to, draft.debit_minor, currency)
        for draft in drafts
    ]


def _kept(drafts: Iterable[StatementDraft], currency: str) -> list[PostingDraft]:
    return [
        move(
            account_code("payable", draft.contributor_id),
            account_code("holdback", draft.contributor_id),
            amount_minor,
            currency,
        )
        for draft in drafts
        for amount_minor in (draft.held_minor, draft.holdback_minor)
    ]


def _netted(drafts: Iterable[StatementDraft], purpose: str, currency: str) -> list[PostingDraft]:
    """Advances and overpayments paid back out of what is owed."""
    column = {"advance": "recouped_minor", "clawback": "clawback_minor"}[purpose]
    return [
        move(
            account_code("payable", draft.contributor_id),
            account_code(purpose, draft.contributor_id),
            getattr(draft, column),
            currency,
        )
        for draft in drafts
    ]


def _check_balances(drafts: Iterable[StatementDraft], currency: str) -> None:
    """The other half of the statements' arithmetic: the journal owes what each one closes with."""
    owed = {
        row.party: row.held_minor for row in account_balances(purpose="payable", currency=currency)
    }
    for draft in drafts:
        assert owed.get(draft.contributor_id, 0) == draft.closing_minor, draft.code

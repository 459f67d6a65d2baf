"""Statements: numbered, issued once, final after the dispute window; their files made once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from contributors.identifiers import uuid7
from ledger.core.records import amounts_of, canonical, digest, line_records
from ledger.core.statements import StatementDraft
from ledger.errors import NotFound, StatementNotInState
from ledger.models import (
    JournalEntry,
    Period,
    RoyaltyRun,
    Statement,
    StatementLine,
    StatementSeries,
)
from ledger.selectors.openings import last_statements
from ledger.selectors.records import RunFacts, run_facts, statement_record
from ledger.services.states import state_move

# Rows of one INSERT: a statement's record is some kilobytes.
STATEMENTS_PER_INSERT = 200
State = Statement.State


def series_lock(*, period: Period, currency: str) -> StatementSeries:
    """Nobody else numbers statements of this period and currency until the transaction ends."""
    code = f"{period.code}-{currency}"
    StatementSeries.objects.bulk_create([StatementSeries(code=code)], ignore_conflicts=True)
    return StatementSeries.objects.select_for_update().get(code=code)


def statements_issue(
    run: RoyaltyRun,
    drafts: Sequence[StatementDraft],
    *,
    series: StatementSeries,
    entries: Sequence[JournalEntry],
    now: datetime,
) -> None:
    """Every draft is a statement with the next number of the series, its lines and its record.

    Inside the caller's transaction, the series and the journal locked.
    """
    previous = last_statements(run.pool.currency)
    facts = run_facts(run, entries=entries, statement_count=len(drafts), now=now)
    statements, lines = [], []
    for sequence, draft in enumerate(drafts, start=series.last_sequence + 1):
        last = previous.get(draft.contributor_id)
        statement = _statement(draft, series, sequence, facts)
        statement.previous_id = last.statement_id if last else None
        assert draft.opening_minor == (last.closing_minor if last else 0)
        statements.append(statement)
        lines += _lines(statement, draft)
    Statement.objects.bulk_create(statements, batch_size=STATEMENTS_PER_INSERT)
    StatementLine.objects.bulk_create(lines, batch_size=1_000)
    series.last_sequence += len(statements)
    series.save(update_fields=["last_sequence"])


def statement_finalise(*, statement_id: UUID, actor: Any, now: datetime) -> Statement:
    """The statement is final: its window has passed and no dispute is open. Again: nothing."""
    with transaction.atomic():
        statement = statement_locked(statement_id)
        if statement.state == State.FINAL:
            return statement
        if now <= statement.dispute_until:
            raise StatementNotInState("The statement can still be disputed.")
        statement_move(statement, State.FINAL, actor=actor, now=now)
    return statement


def statements_finalise_due(*, now: datetime, limit: int = 1_000) -> int:
    """Every statement whose window has passed undisputed is final; how many became so."""
    due = Statement.objects.filter(
        state__in=[State.ISSUED, State.RESOLVED], dispute_until__lt=now
    ).order_by("id")
    ids = list(due.values_list("id", flat=True)[:limit])
    for statement_id in ids:
        statement_finalise(statement_id=statement_id, actor=None, now=now)
    return len(ids)


def statement_locked(statement_id: UUID) -> Statement:
    statement = (
        Statement.objects.select_for_update(of=("self",))
        .select_related("period", "run__pool")
        .filter(id=statement_id)
        .first()
    )
    if statement is None:
        raise NotFound(statement_id=str(statement_id))
    return statement


def statement_move(
    statement: Statement, to_state: str, *, actor: Any, now: datetime, reason: str = ""
) -> None:
    state_move(
        statement,
        to_state,
        subject="statement",
        events=statement.events,
        actor=actor,
        now=now,
        refusal=StatementNotInState,
        reason=reason,
    )


def _statement(
    draft: StatementDraft, series: StatementSeries, sequence: int, facts: RunFacts
) -> Statement:
    number = f"{series.code}-{sequence:05d}"
    record = canonical(statement_record(draft, facts, series.code, number))
    run = facts.run
    return Statement(
        id=uuid7(),
        series=series,
        sequence=sequence,
        number=number,
        run=run,
        contributor_id=draft.contributor_id,
        period=run.pool.period,
        currency=run.pool.currency,
        line_count=len(draft.lines),
        record=record,
        record_sha256=digest(record),
        chain_seq=facts.chain_seq,
        chain_head=facts.chain_head,
        issued_at=facts.issued_at,
        dispute_until=facts.dispute_until,
        **amounts_of(draft),
    )


def _lines(statement: Statement, draft: StatementDraft) -> list[StatementLine]:
    return [
        StatementLine(
            statement=statement,
            position=line["position"],
            kind=line["kind"],
            amount_minor=line["amount_minor"],
            reference=line["reference"],
            **{f"reason_{name}": text for name, text in (line["reason"] or {}).items()},
        )
        for line in line_records(draft)
    ]

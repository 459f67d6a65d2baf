"""Statements: numbered, issued once, final after the dispute window; their files made once."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from contributors.identifiers import uuid7
from contributors.selectors import contributors_who_left
from ledger.core.bookkeeping import Event
from ledger.core.records import amounts_of, canonical, digest, line_records
from ledger.core.statements import Opening, StatementDraft, reissued_statement
from ledger.errors import NotFound, RejectionUnexplained, StatementNotInState
from ledger.models import (
    JournalEntry,
    Period,
    RoyaltyRun,
    Statement,
    StatementLine,
    StatementSeries,
)
from ledger.selectors.openings import last_statements, movements_between
from ledger.selectors.records import RunFacts, draft_of_record, run_facts, statement_record
from ledger.selectors.tax import tax_positions
from ledger.services.locks import journal_lock
from ledger.services.roles import require_role
from ledger.services.states import state_move

# Rows of one INSERT: a statement's record is some kilobytes.
STATEMENTS_PER_INSERT = 200
State = Statement.State
UNDISPUTED = (State.ISSUED, State.RESOLVED)


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
        record = statement_record(draft, facts, series.code, _number(series, sequence))
        statement = _statement(draft, series, sequence, facts, canonical(record))
        statement.previous_id = last.statement_id if last else None
        assert draft.opening_minor == (last.closing_minor if last else 0)
        statements.append(statement)
        lines += _lines(statement, draft)
    Statement.objects.bulk_create(statements, batch_size=STATEMENTS_PER_INSERT)
    StatementLine.objects.bulk_create(lines, batch_size=1_000)
    series.last_sequence += len(statements)
    series.save(update_fields=["last_sequence"])


def statement_reissue(*, statement_id: UUID, note: str, actor: Any, now: datetime) -> Statement:
    """The next version of a statement that is not final: with what happened since, and why.

    The version before is superseded and stays as it is. Only a contributor's newest statement
    of a currency can be reissued; what is later belongs on the next one.

    Raises
    ------
    StatementNotInState, RejectionUnexplained
    """
    require_role(actor, "reviewer")
    if not note.strip():
        raise RejectionUnexplained
    with transaction.atomic():
        old = statement_locked(statement_id)
        series = StatementSeries.objects.select_for_update().get(code=old.series_id)
        journal_lock()
        newest = last_statements(old.currency)[str(old.contributor_id)]
        if newest.statement_id != old.id or old.state not in UNDISPUTED:
            raise StatementNotInState(state=old.state)
        statement_move(old, State.SUPERSEDED, actor=actor, now=now, reason=note)
        return _reissue(old, series, note, now)


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
    due = Statement.objects.filter(state__in=UNDISPUTED, dispute_until__lt=now).order_by("id")
    count = 0
    for statement_id in list(due.values_list("id", flat=True)[:limit]):
        with transaction.atomic():
            statement = statement_locked(statement_id)
            if statement.state in UNDISPUTED:  # still: somebody else may have been at it
                statement_move(statement, State.FINAL, actor=None, now=now)
                count += 1
    return count


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


def _number(series: StatementSeries, sequence: int) -> str:
    return f"{series.code}-{sequence:05d}"


def _statement(
    draft: StatementDraft, series: StatementSeries, sequence: int, facts: RunFacts, record: str
) -> Statement:
    run = facts.run
    return Statement(
        id=uuid7(),
        series=series,
        sequence=sequence,
        number=_number(series, sequence),
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


def _reissue(old: Statement, series: StatementSeries, note: str, now: datetime) -> Statement:
    stated = json.loads(old.record)
    entries = JournalEntry.objects.filter(
        source_type="royalty_run", source_id=str(old.run_id)
    ).order_by("seq")
    facts = run_facts(
        old.run,
        entries=[entry for entry in entries if entry.event != Event.HOLDBACK_RELEASED],
        statement_count=stated["control"]["statement_count"],
        now=now,
    )
    draft = redraft(old, until_seq=facts.chain_seq, on=now)
    record = statement_record(draft, facts, series.code, old.number) | {
        "version": old.version + 1,
        "supersedes": {"version": old.version, "record_sha256": old.record_sha256, "why": note},
    }
    statement = _statement(draft, series, old.sequence, facts, canonical(record))
    statement.version, statement.supersedes = old.version + 1, old
    statement.previous_id = old.previous_id
    statement.save(force_insert=True)
    StatementLine.objects.bulk_create(_lines(statement, draft))
    return statement


def redraft(old: Statement, *, until_seq: int, on: datetime) -> StatementDraft:
    """The next version of a statement, with the journal up to an entry and the tax of a day."""
    party = str(old.contributor_id)
    movements = movements_between(
        party=party, currency=old.currency, after_seq=old.chain_seq, before_seq=until_seq + 1
    )
    tax = tax_positions(contributor_ids=[party], on=old.period.ends_on, known_at=on)
    return reissued_statement(
        stated=draft_of_record(json.loads(old.record)),
        opening=replace(
            tax.apply(party, Opening(movements=movements)),
            leaving=old.contributor_id in contributors_who_left(at=on),
        ),
        policy=old.run.as_policy(),
        currency=old.currency,
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

"""Statements as frozen rows, and the royalty report: the same totals, summary or itemised."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from ledger.core.records import AMOUNTS
from ledger.models import Statement, StatementLine

# Rows fetched from the database at a time while a report streams.
ROWS_PER_FETCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRecord:
    """A statement without its lines; amounts in minor units of `currency`."""

    id: UUID
    number: str
    version: int
    state: str
    contributor_id: UUID
    code: str
    run_id: UUID
    programme: str
    period: str
    earned_on: date
    issued_at: datetime
    dispute_until: datetime
    currency: str
    opening_minor: int
    paid_minor: int
    gross_minor: int
    debit_minor: int
    adjustment_minor: int
    disputed_minor: int
    held_minor: int
    holdback_minor: int
    released_minor: int
    recouped_minor: int
    clawback_minor: int
    closing_minor: int
    carried_minor: int
    due_minor: int
    withholding_minor: int
    net_minor: int
    record_sha256: str
    chain_seq: int
    chain_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLineRecord:
    """One line of a statement; `reason_*` are empty where the amount needs none."""

    position: int
    kind: str
    amount_minor: int
    reason_code: str
    reason_sentence: str
    reason_action: str
    reason_until: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One line of the itemised report: whose, when earned, when reported, how much, why."""

    number: str
    version: int
    code: str
    programme: str
    period: str
    earned_on: date
    issued_on: date
    currency: str
    position: int
    kind: str
    amount_minor: int
    reason_code: str
    reason_sentence: str
    reference: str


# What a record shows of other tables; the rest (a programme's frozen specification) costs more to
# read than the statement.
RELATED_COLUMNS = (
    "contributor__code", "period__code", "period__ends_on",
    "run__pool", "run__pool__programme", "run__pool__programme__slug",
)  # fmt: skip


def statement_list(
    *,
    user: Any,
    period: str | None = None,
    currency: str | None = None,
    contributor: str | None = None,
    run_id: UUID | None = None,
) -> Iterator[StatementRecord]:
    """The statements that this user may see, in the order they were issued. One query, streamed.

    Superseded versions are left out.
    """
    rows = report_statements(user=user, period=period, currency=currency)
    if contributor is not None:
        rows = rows.filter(contributor__code=contributor)
    if run_id is not None:
        rows = rows.filter(run_id=run_id)
    for row in rows.iterator(ROWS_PER_FETCH):
        yield statement_record(row)


def statement_line_list(statement_id: UUID) -> tuple[StatementLineRecord, ...]:
    """The lines of a statement by position. One query."""
    names = [field.name for field in fields(StatementLineRecord)]
    rows = StatementLine.objects.filter(statement_id=statement_id).order_by("position")
    return tuple(StatementLineRecord(**row) for row in rows.values(*names))


def report_statements(
    *, user: Any, period: str | None, currency: str | None
) -> QuerySet[Statement]:
    """The statements of a report, without their records."""
    rows = Statement.objects.visible_to(user).exclude(state=Statement.State.SUPERSEDED)
    if period:
        rows = rows.filter(period__code=period)
    if currency:
        rows = rows.filter(currency=currency)
    own = [field.name for field in Statement._meta.concrete_fields if field.name != "record"]
    related = ("contributor", "period", "run__pool__programme")
    return rows.select_related(*related).only(*own, *RELATED_COLUMNS).order_by("id")


def report_totals(rows: QuerySet[Statement]) -> dict[str, dict[str, int]]:
    """The sums of a report by currency, and how many statements. One query."""
    sums = {name: Sum(name) for name in AMOUNTS}
    found: Any = rows.order_by("currency").values("currency").annotate(**sums)
    return {row["currency"]: {name: int(row[name]) for name in AMOUNTS} for row in found}


def report_lines(rows: QuerySet[Statement]) -> Iterator[ReportLine]:
    """Every line of every statement of the report, streamed. One query."""
    lines = StatementLine.objects.filter(statement__in=rows.order_by()).order_by(
        "statement_id", "position"
    )
    related = (
        "statement__contributor",
        "statement__period",
        "statement__run__pool__programme",
    )
    for line in lines.select_related(*related).defer("statement__record").iterator(ROWS_PER_FETCH):
        of = line.statement
        yield ReportLine(
            number=of.number,
            version=of.version,
            code=of.contributor.code,
            programme=_programme(of),
            period=of.period.code,
            earned_on=of.period.ends_on,
            issued_on=of.issued_at.date(),
            currency=of.currency,
            position=line.position,
            kind=line.kind,
            amount_minor=line.amount_minor,
            reason_code=line.reason_code,
            reason_sentence=line.reason_sentence,
            reference=line.reference,
        )


def report_line_count(rows: QuerySet[Statement]) -> int:
    """How many lines the itemised report has. One query."""
    return int(rows.order_by().aggregate(count=Sum("line_count", default=0))["count"])


def royalty_report_rows(
    *, user: Any, period: str | None = None, currency: str | None = None
) -> Iterator[StatementRecord]:
    """The summary of a royalty report: one row for each statement, streamed. One query."""
    for row in report_statements(user=user, period=period, currency=currency).iterator(
        ROWS_PER_FETCH
    ):
        yield statement_record(row)


def statement_record(row: Statement) -> StatementRecord:
    """The row as others read it; its relations are loaded."""
    own = ("id", "number", "version", "state", "contributor_id", "run_id", "currency")
    dates = ("issued_at", "dispute_until", "record_sha256", "chain_seq", "chain_head")
    return StatementRecord(
        **{name: getattr(row, name) for name in (*own, *dates, *AMOUNTS)},
        code=row.contributor.code,
        programme=_programme(row),
        period=row.period.code,
        earned_on=row.period.ends_on,
    )


def _programme(statement: Statement) -> str:
    programme = statement.run.pool.programme
    return programme.slug if programme else ""

"""Every posting of many accounts, each account with its running balance, in one streamed query."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

ROWS_PER_FETCH = 2_000

# Each posting is a leg of two accounts.
_LEGS = """
  FROM (
    SELECT entry_id, line, debit_account_id AS account_id, credit_account_id AS other_id,
           amount_minor AS signed
    FROM ledger_posting
    UNION ALL
    SELECT entry_id, line, credit_account_id, debit_account_id, -amount_minor
    FROM ledger_posting
  ) AS leg
  JOIN ledger_journal_entry AS entry ON entry.id = leg.entry_id
  JOIN ledger_account AS account ON account.id = leg.account_id
"""
# The window runs over a whole account, then days are cut.
_LINES = f"""
SELECT code, currency, entry_id, seq, line, event, effective_on, created_at, source_type,
       source_id, counter_account, signed, running
FROM (
  SELECT account.code, account.currency, entry.id AS entry_id, entry.seq, leg.line, entry.event,
         entry.effective_on, entry.created_at, entry.source_type, entry.source_id,
         other.code AS counter_account, leg.signed,
         sum(leg.signed) OVER (
           PARTITION BY leg.account_id ORDER BY entry.effective_on, entry.seq, leg.line
         ) AS running
  {_LEGS}
  JOIN ledger_account AS other ON other.id = leg.other_id
  WHERE {{accounts}}
) AS lines
WHERE {{days}}
ORDER BY code, currency, effective_on, seq, line
"""
_COUNT = f"SELECT count(*) {_LEGS} WHERE {{accounts}} AND {{days}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFilter:
    """Which lines are wanted; the rest of the books is left out.

    starts_on, ends_on  both included; balances count from the beginning all the same
    until_seq           the last entry that counts, for a listing of one head of the chain
    """

    starts_on: date | None = None
    ends_on: date | None = None
    party: str | None = None
    account: str | None = None
    currency: str | None = None
    until_seq: int | None = None

    def sql(self, query: str) -> tuple[str, list[Any]]:
        """The query with its conditions, and their values."""
        accounts, of_accounts = _where(
            {
                "account.party = %s": self.party,
                "account.code = %s": self.account,
                "account.currency = %s": self.currency,
                "entry.seq <= %s": self.until_seq,
            }
        )
        days, of_days = _where(
            {"effective_on >= %s": _day(self.starts_on), "effective_on <= %s": _day(self.ends_on)}
        )
        return query.format(accounts=accounts, days=days), [*of_accounts, *of_days]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One posting as one of its accounts sees it."""

    account: str
    currency: str
    entry_id: UUID
    seq: int
    line: int
    event: str
    effective_on: date
    created_at: datetime
    source_type: str
    source_id: str
    counter_account: str
    amount_minor: int
    balance_minor: int


def ledger_lines(wanted: LineFilter) -> Iterator[LedgerLine]:
    """Lines by account and day, each with the balance after it, streamed. One query."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(*wanted.sql(_LINES))
        while rows := cursor.fetchmany(ROWS_PER_FETCH):
            for row in rows:
                yield _line(*row)


def ledger_line_count(wanted: LineFilter) -> int:
    """How many lines there are. One query."""
    with connection.cursor() as cursor:
        cursor.execute(*wanted.sql(_COUNT))
        return int(cursor.fetchone()[0])


def _where(conditions: dict[str, Any]) -> tuple[str, list[Any]]:
    wanted = {sql: value for sql, value in conditions.items() if value is not None}
    return " AND ".join(wanted) or "true", list(wanted.values())


def _day(day: date | None) -> date | str | None:
    if day is not None and connection.vendor == "sqlite":
        return day.isoformat()
    return day


def _line(code: str, currency: str, entry_id: Any, *rest: Any) -> LedgerLine:
    seq, line, event, effective_on, created_at, source_type, source_id, counter, *amounts = rest
    return LedgerLine(
        account=code,
        currency=currency,
        entry_id=UUID(str(entry_id)),
        seq=seq,
        line=line,
        event=event,
        # SQLite keeps days and moments as text, in UTC.
        effective_on=date.fromisoformat(str(effective_on)),
        created_at=_moment(created_at),
        source_type=source_type,
        source_id=source_id,
        counter_account=counter,
        amount_minor=int(amounts[0]),
        balance_minor=int(amounts[1]),
    )


def _moment(stored: datetime | str) -> datetime:
    """SQLite keeps moments as text in UTC, without saying so."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

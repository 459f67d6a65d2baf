"""A small set of books for tests: short ways to post through the service and through raw SQL."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, connection, transaction

from ledger.core import bookkeeping
from ledger.core.bookkeeping import EntryDraft, Occasion, PostingDraft, entry_draft, move
from ledger.models import Period
from ledger.selectors.journal import account_balances
from ledger.services.accounts import accounts_ensure
from ledger.services.journal import PostedEntry, journal_entry_post
from ledger.services.periods import period_open

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
BANK, POOL = "1000:bank:main", "2000:pool:p1"
ANN, BOB, CLEO = "2100:payable:ann", "2100:payable:bob", "2100:payable:cleo"
FEE = "4000:platform-fee"


Move = tuple[str, str, int] | tuple[str, str, int, str]


@dataclass(slots=True)
class Books:
    """Books with one open period, 2026-Q4."""

    period: Period
    keys: Any = field(default_factory=count)

    @classmethod
    def opened(cls) -> "Books":
        return cls(
            period_open(code="2026-Q4", starts_on=date(2026, 10, 1), ends_on=date(2026, 12, 31))
        )

    def occasion(self, on: date = TODAY, **fields: Any) -> Occasion:
        fields = {"source_type": "test", "source_id": "1"} | fields
        return Occasion(period_id=self.period.id, effective_on=on, **fields)

    def draft(self, *moves: Move, on: date = TODAY, **ids: Any) -> EntryDraft:
        """An entry that debits and credits: draft((BANK, POOL, 100), ...); euros unless named."""
        return entry_draft(self.occasion(on, **ids), "test", [_move(*each) for each in moves])

    def post(
        self,
        *moves: Move,
        on: date = TODAY,
        key: str = "",
    ) -> PostedEntry:
        return self.post_draft(self.draft(*moves, on=on), key=key)

    def post_draft(self, draft: EntryDraft, *, key: str = "") -> PostedEntry:
        key = key or f"test:{next(self.keys)}"
        return journal_entry_post(draft=draft, idempotency_key=key, actor=None, now=NOW)

    def fund(self, amount_minor: int = 1000, currency: str = "EUR") -> PostedEntry:
        draft = bookkeeping.pool_funded(
            self.occasion(), pool="p1", bank="main", amount_minor=amount_minor, currency=currency
        )
        return self.post_draft(draft)

    # --- raw SQL ---

    def raw_entry(
        self,
        *moves: Move,
        insert: str = "INSERT",
        **fields: Any,
    ) -> UUID:
        """An entry with its postings, in SQL, in one transaction; `fields` replace its columns."""
        entry_id = fields.pop("id", None) or uuid4()
        with transaction.atomic():
            for line, each in enumerate(moves, start=1):
                self.raw_posting(entry_id, line, *each)
            self.raw_seal(entry_id, insert=insert, **({"posting_count": len(moves)} | fields))
            check_constraints()
        return entry_id

    def raw_posting(
        self,
        entry_id: UUID,
        line: int,
        debit: str,
        credit: str,
        amount_minor: Any,
        currency: str = "EUR",
        *,
        insert: str = "INSERT",
        **fields: Any,
    ) -> None:
        accounts = accounts_ensure(
            codes=[(debit, fields.get("debit_currency", currency)), (credit, currency)], now=NOW
        )
        columns = {
            "entry_id": entry_id,
            "line": line,
            "debit_account_id": accounts[debit, fields.pop("debit_currency", currency)],
            "credit_account_id": accounts[credit, currency],
            "currency": fields.pop("posting_currency", currency),
            "amount_minor": amount_minor,
        }
        _insert("ledger_posting", columns | fields, insert)

    def raw_seal(self, entry_id: UUID, *, insert: str = "INSERT", **fields: Any) -> None:
        columns = {
            "id": entry_id,
            "event": "test",
            "period_id": self.period.id,
            "effective_on": TODAY,
            "created_at": NOW,
            "idempotency_key": f"raw:{entry_id}",
            "request_hash": "0" * 64,
            "source_type": "test",
            "source_id": "1",
            "posting_count": 1,
            "seq": 0,
            "prev_hash": "",
            "hash": "",
        }
        _insert("ledger_journal_entry", columns | fields, insert)


def balances() -> dict[str, int]:
    """Every account's balance, debits positive, without those at zero."""
    return {
        f"{each.code} {each.currency}": each.balance_minor
        for each in account_balances()
        if each.balance_minor
    }


@contextmanager
def refused(*rules: str) -> Any:
    """The database refuses, by one of these rules, and nothing of the attempt remains."""
    before = everything()
    try:
        with transaction.atomic():
            yield
            check_constraints()
    except DatabaseError as error:
        assert any(rule in str(error) for rule in rules), str(error)
    else:
        raise AssertionError(f"the database did not refuse: {rules}")
    assert everything() == before


def everything() -> tuple[list[tuple[Any, ...]], ...]:
    """All rows of the books."""
    tables = ("journal_entry", "posting", "balance", "account", "period")
    return tuple(rows(f"SELECT * FROM ledger_{table} ORDER BY 1") for table in tables)


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [_value(each) for each in values])
        return list(cursor.fetchall())


def execute(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [_value(each) for each in values])


def check_constraints() -> None:
    """The constraints that wait for the end of the transaction are judged now."""
    if connection.vendor == "postgresql":
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("SET CONSTRAINTS ALL DEFERRED")
    else:
        connection.check_constraints()


def _insert(table: str, columns: dict[str, Any], insert: str) -> None:
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    execute(f"{insert} INTO {table} ({names}) VALUES ({marks})", *columns.values())


def _value(value: Any) -> Any:
    if connection.vendor == "postgresql":
        return value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def _move(debit: str, credit: str, amount_minor: int, currency: str = "EUR") -> PostingDraft:
    return move(debit, credit, amount_minor, currency)

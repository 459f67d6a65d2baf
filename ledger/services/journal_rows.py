"""The inserts of an entry and its accounts in SQL.

Model instances and round trips would take most of the time.
"""

from typing import Any

from django.db import connection

from ledger.models import JournalEntry

# (line, debit account, credit account, currency, amount_minor)
PostingRow = tuple[int, int, int, str, int]
# (code, kind, currency, purpose, party, no_overdraft, opened_at as the database takes it)
AccountRow = tuple[str, str, str, str, str, bool, Any]
Seal = tuple[int, str, str]

_FIELDS = JournalEntry._meta.concrete_fields
_INSERT_ENTRY = f"""
INSERT INTO ledger_journal_entry ({", ".join(str(field.column) for field in _FIELDS)})
VALUES ({", ".join(["%s"] * len(_FIELDS))})"""
_POSTING = "(entry_id, line, debit_account_id, credit_account_id, currency, amount_minor)"
_INSERT_POSTING = f"INSERT INTO ledger_posting {_POSTING} VALUES (%s, %s, %s, %s, %s, %s)"
_INSERT_POSTINGS = f"""
INSERT INTO ledger_posting {_POSTING}
SELECT %s, * FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])"""

_ACCOUNT = "(code, kind, currency, purpose, party, no_overdraft, opened_at)"
_INSERT_ACCOUNT = f"INSERT INTO ledger_account {_ACCOUNT} VALUES (%s, %s, %s, %s, %s, %s, %s)"
_INSERT_ACCOUNTS = f"""
INSERT INTO ledger_account {_ACCOUNT}
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[],
                     %s::timestamptz[])"""


def insert_accounts(rows: list[AccountRow]) -> None:
    """The accounts are there, open and empty."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(_INSERT_ACCOUNT, rows)
        elif rows:
            cursor.execute(_INSERT_ACCOUNTS, [*map(list, zip(*rows, strict=True))])


def insert(entry: JournalEntry, rows: list[PostingRow]) -> Seal:
    """The postings and then the entry are written; returns its seq, prev_hash and hash."""
    if connection.vendor == "postgresql":
        return _insert_in_one_request(entry, rows)
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT_POSTING, [(entry.id.hex, *row) for row in rows])
        cursor.execute(_INSERT_ENTRY, _values(entry))
        # SQLite's RETURNING shows the row as it was before the seal.
        cursor.execute(
            "SELECT seq, prev_hash, hash FROM ledger_journal_entry WHERE id = %s", [entry.id.hex]
        )
        return _seal(cursor.fetchone())


def _insert_in_one_request(entry: JournalEntry, rows: list[PostingRow]) -> Seal:
    """Both statements travel together; psycopg allows it as Django binds values on the client."""
    sql = f"{_INSERT_POSTINGS}; {_INSERT_ENTRY} RETURNING seq, prev_hash, hash"
    columns = map(list, zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [entry.id, *columns, *_values(entry)])
        cursor.nextset()
        return _seal(cursor.fetchone())


def _values(entry: JournalEntry) -> list[Any]:
    return [field.get_db_prep_save(getattr(entry, field.attname), connection) for field in _FIELDS]


def _seal(row: tuple[Any, ...]) -> Seal:
    seq, prev_hash, own_hash = row
    return int(seq), str(prev_hash), str(own_hash)

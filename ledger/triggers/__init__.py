"""The rules that the database itself keeps: SQL beside, one folder for each vendor.

Every `*.sql` file of a vendor's folder is installed; a trigger's name begins with `ledger_`.
SQLite drops a table's triggers when a migration rebuilds the table, so they are installed
again after every migration, and a system check names each that is missing or switched off.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core import checks
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

FOLDER = Path(__file__).parent
OURS = {"contributors", "valuation", "ledger"}  # apps whose tables the triggers name
_CREATED = re.compile(r"^CREATE TRIGGER (\w+)[^;]*? ON (\w+)", re.MULTILINE)


def install(connection: BaseDatabaseWrapper) -> None:
    """Every trigger is there, as the files say, in one transaction."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _drop(connection, cursor)
        for statement in _statements(connection.vendor):
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """No trigger of ours is there: for migrations that rebuild tables, and for tests that flush."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _drop(connection, cursor)


def expected(vendor: str) -> dict[str, str]:
    """The name of every trigger the files create, with its table."""
    return dict(pair for text in _texts(vendor) for pair in _CREATED.findall(text))


def installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The name of every trigger of ours that is there and switched on, with its table."""
    queries = {
        "sqlite": "SELECT name, tbl_name FROM sqlite_master"
        " WHERE type = 'trigger' AND name LIKE 'ledger\\_%' ESCAPE '\\'",
        "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
        " WHERE tgname LIKE 'ledger\\_%' AND NOT tgisinternal AND tgenabled IN ('O', 'A')",
    }
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor])
        return dict(cursor.fetchall())


def check_triggers(
    *, app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """An error for every trigger that a migrated database lacks."""
    errors: list[checks.CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if "ledger_journal_entry" not in connection.introspection.table_names():
            continue
        missing = set(expected(connection.vendor)) - set(installed(connection))
        errors += [
            checks.Error(
                f"The trigger {name} is missing or switched off in the database {alias}.",
                hint="Find out who took it away, run manage.py migrate, then manage.py verify.",
                id="ledger.E001",
            )
            for name in sorted(missing)
        ]
    return errors


def remove_before_migrate(*, using: str, plan: list[Any], **_: Any) -> None:
    """SQLite cannot rename a rebuilt table that a trigger names, so none may be there."""
    if any(migration.app_label in OURS for migration, _ in plan):
        remove(connections[using])


def install_after_migrate(*, using: str, **_: Any) -> None:
    """Installed again wherever the tables exist."""
    tables = set(connections[using].introspection.table_names())
    if tables >= set(expected(connections[using].vendor).values()):
        install(connections[using])


def _texts(vendor: str) -> list[str]:
    return [path.read_text() for path in sorted((FOLDER / vendor).glob("*.sql"))]


def _statements(vendor: str) -> Iterator[str]:
    for text in _texts(vendor):
        if vendor == "sqlite":
            yield from _split(text)
        else:
            yield text


def _split(text: str) -> Iterator[str]:
    """The statements of a script: SQLite's driver takes one at a time."""
    statement = ""
    for line in text.splitlines(keepends=True):
        if statement or (line.strip() and not line.startswith("--")):
            statement += line
        if statement and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    assert not statement, f"unfinished statement: {statement[:80]}"


def _drop(connection: BaseDatabaseWrapper, cursor: Any) -> None:
    for name, table in installed_in_any_state(connection, cursor).items():
        on = f" ON {table}" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def installed_in_any_state(connection: BaseDatabaseWrapper, cursor: Any) -> dict[str, str]:
    """The triggers that are there, switched on or off."""
    if connection.vendor == "sqlite":
        return installed(connection)
    cursor.execute(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
        " WHERE tgname LIKE 'ledger\\_%' AND NOT tgisinternal"
    )
    return dict(cursor.fetchall())

"""The triggers are there, stay there, and are missed where they are not."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from ledger import triggers
from ledger.models import Account, Posting
from tests.ledger.journal.books import BANK, POOL, Books, execute, rows


@pytest.fixture
def books(transactional_db: None) -> Books:
    return Books.opened()


def missing() -> set[str]:
    return {error.msg.split()[2] for error in triggers.check_triggers(databases=["default"])}


def test_every_trigger_of_the_files_is_installed(db: None) -> None:
    assert set(triggers.installed(connection)) == set(triggers.expected(connection.vendor))
    assert missing() == set()


def test_a_trigger_that_is_dropped_or_switched_off_is_named_by_the_system_check(db: None) -> None:
    if connection.vendor == "postgresql":
        execute("ALTER TABLE ledger_posting DISABLE TRIGGER ledger_posting_change")
        assert missing() == {"ledger_posting_change"}
    else:
        execute("DROP TRIGGER ledger_posting_update")
        assert missing() == {"ledger_posting_update"}
    triggers.install(connection)
    assert missing() == set()


def test_triggers_survive_the_rebuild_of_a_table(books: Books) -> None:
    """SQLite rebuilds a table to alter it, and drops its triggers without a word."""
    books.fund()
    if connection.vendor == "sqlite":
        triggers.remove(connection)  # as before every migration of the ledger
        with connection.schema_editor() as editor:
            for model in (Account, Posting):
                editor._remake_table(model)
        assert missing() == set(triggers.expected("sqlite"))
    call_command("migrate", verbosity=0)
    assert missing() == set()
    with pytest.raises(DatabaseError, match="posting_is_append_only"):
        execute("DELETE FROM ledger_posting")
    keys = rows("SELECT sql FROM sqlite_master WHERE name = 'ledger_posting'") if (
        connection.vendor == "sqlite"
    ) else []  # fmt: skip
    assert all("posting_has_the_currency_of_its_debit_account" in sql for (sql,) in keys)


def test_a_flush_between_tests_leaves_every_trigger(books: Books) -> None:
    books.post((BANK, POOL, 5))
    triggers.remove(connection)
    # SQLite checks the composite keys at every statement, so no order of tables suits them.
    with connection.constraint_checks_disabled():
        call_command("flush", interactive=False, verbosity=0, allow_cascade=True)
    assert rows("SELECT count(*) FROM ledger_posting") == [(0,)]
    assert missing() == set()

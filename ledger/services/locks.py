"""The one lock of the journal: whoever posts holds it to the end of the transaction."""

from django.db import connection

# "ledger" in ASCII; the triggers take the same lock.
JOURNAL_LOCK = 119182731994482


def journal_lock() -> None:
    """Nobody else posts until this transaction ends. On SQLite its write lock does that."""
    assert connection.in_atomic_block, "the lock lasts as long as a transaction"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [JOURNAL_LOCK])

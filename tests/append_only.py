"""Tables that refuse to be emptied are emptied between transactional tests all the same."""

from collections.abc import Iterator
from functools import partial
from unittest.mock import patch

import pytest


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_triggers() -> Iterator[None]:
    """Drop the triggers before each flush; Django's post_migrate after it installs them again."""
    from django.db import connection
    from django.test import TransactionTestCase

    from ledger import triggers

    flush = TransactionTestCase._fixture_teardown
    # Cascade: knox's own token table stays in the database although its model is swapped away.
    cascading = partial(connection.ops.sql_flush, allow_cascade=True)

    def sql_flush(*args, allow_cascade: bool = False, **kwargs):  # noqa: ANN002, ANN003, ANN202
        return cascading(*args, **kwargs)

    def drop_and_flush(self: TransactionTestCase) -> None:
        triggers.remove(connection)
        # SQLite checks the composite keys at every statement, so no order of tables suits them.
        with (
            patch.object(connection.ops, "sql_flush", sql_flush),
            connection.constraint_checks_disabled(),
        ):
            flush(self)
        assert triggers.check_triggers(databases=["default"]) == []

    with patch.object(TransactionTestCase, "_fixture_teardown", drop_and_flush):
        yield

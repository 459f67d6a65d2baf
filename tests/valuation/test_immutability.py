"""What a computed run found is never changed, by raw SQL either."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

pytestmark = pytest.mark.django_db

CHANGES = {
    "a value is never changed": "UPDATE valuation_playervalue SET value = '1'",
    "a value is never deleted": "DELETE FROM valuation_playervalue",
    "history is never changed": "UPDATE valuation_runevent SET to_state = 'failed'",
    "history is never deleted": "DELETE FROM valuation_runevent",
    "a finished shard is never changed": "UPDATE valuation_shard SET seconds = 0",
    "a finished shard is never deleted": "DELETE FROM valuation_shard",
    "a run keeps its digest": "UPDATE valuation_valuationrun SET values_digest = 'x'",
    "a run keeps its seed": "UPDATE valuation_valuationrun SET seed = seed + 1",
    "a computed run does not run again": "UPDATE valuation_valuationrun SET state = 'running'",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES.keys())
def test_the_database_refuses_to_change_what_a_run_found(
    statement: str, play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities)
    start(method="exact", budget=32)
    run_queue()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

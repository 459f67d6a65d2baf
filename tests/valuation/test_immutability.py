"""What a computed run found is never changed, by raw SQL either."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from contributors.models import AuditEvent
from valuation.models import CoalitionUtility

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _somebody_was_seen(db: None) -> None:
    AuditEvent.objects.create(action="seen", at=timezone.now())


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
    "a player is never changed": "UPDATE valuation_player SET row_count = 1",
    "a player is never deleted": "DELETE FROM valuation_player",
    "a player's member is never changed": "UPDATE valuation_playermember SET weight = 1",
    "a player's member is never deleted": "DELETE FROM valuation_playermember",
    "a stored utility is never changed": "UPDATE valuation_coalitionutility SET utility = 0",
    "who did what is never changed": "UPDATE contributors_auditevent SET action = 'x'",
    "who did what is never deleted": "DELETE FROM contributors_auditevent",
    "a computed run takes no player more": """
        INSERT INTO valuation_player
            (run_id, "index", key, label, data_digest, row_count, batch_ids)
        SELECT run_id, 99, 'mallory', 'mallory', data_digest, row_count, batch_ids
        FROM valuation_player WHERE "index" = 0""",
    "a computed run takes no member more": """
        INSERT INTO valuation_playermember
            (player_id, contributor_id, code, row_count, first_accepted_at, weight)
        SELECT other.id, member.contributor_id, 'mallory', 1, member.first_accepted_at, 1
        FROM valuation_playermember AS member
        JOIN valuation_player AS own ON own.id = member.player_id AND own."index" = 0
        JOIN valuation_player AS other ON other.run_id = own.run_id AND other."index" = 1""",
}
REPLACED = (
    *("valuation_player", "valuation_playermember", "valuation_playervalue", "valuation_runevent"),
    *("valuation_shard", "valuation_valuationrun", "contributors_auditevent"),
)


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES.keys())
def test_the_database_refuses_to_change_what_a_run_found(
    statement: str, play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities)
    start(method="exact", budget=32)
    run_queue()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no INSERT OR REPLACE")
@pytest.mark.parametrize("table", REPLACED)
def test_a_client_without_our_settings_replaces_nothing(
    table: str, play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities)
    start(method="exact", budget=32)
    run_queue()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers = OFF")
        try:
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        finally:
            cursor.execute("PRAGMA recursive_triggers = ON")


def test_the_first_to_store_a_coalition_is_believed(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities)
    start(method="exact", budget=32)
    run_queue()
    first = CoalitionUtility.objects.first()
    again = CoalitionUtility(
        game_id=first.game_id, digest=first.digest, utility=first.utility + 1, untrainable=False
    )
    CoalitionUtility.objects.bulk_create([again], ignore_conflicts=True)
    kept = CoalitionUtility.objects.get(game_id=first.game_id, digest=first.digest)
    assert kept.utility == first.utility

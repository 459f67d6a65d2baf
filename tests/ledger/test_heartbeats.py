"""Who works, who fell silent, who stopped of their own accord."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.models import WorkerHeartbeat
from ledger.selectors.operations import SILENT_AFTER, operations_get
from ledger.services.heartbeats import heartbeat_record, heartbeat_remove

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def beat(name: str, *, at: datetime) -> None:
    heartbeat_record(name=name, started_at=NOW - timedelta(days=2), now=at)


def silent(at: datetime) -> dict[str, bool]:
    return {worker.name: worker.is_silent for worker in operations_get(now=at).workers}


def test_a_worker_that_beats_works_and_one_that_does_not_is_silent():
    beat("host:1", at=NOW)
    beat("host:2", at=NOW)
    later = NOW + SILENT_AFTER + timedelta(seconds=1)
    beat("host:2", at=later)
    assert silent(later) == {"host:1": True, "host:2": False}


def test_a_worker_keeps_its_start_through_all_its_beats():
    beat("host:1", at=NOW)
    heartbeat_record(name="host:1", started_at=NOW, now=NOW + timedelta(seconds=10))
    assert WorkerHeartbeat.objects.get().started_at == NOW - timedelta(days=2)


def test_a_worker_that_stops_leaves_no_row():
    beat("host:1", at=NOW)
    heartbeat_remove(name="host:1")
    assert silent(NOW) == {}


def test_the_long_dead_are_forgotten():
    beat("host:1", at=NOW - timedelta(days=1, seconds=1))
    beat("host:2", at=NOW)
    assert silent(NOW) == {"host:2": False}


def test_the_state_costs_five_queries_however_many_workers_there_are(
    django_assert_num_queries,
):
    for number in range(20):
        beat(f"host:{number}", at=NOW)
    with django_assert_num_queries(5):
        operations_get(now=NOW)

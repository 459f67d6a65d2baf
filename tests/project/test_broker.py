"""The embedded queue, without a worker: leases, deaths, retries, locks, full disks."""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dramatiq
import pytest
from dramatiq.errors import BrokerConnectionError

from ledger.project.broker import LeaseBroker, LeaseConsumer

LEASE_S = 0.6


@pytest.fixture
def broker(tmp_path: Path) -> LeaseBroker:
    broker = LeaseBroker(path=str(tmp_path / "queue.sqlite3"), lease_s=LEASE_S, middleware=[])
    broker.declare_queue("work")
    return broker


@pytest.fixture
def ann(broker: LeaseBroker) -> Iterator[LeaseConsumer]:
    consumer = broker.consume("work", prefetch=1, timeout=50)
    yield consumer
    consumer.close()


@pytest.fixture
def bob(broker: LeaseBroker) -> Iterator[LeaseConsumer]:
    consumer = broker.consume("work", prefetch=10, timeout=50)
    yield consumer
    consumer.close()


def message(number: int = 0, **options: object) -> dramatiq.Message:
    return dramatiq.Message(
        queue_name="work", actor_name="add", args=(number,), kwargs={}, options=dict(options)
    )


def waiting(broker: LeaseBroker) -> int:
    return sum(backlog.live for backlog in broker.backlog())


def taken_within(consumer: LeaseConsumer, seconds: float) -> dramatiq.MessageProxy | None:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if (found := next(consumer)) is not None:
            return found
    return None


def test_messages_come_in_the_order_they_were_sent(broker, bob):
    sent = [broker.enqueue(message(number)).message_id for number in range(5)]
    assert [next(bob).message_id for _ in range(5)] == sent


def test_an_acknowledged_message_is_gone(broker, ann):
    broker.enqueue(message())
    ann.ack(next(ann))
    assert waiting(broker) == 0


def test_a_leased_message_is_given_to_nobody_else(broker, ann, bob):
    broker.enqueue(message())
    assert next(ann) is not None
    assert next(bob) is None


def test_a_consumer_holds_no_more_than_its_prefetch(broker, ann):
    broker.enqueue(message(1))
    broker.enqueue(message(2))
    assert next(ann) is not None
    assert next(ann) is None


def test_a_lease_is_renewed_while_the_work_takes_longer_than_it(broker, ann, bob):
    broker.enqueue(message())
    held = next(ann)
    assert taken_within(bob, 3 * LEASE_S) is None
    ann.ack(held)
    assert waiting(broker) == 0


def test_a_lease_survives_work_that_does_not_let_python_breathe(broker, ann, bob):
    broker.enqueue(message())
    held = next(ann)
    ends_at = time.monotonic() + 2 * LEASE_S
    while time.monotonic() < ends_at:
        sum(range(1000))
    assert next(bob) is None
    ann.ack(held)


def test_a_consumer_whose_clock_stands_still_loses_its_lease(broker, ann, bob):
    broker.enqueue(message())
    held = next(ann)
    ann.closed.set()  # nothing renews any more, as in a stopped process
    again = taken_within(bob, 3 * LEASE_S)
    assert again is not None and again.message_id == held.message_id


def test_an_acknowledgement_after_the_lease_was_lost_changes_nothing(broker, ann, bob):
    broker.enqueue(message())
    late = next(ann)
    ann.closed.set()
    again = taken_within(bob, 3 * LEASE_S)
    ann.ack(late)
    assert waiting(broker) == 1
    bob.ack(again)
    assert waiting(broker) == 0


def test_a_retry_sent_under_the_same_id_outlives_the_acknowledgement_of_the_first(broker, bob):
    broker.enqueue(message(1))
    first = next(bob)
    broker.enqueue(first._message.copy(options={"retries": 1}))
    second = next(bob)
    bob.ack(first)
    assert waiting(broker) == 1
    assert second.options["retries"] == 1
    bob.ack(second)
    assert waiting(broker) == 0


def test_a_delayed_message_waits(broker, ann):
    broker.enqueue(message(), delay=200)
    assert next(ann) is None
    assert taken_within(ann, 2) is not None


def test_a_failed_message_lies_among_the_dead(broker, ann):
    broker.enqueue(message())
    ann.nack(next(ann))
    assert [(backlog.live, backlog.dead) for backlog in broker.backlog()] == [(0, 1)]
    assert next(ann) is None


def test_what_a_stopped_worker_gives_back_is_free_at_once(broker, ann, bob):
    broker.enqueue(message())
    ann.requeue([next(ann)])
    assert next(bob) is not None


def test_a_closed_consumer_gives_everything_back(broker, bob):
    consumer = broker.consume("work", prefetch=1, timeout=50)
    broker.enqueue(message())
    assert next(consumer) is not None
    consumer.close()
    consumer.close()
    assert next(bob) is not None


def take_and_sleep(path: str) -> None:
    broker = LeaseBroker(path=path, lease_s=600, middleware=[])
    broker.declare_queue("work")
    consumer = broker.consume("work", prefetch=1, timeout=5000)
    next(consumer)
    Path(f"{path}.taken").touch()
    time.sleep(600)


@pytest.mark.faults
def test_the_message_of_a_killed_process_is_free_long_before_its_lease_ends(broker, bob):
    broker.enqueue(message())
    process = multiprocessing.get_context("spawn").Process(
        target=take_and_sleep, args=(str(broker.path),)
    )
    process.start()
    while not Path(f"{broker.path}.taken").exists():
        assert process.is_alive()
        time.sleep(0.05)
    assert next(bob) is None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert taken_within(bob, 10) is not None


def test_two_consumers_never_hold_the_same_message(broker):
    for number in range(200):
        broker.enqueue(message(number))
    seen: list[str] = []

    def consume() -> None:
        consumer = broker.consume("work", prefetch=3, timeout=50)
        while (found := next(consumer)) is not None:
            seen.append(found.message_id)
            consumer.ack(found)
        consumer.close()

    threads = [threading.Thread(target=consume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 200


def test_a_full_disk_is_told_to_who_sends_and_loses_nothing_sent_before(broker, ann):
    broker.enqueue(message(1))
    pages = broker.connection().execute("PRAGMA page_count").fetchone()[0]
    broker.connection().execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(BrokerConnectionError, match="full"):
        for _ in range(20):
            broker.enqueue(dramatiq.Message("work", "add", ("x" * 4000,), {}, {}))
    kept = waiting(broker)
    broker.connection().execute("PRAGMA max_page_count = 1000000")
    broker.enqueue(message(2))
    assert waiting(broker) == kept + 1
    assert next(ann).args == (1,)


def test_a_file_that_stays_locked_is_a_connection_error(broker, monkeypatch):
    monkeypatch.setattr("ledger.project.broker.LOCK_PAUSES_S", (0.01,))
    broker.connection().execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(broker.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BrokerConnectionError):
        broker.enqueue(message())
    other.execute("ROLLBACK")
    other.close()


def test_a_queue_nobody_declared_cannot_be_consumed(broker):
    with pytest.raises(dramatiq.QueueNotFound):
        broker.consume("absent")

"""One machine: whatever is killed, stopped, doubled or dropped, the values keep every bit."""

import os
import signal
import sqlite3

import pytest

from tests.conftest import in_ci
from tests.faults.system import SHARDS, System, report

pytestmark = pytest.mark.faults
KILLS = 20
STOPS_WITHIN_S = 120  # a worker ends its shard first; on a busy machine that takes a while


def test_twenty_killed_workers_change_no_bit_and_redo_only_what_they_held(
    embedded: System, undisturbed: str
):
    embedded.step("start")
    embedded.start("schedule")
    worker = embedded.start("work")
    while len(embedded.killed) < KILLS and embedded.run_state()[0] != "computed":
        embedded.wait_work(done=len(embedded.killed) % 3 > 0)
        embedded.kill(worker, "worker")
        worker = embedded.start("work")
    embedded.start("work")
    assert embedded.wait_computed() == undisturbed
    shards = embedded.query(SHARDS)
    again = sum(attempts for _, attempts in shards) - len(shards)
    report("Embedded queue", embedded, f"values of {len(shards)} shards, {again} done again")
    assert len(embedded.killed) == KILLS
    assert again <= KILLS


@in_ci
def test_a_killed_supervisor_leaves_nothing_running_and_its_successor_finishes(
    embedded: System, undisturbed: str
):
    embedded.step("start")
    for _ in range(3):
        port = str(30_000 + os.getpid() % 10_000 + len(embedded.killed))
        master = embedded.start("serve", "--bind", f"127.0.0.1:{port}", "--processes", "2")
        embedded.wait_work()
        embedded.kill(master, "supervisor")
    workers = [embedded.start("work"), embedded.start("schedule")]
    assert embedded.wait_computed() == undisturbed
    report("Supervisor", embedded, "values")
    assert all(worker.poll() is None for worker in workers)


@in_ci
def test_doubled_and_dropped_messages_change_nothing(embedded: System, undisturbed: str):
    embedded.step("start")
    queue = sqlite3.connect(embedded.folder / "queue.sqlite3", isolation_level=None)
    double = """
        INSERT INTO message (id, queue, body, due_ms)
        SELECT id || ?, queue, body, due_ms FROM message WHERE length(id) < 60 LIMIT 20
    """
    for copy in range(5):
        queue.execute(double, (f"-{copy}",))
    embedded.start("work")
    embedded.start("schedule")
    for copy in range(4):
        embedded.wait_work()
        queue.execute(double, (f"+{copy}",))
        embedded.wait_work()
        queue.execute("DELETE FROM message")
    assert embedded.wait_computed() == undisturbed
    queue.close()
    assert embedded.shards_done() == len(embedded.query(SHARDS))


@in_ci
def test_a_worker_that_slept_through_its_leases_wakes_to_no_harm(
    embedded: System, undisturbed: str
):
    embedded.step("start")
    sleeper = embedded.start("work")
    embedded.wait_work()
    embedded.put_to_sleep(sleeper)
    embedded.killed.append("clock of a worker")
    embedded.start("work")
    embedded.start("schedule")
    assert embedded.wait_computed() == undisturbed
    os.kill(sleeper.pid, signal.SIGCONT)
    sleeper.terminate()
    sleeper.wait(STOPS_WITHIN_S)
    assert embedded.run_state() == ("computed", undisturbed)
    report("Sleeper", embedded, "values, before and after it woke")


def test_payment_killed_at_any_moment_posts_everything_exactly_once(
    embedded: System, undisturbed: str, tmp_path
):
    embedded.step("start")
    embedded.start("work")
    embedded.wait_computed()
    embedded.stop()
    whole = embedded.copy_to(tmp_path / "whole")
    whole.step("pay")
    for number in range(8):
        payment = embedded.step_begin("pay")
        entries = "SELECT count(*) FROM ledger_journal_entry"
        statements = "SELECT count(*) FROM ledger_statement"
        # A process takes seconds to start; then each look lets it come a little further.
        before = embedded.query(entries) + embedded.query(statements)
        looks = 0
        while payment.poll() is None and looks < number * 3:
            looks += embedded.query(entries) + embedded.query(statements) != before or number < 4
        if payment.poll() is None:
            payment.kill()
            embedded.killed.append("payment")
        payment.communicate()
    embedded.step("pay")
    books = embedded.step("books")
    report("Payment", embedded, f"{books['postings']} postings, {books['statements']} statements")
    assert books == whole.step("books")

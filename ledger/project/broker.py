"""The embedded queue: one SQLite file, for one machine, that survives kill -9.

A consumer *leases* a message: it is invisible to others until the lease runs
out, is renewed while the consumer lives, and is deleted when the work is done.
Two things end a lease early: the consumer gives it back, or its process is dead,
which others see because the operating system drops its lock on a small file.

Every lease has a number of its own (`delivery`). Only who holds the current
number can acknowledge, so one that slept through its lease changes nothing.
"""

import fcntl
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from dramatiq.broker import Broker, Consumer, MessageProxy
from dramatiq.common import current_millis
from dramatiq.errors import BrokerConnectionError, QueueNotFound
from dramatiq.message import Message

T = TypeVar("T")

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    body BLOB NOT NULL,
    due_ms INTEGER NOT NULL,
    leased_until_ms INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    delivery INTEGER NOT NULL DEFAULT 0,
    dead_at_ms INTEGER
);
CREATE INDEX IF NOT EXISTS message_next ON message (queue, dead_at_ms, due_ms, leased_until_ms);
CREATE INDEX IF NOT EXISTS message_owner ON message (owner) WHERE owner IS NOT NULL;
"""
# A message sent again under its id (a retry) replaces the first and ends its lease.
PUT = """
INSERT INTO message (id, queue, body, due_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET queue = excluded.queue, body = excluded.body,
    due_ms = excluded.due_ms, leased_until_ms = 0, owner = NULL, dead_at_ms = NULL,
    delivery = delivery + 1
"""
TAKE = """
UPDATE message SET leased_until_ms = ?, owner = ?, delivery = delivery + 1
WHERE seq IN (
    SELECT seq FROM message
    WHERE queue = ? AND dead_at_ms IS NULL AND due_ms <= ? AND leased_until_ms < ?
    ORDER BY due_ms, seq LIMIT ?
)
RETURNING seq, delivery, body
"""
RENEW = "UPDATE message SET leased_until_ms = ? WHERE owner = ?"
RELEASE = "UPDATE message SET leased_until_ms = 0, owner = NULL WHERE owner = ?"
GIVE_BACK = """
UPDATE message SET leased_until_ms = 0, owner = NULL WHERE seq = ? AND delivery = ?
"""
DONE = "DELETE FROM message WHERE seq = ? AND delivery = ?"
BURY = """
UPDATE message SET dead_at_ms = ?, leased_until_ms = 0, owner = NULL WHERE seq = ? AND delivery = ?
"""
NEXT = """
SELECT 1 FROM message
WHERE queue = ? AND dead_at_ms IS NULL AND due_ms <= ? AND leased_until_ms < ? LIMIT 1
"""
LONG_DEAD = "SELECT 1 FROM message WHERE dead_at_ms < ? LIMIT 1"
FORGET_DEAD = "DELETE FROM message WHERE dead_at_ms < ?"
BACKLOG = """
SELECT queue, count(*) FILTER (WHERE dead_at_ms IS NULL),
    count(*) FILTER (WHERE dead_at_ms IS NOT NULL),
    coalesce(max(0, ? - min(due_ms) FILTER (WHERE dead_at_ms IS NULL)), 0)
FROM message GROUP BY queue ORDER BY queue
"""

DEATH_SEEN_S = 1.0  # after which the messages of a killed process go to another
IDLE_S = 0.1  # between two looks into an empty queue; a look costs about 30 microseconds
LOCK_WAIT_S = 30  # a writer holds the file for a millisecond, or one flush of a slow disk
LOCK_PAUSES_S = (0.05, 0.2, 1.0)  # SQLite reports some locks at once, without LOCK_WAIT_S
DEAD_KEPT_MS = 7 * 24 * 3600 * 1000  # a week to look at what failed


@dataclass(frozen=True, slots=True)
class QueueBacklog:
    """What lies in one queue: waiting and leased, dead, and how long the oldest has been due."""

    queue: str
    live: int
    dead: int
    oldest_age_ms: int


class LeaseBroker(Broker):
    """Dramatiq's broker on one SQLite file.

    Parameters
    ----------
    path : the file; made with its folder where missing
    lease_s : seconds without a sign of life after which a message is given to another
    """

    def __init__(
        self, *, path: str, lease_s: float = 30, middleware: list[Any] | None = None
    ) -> None:
        super().__init__(middleware=middleware)
        self.path = Path(path)
        self.lease_ms = round(lease_s * 1000)
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection; one inherited over a fork is never used."""
        if getattr(self._local, "pid", None) != os.getpid():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._local.connection = opened(self.path)
            self._local.pid = os.getpid()
        connection: sqlite3.Connection = self._local.connection
        return connection

    def write(
        self, statement: str, parameters: tuple[Any, ...], *, synced: bool = False
    ) -> list[Any]:
        """Run one statement in its own transaction and return its rows.

        The commit waits for the disk only where it is asked to, since it holds the lock
        meanwhile. What a power cut takes back otherwise is a lease, whose holder is dead then,
        or an acknowledgement, and a message that comes again finds its row done.
        """
        connection = self.connection()

        def attempt() -> list[Any]:
            connection.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            with immediate(connection):
                return connection.execute(statement, parameters).fetchall()

        return patiently(attempt)

    def read(self, statement: str, parameters: tuple[Any, ...]) -> list[Any]:
        """Return the rows of a question; it waits for nobody."""
        return patiently(lambda: self.connection().execute(statement, parameters).fetchall())

    def declare_queue(self, queue_name: str) -> None:
        """Make the queue known to workers of this process; it needs no row."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = True
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Once this returns, the message is on disk; it is due after `delay` milliseconds."""
        self.emit_before("enqueue", message, delay)
        due_ms = current_millis() + (delay or 0)
        row = (message.message_id, message.queue_name, message.encode(), due_ms)
        self.write(PUT, row, synced=True)
        self.emit_after("enqueue", message, delay)
        return message

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 1000) -> "LeaseConsumer":
        """Return an iterator over the messages of one queue."""
        if queue_name not in self.queues:
            raise QueueNotFound(queue_name)  # type: ignore[no-untyped-call]
        return LeaseConsumer(self, queue_name, prefetch=prefetch, timeout_s=timeout / 1000)

    def flush(self, queue_name: str) -> None:
        """Forget every message of a queue."""
        self.write("DELETE FROM message WHERE queue = ?", (queue_name,))

    def flush_all(self) -> None:
        """Forget every message."""
        self.write("DELETE FROM message", ())

    def join(self, queue_name: str, *, timeout: int | None = None) -> None:
        """Return once the queue holds nothing that is not dead."""
        ends_at = time.monotonic() + (timeout or 10**9) / 1000
        statement = "SELECT 1 FROM message WHERE queue = ? AND dead_at_ms IS NULL LIMIT 1"
        while self.read(statement, (queue_name,)):
            if time.monotonic() > ends_at:
                raise TimeoutError(f"queue {queue_name} still holds messages")
            time.sleep(IDLE_S)

    def backlog(self) -> list[QueueBacklog]:
        """Return what lies in each queue."""
        return [QueueBacklog(*row) for row in self.read(BACKLOG, (current_millis(),))]

    def alive_path(self, owner: str) -> Path:
        """Return the file that is locked as long as the owner's process lives."""
        return self.path.with_name(f"{self.path.name}-owners") / owner


class LeasedMessage(MessageProxy):
    """A message and the lease under which it was taken."""

    def __init__(self, message: Message[Any], *, seq: int, delivery: int) -> None:
        super().__init__(message)
        self.lease = (seq, delivery)


class LeaseConsumer(Consumer):
    """Takes messages of one queue; a thread of its own renews what was taken."""

    def __init__(
        self, broker: LeaseBroker, queue_name: str, *, prefetch: int, timeout_s: float
    ) -> None:
        self.broker = broker
        self.queue_name = queue_name
        self.prefetch = prefetch
        self.timeout_s = timeout_s
        self.owner = uuid.uuid4().hex
        self.held: set[tuple[int, int]] = set()
        self.taken: list[LeasedMessage] = []
        self.closed = threading.Event()
        self.freed = threading.Event()
        self.alive = locked_file(broker.alive_path(self.owner))
        self.keeper = threading.Thread(target=self.keep, name="leases", daemon=True)
        self.keeper.start()

    def keep(self) -> None:
        """Renew our leases three times in their length; free what the dead held."""
        renewed_at = time.monotonic()
        renew_after_s = self.broker.lease_ms / 3000
        while not self.closed.wait(min(DEATH_SEEN_S, renew_after_s)):
            try:
                self.release_dead()
                if time.monotonic() - renewed_at >= renew_after_s:
                    renewed_at = time.monotonic()
                    self.renew()
            except BrokerConnectionError:  # a full disk, say: the next look may fare better
                self.broker.logger.exception("The leases were not renewed.")

    def renew(self) -> None:
        """Everything we hold stays ours for another lease; the long dead are forgotten."""
        now = current_millis()
        if self.held:
            self.broker.write(RENEW, (now + self.broker.lease_ms, self.owner))
        if self.broker.read(LONG_DEAD, (now - DEAD_KEPT_MS,)):
            self.broker.write(FORGET_DEAD, (now - DEAD_KEPT_MS,))

    def release_dead(self) -> None:
        """What was leased by a process that is gone is free at once."""
        for path in self.broker.alive_path("").iterdir():
            if path.name != self.owner and is_unlocked(path):
                self.broker.write(RELEASE, (path.name,))
                path.unlink(missing_ok=True)

    def __next__(self) -> MessageProxy | None:
        """Return the next message, or None after a pause in which none came."""
        ends_at = time.monotonic() + self.timeout_s
        while not self.taken:
            self.take()
            left_s = ends_at - time.monotonic()
            if not self.taken and left_s <= 0:
                return None
            if not self.taken:
                self.freed.wait(min(IDLE_S, left_s))
                self.freed.clear()
        return self.taken.pop(0)

    def take(self) -> None:
        """Lease as many messages as we may still hold; an empty queue is only read."""
        room = self.prefetch - len(self.held)
        now = current_millis()
        if room <= 0 or not self.broker.read(NEXT, (self.queue_name, now, now)):
            return
        until = now + self.broker.lease_ms
        rows = self.broker.write(TAKE, (until, self.owner, self.queue_name, now, now, room))
        for seq, delivery, body in sorted(rows):
            message = LeasedMessage(Message.decode(body), seq=seq, delivery=delivery)
            self.held.add(message.lease)
            self.taken.append(message)

    def settle(self, statement: str, message: MessageProxy, *first: Any) -> None:
        """Let a message go, if the lease is still the one we took it under."""
        assert isinstance(message, LeasedMessage)
        self.broker.write(statement, (*first, *message.lease))
        self.held.discard(message.lease)
        self.freed.set()

    def ack(self, message: MessageProxy) -> None:
        """The work is done: the message is gone."""
        self.settle(DONE, message)

    def nack(self, message: MessageProxy) -> None:
        """The work failed for good: the message lies among the dead for a week."""
        self.settle(BURY, message, current_millis())

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Others may take these at once."""
        for message in messages:
            self.settle(GIVE_BACK, message)

    def close(self) -> None:
        """Give everything back and stop renewing."""
        if self.closed.is_set():
            return
        self.closed.set()
        self.keeper.join()
        self.broker.write(RELEASE, (self.owner,))
        self.broker.alive_path(self.owner).unlink(missing_ok=True)
        os.close(self.alive)


def opened(path: Path) -> sqlite3.Connection:
    """Return a connection to the file, with the table in place."""
    connection = sqlite3.connect(
        path, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False
    )
    patiently(lambda: connection.execute("PRAGMA journal_mode=WAL"))
    patiently(lambda: connection.executescript(SCHEMA))
    return connection


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """Take the write lock before reading, so that what was read is still true when written."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has already rolled back
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def patiently(attempt: Callable[[], T]) -> T:
    """Try again while another process holds the file.

    What still fails (a full disk, say) is raised as Dramatiq's connection error, upon
    which its workers wait and try again instead of giving up.
    """
    for pause_s in LOCK_PAUSES_S:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise BrokerConnectionError(str(error)) from error  # type: ignore[no-untyped-call]
            time.sleep(pause_s)
    raise BrokerConnectionError("the queue stayed locked")  # type: ignore[no-untyped-call]


def locked_file(path: Path) -> int:
    """Return the descriptor of a new file, locked until this process closes it or dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.exists():
            return descriptor
        os.close(descriptor)  # another process took it for a dead one's before it was locked


def is_unlocked(path: Path) -> bool:
    """Whether nobody alive holds the file; a file just removed is left to who removed it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True

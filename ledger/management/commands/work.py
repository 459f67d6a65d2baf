"""manage.py work: one worker process, one thread, until SIGTERM."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

import dramatiq
from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django.utils.module_loading import module_has_submodule

from contributors.services.rows import rows_sweep
from ledger.selectors.operations import BEAT_EVERY
from ledger.services.heartbeats import heartbeat_record, heartbeat_remove

SHUTDOWN_WITHIN_MS = 30_000  # a shard takes a few seconds; one cut off is done again elsewhere
LOOK_S = 0.2
SWEEP_S = 60.0  # after which rows erased elsewhere are gone from this machine as well


class Command(BaseCommand):
    help = "Do queued work in this process, one message at a time; run one per core."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queues", nargs="*", help="these queues only; all by default")

    def handle(self, *, queues: list[str] | None, **options: Any) -> None:
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: stopping.append(received))
        broker = dramatiq.get_broker()
        broker.emit_after("process_boot")
        load_actors()
        worker = dramatiq.Worker(broker, queues=set(queues or ()), worker_threads=1)
        # Nothing is fetched ahead: a message that waits behind a long shard here
        # could be worked on elsewhere.
        worker.queue_prefetch = 1
        worker.start()
        live_until(stopping)
        worker.stop(timeout=SHUTDOWN_WITHIN_MS)
        broker.close()
        sys.stderr.flush()
        os._exit(0)  # a thread still inside a numeric library must not hold the exit up


def live_until(stopping: list[int]) -> None:
    """Give a sign of life now and then, and clear up, until a signal comes.

    A database that does not answer is no reason to stop: the work says so itself.
    """
    name, started_at = f"{socket.gethostname()}:{os.getpid()}", timezone.now()
    beat = partial(heartbeat_record, name=name, started_at=started_at)
    every_s: dict[Callable[..., None], float] = {
        beat: BEAT_EVERY.total_seconds(),
        rows_sweep: SWEEP_S,
    }
    due_at = dict.fromkeys(every_s, 0.0)
    while not stopping:
        for duty in [duty for duty, at in due_at.items() if at <= time.monotonic()]:
            due_at[duty] = time.monotonic() + every_s[duty]
            close_old_connections()
            with suppress(DatabaseError):
                duty(now=timezone.now())
        time.sleep(LOOK_S)
    with suppress(DatabaseError):
        heartbeat_remove(name=name)


def load_actors() -> None:
    """Every app's actors are known to the queue."""
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "actors"):
            import_module(f"{app.name}.actors")

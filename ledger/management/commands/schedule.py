"""manage.py schedule: does what recurs, until SIGTERM. Two schedulers do no harm."""

import signal
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils.module_loading import import_string

LOOK_S = 0.2
# Sweep and seconds between two. Each looks for rows left behind or due, and finds each once.
# They run here: short as they are, a queue that stands still must not fill up with them.
SWEEPS = {
    "valuation.actors.resume_valuation_runs": 15,
    "valuation.actors.resume_answers": 300,
    "contributors.actors.resume_batches": 60,
    "ledger.actors.resume_statement_files": 600,
    "ledger.actors.finalise_statements": 600,
    "ledger.actors.release_holdbacks": 3600,
}
CLEARING = "clear_expired"
DAY_S = 24 * 3600


class Command(BaseCommand):
    help = "Do what recurs: sweeps that pick up what a lost message left behind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do each once and end")

    def handle(self, *, once: bool, **options: Any) -> None:
        """A failure ends the scheduler: who supervises it starts it again, a little later."""
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: stopping.append(received))
        every_s = {**SWEEPS, CLEARING: DAY_S}
        due_at = dict.fromkeys(every_s, time.monotonic())
        while not stopping:
            for name in [name for name, at in due_at.items() if at <= time.monotonic()]:
                due_at[name] = time.monotonic() + every_s[name]
                recur(name)
            if once:
                return
            close_old_connections()  # as after a request: a restarted database is met anew
            time.sleep(LOOK_S)


def recur(name: str) -> None:
    """Do one recurring thing in this process."""
    if name == CLEARING:
        call_command(CLEARING, verbosity=0)
    else:
        import_string(name).fn()

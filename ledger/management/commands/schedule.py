"""manage.py schedule: sends what recurs, until SIGTERM. Two schedulers do no harm."""

import logging
import signal
import time
from typing import Any

import dramatiq
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from django.utils.module_loading import import_string
from dramatiq.errors import BrokerConnectionError

logger = logging.getLogger(__name__)

LOOK_S = 0.2
DAY_S = 24 * 3600
# Actor and seconds between two messages. Each looks for rows left behind and nudges them.
RECURRING = {
    "valuation.actors.resume_valuation_runs": 15,
}
CLEARING = "clear_expired"  # short, so done here rather than by a worker


class Command(BaseCommand):
    help = "Send recurring work: sweeps that pick up what a lost message left behind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send each once and end")

    def handle(self, *, once: bool, **options: Any) -> None:
        stopping: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: stopping.append(received))
        every_s = {**RECURRING, CLEARING: DAY_S}
        due_at = dict.fromkeys(every_s, time.monotonic())
        while not stopping:
            for name in [name for name, at in due_at.items() if at <= time.monotonic()]:
                due_at[name] = time.monotonic() + every_s[name]
                if name == CLEARING:
                    clear()
                else:
                    send(import_string(name), every_s=every_s[name])
            if once:
                return
            time.sleep(LOOK_S)


def send(actor: "dramatiq.Actor[Any, Any]", *, every_s: int) -> None:
    """Send one message that is worth nothing once the next one is sent."""
    try:
        actor.send_with_options(max_age=every_s * 1000)
    except BrokerConnectionError:
        logger.warning("The queue does not answer.", extra={"actor": actor.actor_name})


def clear() -> None:
    """What has expired is removed, or at least tried again tomorrow."""
    try:
        call_command(CLEARING, verbosity=0)
    except DatabaseError:
        logger.exception("Nothing expired was removed.")

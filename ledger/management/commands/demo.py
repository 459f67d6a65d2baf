"""manage.py demo: real data, real workers, and who is owed what."""

import logging
import os
import signal
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from ledger.management.demo import printout
from ledger.management.demo.flights import flights_ensure
from ledger.management.demo.money import royalties_ensure
from ledger.management.demo.payouts import payout_ensure, payout_line
from ledger.management.demo.people import people_ensure
from ledger.management.demo.runs import flights_run, speeches_runs
from ledger.management.demo.speeches import speeches_ensure
from ledger.management.demo.work import wait_for, workers


class Command(BaseCommand):
    help = "Load two programmes of real data, value and pay them, print it, serve the site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="stop after the printout")
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address:port of the site")

    def handle(self, *, no_serve: bool, bind: str, **options: Any) -> None:
        # The printed log-ins have no second factor; everywhere else the setting stays on.
        os.environ["MFA_REQUIRED"] = "0"
        settings.MFA_REQUIRED = False
        # A terminated demo leaves no worker behind: the exit unwinds through what ends them.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        started = time.perf_counter()
        if "LOG_LEVEL" not in os.environ:
            logging.disable(logging.INFO)  # what is printed is for a newcomer to read
        call_command("migrate", verbosity=0)
        self.play(bind)
        logging.disable(logging.NOTSET)
        self.stdout.write(f"\nDone in {time.perf_counter() - started:.1f} s.")
        if not no_serve:
            call_command("serve", bind=bind)

    def play(self, bind: str) -> None:
        """Load, value, and pay; whatever was done before is found and left."""
        people, now = people_ensure(), timezone.now()
        self.stdout.write(
            "Loading the flights of sixteen airlines and the addresses of ten presidents."
        )
        flights = flights_ensure(people, now)
        speeches = speeches_ensure(people, now)
        now = timezone.now()
        run_id = flights_run(flights, people.reviewer, now)
        work_runs = speeches_runs(speeches, people.reviewer, now)
        with workers(os.cpu_count() or 1):
            wait_for([run_id], "Flights")
            wait_for(list(work_runs.values()), "Speeches")
        royalty_run = royalties_ensure(flights, run_id, people, timezone.now())
        batch = payout_ensure(flights, people, timezone.now())
        for lines in (
            printout.flights_lines(royalty_run),
            [payout_line(batch)],
            printout.speeches_lines(speeches, work_runs),
            printout.people_lines(people, bind),
        ):
            self.stdout.write("")
            for line in lines:
                self.stdout.write(line)

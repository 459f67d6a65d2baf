"""manage.py serve: the web server, the workers and the scheduler under one supervisor."""

import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.project.supervisor import Program, supervise

WEB_THREADS = 8  # a request waits for the database most of its time
REQUEST_WITHIN_S = 60


class Command(BaseCommand):
    help = "Run the web server, the workers and the scheduler; restart what dies."

    def add_arguments(self, parser: CommandParser) -> None:
        cores = os.cpu_count() or 1
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address:port of the site")
        parser.add_argument("--processes", type=int, default=cores, help="worker processes")
        parser.add_argument("--web-processes", type=int, default=min(2, cores))

    def handle(self, *, bind: str, processes: int, web_processes: int, **options: Any) -> None:
        if processes < 1 or web_processes < 1:
            raise CommandError("At least one process of each kind is needed.")
        refuse_taken(bind)
        for counted in settings.METRICS_DIR.glob("*.db"):
            counted.unlink()  # of processes that are gone
        host, _, port = bind.rpartition(":")
        self.stdout.write(f"Serving on http://{host}:{port}/ with {processes} workers.")
        self.stdout.flush()
        supervise(
            [
                Program(name="web", command=web_command(bind, web_processes)),
                *(
                    Program(name=f"worker-{number}", command=manage("work"))
                    for number in range(1, processes + 1)
                ),
                Program(name="scheduler", command=manage("schedule")),
            ]
        )


def manage(*arguments: str) -> list[str]:
    """Return the command line of one of our own commands."""
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def web_command(bind: str, processes: int) -> list[str]:
    """Return gunicorn's command line; requests are logged by the application itself."""
    return [
        *(sys.executable, "-m", "gunicorn", "ledger.project.wsgi"),
        *("--chdir", str(settings.BASE_DIR), "--bind", bind, "--workers", str(processes)),
        *("--worker-class", "gthread", "--threads", str(WEB_THREADS)),
        *("--timeout", str(REQUEST_WITHIN_S), "--graceful-timeout", "15"),
        *("--log-level", "warning", "--max-requests", "20000", "--max-requests-jitter", "2000"),
    ]


def refuse_taken(bind: str) -> None:
    """Stop with a sentence while it can still be read, not in a loop of restarts."""
    host, _, port = bind.rpartition(":")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host.strip("[]"), int(port)))
    except (OSError, ValueError) as error:
        raise CommandError(f"Cannot serve on {bind}: {error}. Choose another --bind.") from error

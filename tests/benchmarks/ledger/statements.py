"""From a locked valuation to statements whose files are there, by real services and workers.

    python -m tests.benchmarks.ledger.statements --write
    python -m tests.benchmarks.ledger.statements --write --server postgres://postgres@127.0.0.1:5432

Makes an installation of its own with contributors and invented values, starts worker
processes, and then times what the product does: the run calculated, submitted, approved
(fee, allocation and holdbacks posted, every statement issued), and each statement's PDF,
CSV, XLSX and JSON made by the workers from messages. The figures of each database are kept in
var/benchmarks, so that one page shows both.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.system import System
from tests.programs import ROOT, environment

NOW = datetime(2026, 1, 5, tzinfo=UTC)
FILES = "SELECT count(*) FROM ledger_statement_file"
BEATS = "SELECT count(*) FROM ledger_worker_heartbeat"
FORMS = 4
PDFS = 200  # for the rate of one core
DATABASE = "statements_benchmark"
KEPT = ROOT / "var" / "benchmarks" / "statements.json"
PAGE = ROOT / "docs" / "benchmarks" / "statements.md"
ROWS = [
    ("contributors", "contributors", ""),
    ("workers", "worker processes", "2 cores"),
    ("calculate_s", "the run calculated, s", ""),
    ("approve_s", "approved: posted, every statement issued, s", ""),
    ("files_s", "PDF, CSV, XLSX and JSON of every statement made by the workers, s", ""),
    ("whole_s", "the whole, s", "≤ 720"),
    ("statements_per_s", "statements a second, four files each, all workers", ""),
    ("pdfs_per_core_s", "PDFs with both charts per second and core", "≥ 15"),
    ("pdf_kib", "KiB of a PDF", ""),
    ("load_average", "load average at the end", ""),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contributors", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--server", default="", help="a PostgreSQL server; SQLite by default")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--step", choices=["prepare", "run", "pdfs"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        _inside(options.step, options.contributors)
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        database_url = _fresh(options.server) if options.server else ""
        system = System(Path(folder), database_url=database_url)
        try:
            figures = _measure(system, options.contributors, options.workers)
        finally:
            system.stop()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    kept["PostgreSQL" if options.server else "SQLite"] = figures
    KEPT.write_text(json.dumps(kept, indent=1))
    print(_page(kept))
    if options.write:
        PAGE.write_text(_page(kept))


def _page(found: dict[str, dict[str, float]]) -> str:
    lines = [
        "# From a locked valuation to statements",
        "",
        "Written by `python -m tests.benchmarks.ledger.statements --write`: our services and",
        f"workers on an installation of their own. {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()}",
        f"processors, {platform.machine()}, Python {platform.python_version()}.",
        "",
        "| what | target | " + " | ".join(found) + " |",
        "|---|---|" + "--:|" * len(found),
    ]
    for name, what, target in ROWS:
        cells = " | ".join(f"{figures[name]:,}" for figures in found.values())
        lines.append(f"| {what} | {target} | {cells} |")
    return "\n".join([*lines, ""])


def _measure(system: System, contributors: int, workers: int) -> dict[str, Any]:
    _step(system, "prepare", contributors)
    for _ in range(workers):
        system.start("work")
    system.wait(lambda: system.query(BEATS)[0][0] == workers, "the workers' start")
    started_at = time.perf_counter()
    figures = _step(system, "run", contributors)
    issued_at = time.perf_counter()
    while (made := system.query(FILES)[0][0]) < FORMS * contributors:
        assert all(each.poll() is None for each in system.programs), system.log()
        print(f"{time.perf_counter() - issued_at:.0f} s: {made} files", file=sys.stderr, flush=True)
        time.sleep(2)
    ended_at = time.perf_counter()
    system.stop()
    return {
        "contributors": contributors,
        "workers": workers,
        **figures,
        "files_s": round(ended_at - issued_at, 1),
        "whole_s": round(ended_at - started_at, 1),
        "statements_per_s": round(contributors / (ended_at - issued_at), 1),
        "load_average": round(os.getloadavg()[0], 1),
        **_step(system, "pdfs", contributors),
    }


def _step(system: System, step: str, contributors: int) -> dict[str, Any]:
    """Do one step in a process of its own, which prints its figures."""
    name = "tests.benchmarks.ledger.statements"
    done = subprocess.run(
        [sys.executable, "-m", name, "--step", step, "--contributors", str(contributors)],
        cwd=ROOT,
        env=environment(system.folder, **system.settings),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(step, figures, file=sys.stderr, flush=True)
    return figures


def _fresh(server: str) -> str:
    """An empty database on the server."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    return f"{server}/{DATABASE}"


# --- inside the installation -----------------------------------------------------------


def _inside(step: str, contributors: int) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger.project.settings")
    django.setup()
    figures = {"prepare": _prepare, "run": _run, "pdfs": _pdfs}[step](contributors)
    print(json.dumps(figures))


def _prepare(contributors: int) -> dict[str, Any]:
    """The installation has contributors, a locked valuation and a funded pool to split."""
    from django.core.management import call_command
    from django.db import transaction

    from ledger.core.policy import Policy
    from ledger.management.demo.people import people_ensure
    from ledger.services.periods import period_freeze, period_open
    from ledger.services.pools import policy_version_create, pool_create
    from tests.benchmarks.load_data import contributors_make, values_invent
    from tests.faults.scenario import open_programme

    call_command("migrate", verbosity=0)
    staff = people_ensure()
    programme_id = open_programme(staff)
    with transaction.atomic():
        values_invent(programme_id, contributors_make(contributors), staff.reviewer)
    starts_on, ends_on = date(2025, 10, 1), date(2025, 12, 31)
    period = period_open(code="2025-Q4", starts_on=starts_on, ends_on=ends_on)
    period_freeze(period_id=period.id, now=NOW)
    policy = policy_version_create(
        name="benchmark",
        policy=Policy(fee_bp=1_000, holdback_bp=500, holdback_periods=2, threshold_minor=1_00),
        valid_from=starts_on,
        actor=staff.reviewer,
        now=NOW,
    )
    pool_create(
        code="benchmark-2025-Q4",
        period_id=period.id,
        programme_id=programme_id,
        currency="EUR",
        amount_minor=contributors * 20_00,
        funder="benchmark",
        policy_id=policy.id,
        actor=staff.reviewer,
        now=NOW,
    )
    return {}


def _run(contributors: int) -> dict[str, Any]:
    """The pool is split, posted and stated; the messages for the files are on their way."""
    from ledger.actors import enqueue_royalty_run_approve
    from ledger.management.demo.people import people_ensure
    from ledger.models import Pool
    from ledger.services.royalties import royalty_run_calculate, royalty_run_submit
    from valuation.models import ValuationRun

    staff, figures = people_ensure(), {}
    with _timed(figures, "calculate_s"):
        run = royalty_run_calculate(
            pool_id=Pool.objects.get().id,
            valuation_run_id=ValuationRun.objects.get().id,
            actor=staff.reviewer,
            now=NOW,
        )
    royalty_run_submit(run_id=run.id, actor=staff.reviewer, now=NOW)
    with _timed(figures, "approve_s"):
        enqueue_royalty_run_approve(run_id=run.id, actor=staff.approver, now=NOW)
    assert run.statements.count() == contributors
    return figures


def _pdfs(contributors: int) -> dict[str, Any]:
    """How many PDFs with both charts one core makes in a second, from issued statements."""
    from ledger.files.statement import render
    from ledger.models import Statement

    records = [
        json.loads(text) for text in Statement.objects.values_list("record", flat=True)[:PDFS]
    ]
    render(records[0], "pdf")  # the compiler loads its fonts once in a process
    started_s, size = time.process_time(), 0
    for record in records:
        size += len(render(record, "pdf"))
    rate = len(records) / (time.process_time() - started_s)
    return {"pdfs_per_core_s": round(rate, 1), "pdf_kib": size // len(records) // 1024}


@contextmanager
def _timed(figures: dict[str, Any], name: str) -> Iterator[None]:
    started_at = time.perf_counter()
    yield
    figures[name] = round(time.perf_counter() - started_at, 1)


if __name__ == "__main__":
    main()

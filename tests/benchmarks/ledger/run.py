"""All sides in one run, and the page that shows it.

    python -m tests.benchmarks.ledger.run --write
    python -m tests.benchmarks.ledger.run --write --database sqlite

Builds the peers' environment once (var/benchmarks), makes a database for each side and each
turn, and runs them in turns, so that whatever else the machine does meets all of them alike.
PostgreSQL is the one of POSTGRES_URL. The figures of each side are kept beside the peers, so
that the two databases can be measured one after the other and shown on one page.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psycopg

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PEERS = ROOT / "var" / "benchmarks" / "ledger-peers"
KEPT = ROOT / "var" / "benchmarks" / "ledger.json"
PAGE = ROOT / "docs" / "benchmarks" / "ledger.md"
POSTGRES = os.environ.get("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432")
Figures = dict[str, float]

ROWS = [
    # what, figure, the number of postings it is about, unit, target
    ("two-account entries per second, a commit each", "singles", "/s", "≥ hordak; SQLite ≥ 5× "
     "django-ledger"),
    ("one allocation entry to 8,000 payees", "allocation 8000", "s", "≤ 1 s"),
    ("the same, their accounts opened by it", "first 8000", "s", ""),
    ("one allocation entry to 100,000 payees", "allocation 100000", "s", "≤ 15 s"),
    ("the same, their accounts opened by it", "first 100000", "s", ""),
    ("largest memory of that process", "memory MiB", "MiB", "≤ 1,024 MiB"),
    ("balance of the busiest account", "busiest", "ms", "≤ 5 ms at 10⁶"),
    ("balances of 200 accounts", "balances", "ms", "≤ 50 ms at 10⁶"),
    ("1,000 statement lines with running balance at 10⁵ postings", "lines", "s", "≤ 0.2 s"),
    ("the same, of the account that has all 10⁵", "lines of the busiest", "s", "≤ 0.2 s"),
    ("full reconciliation", "reconciliation", "s", "≤ 3 s at 10⁶"),
    ("load average when the side ended", "load", "", "2 at most"),
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postings", type=int, default=1_000_000, help="of our balances")
    parser.add_argument("--peer-postings", type=int, default=100_000, help="of the peers'")
    parser.add_argument("--singles", type=int, default=300, help="entries of a round")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--database", choices=["postgresql", "sqlite"], help="both by default")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    sides = _sides(options)
    found: dict[str, list[Figures]] = {name: [] for name in sides}
    for turn in range(options.turns):
        for name, (command, database, postings) in sides.items():
            print(f"turn {turn + 1}: {name}", file=sys.stderr, flush=True)
            figures = _run(command, database, postings, options.singles)
            found[name].append(figures | {"load": os.getloadavg()[0]})
            print(json.dumps({name: found[name][-1]}), file=sys.stderr, flush=True)
    kept = _keep({name: _median(each) for name, each in found.items()})
    page = _page(kept, options)
    print(page)
    if options.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page)


def _sides(options: argparse.Namespace) -> dict[str, tuple[list[object], str, int]]:
    """Command, database and postings of each side, the neighbours of a comparison together."""
    python = _peers_python()
    hordak = [python, HERE / "hordak_side.py"]
    django_ledger = [python, HERE / "django_ledger_side.py"]
    fewer, all_ = options.peer_postings, options.postings
    sides = {
        "django-hordak 2.0.0, PostgreSQL": (hordak, POSTGRES, fewer),
        "ours, PostgreSQL": (_ours, POSTGRES, all_),
        "django-ledger 0.8.5, PostgreSQL": (django_ledger, POSTGRES, fewer),
        "django-ledger 0.8.5, SQLite": (django_ledger, "sqlite", fewer),
        "ours, SQLite": (_ours, "sqlite", all_),
    }
    if options.database is None:
        return sides
    return {
        name: side
        for name, side in sides.items()
        if (side[1] == "sqlite") == (options.database == "sqlite")
    }


def _keep(found: dict[str, Figures]) -> dict[str, Figures]:
    """These figures beside those kept of the other database."""
    kept: dict[str, Figures] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    kept |= found
    KEPT.write_text(json.dumps(kept, indent=1))
    return kept


_ours = [sys.executable, "-m", "tests.benchmarks.ledger.ours"]


def _peers_python() -> Path:
    python = PEERS / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        install = [python, "-m", "pip", "install", "-q", "-r", HERE / "peers.txt"]
        subprocess.run(install, check=True)
    return python


def _run(command: list[object], database: str, postings: int, singles: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/books.sqlite3" if database == "sqlite" else _fresh(database)
        done = subprocess.run(
            [*map(str, command), str(postings), str(singles)],
            env=os.environ | {"DATABASE_URL": url, "DATA_DIR": folder},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _fresh(server: str) -> str:
    """An empty database on the server."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS ledger_benchmark WITH (FORCE)")
        connection.execute("CREATE DATABASE ledger_benchmark")
    return f"{server}/ledger_benchmark"


def _median(turns: list[Figures]) -> Figures:
    return {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}


def _page(found: dict[str, Figures], options: argparse.Namespace) -> str:
    lines = [
        "# Ledger benchmarks",
        "",
        "Written by `python -m tests.benchmarks.ledger.run --write`: all sides in one run.",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, {platform.machine()}, Python "
        f"{platform.python_version()}, {options.turns} turns. Balances: ours at "
        f"{options.postings:,} postings, the peers at {options.peer_postings:,}.",
        "",
        "| what | target | " + " | ".join(found) + " |",
        "|---|---|" + "--:|" * len(found),
    ]
    for what, name, unit, target in ROWS:
        cells = [_cell(figures.get(name), unit) for figures in found.values()]
        lines.append(f"| {what} | {target} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *NOTES, ""])


def _cell(value: float | None, unit: str) -> str:
    if value is None:
        return "no such call"
    if unit == "ms":
        return f"{value * 1000:,.2f} ms"
    return (f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}").strip()


NOTES = [
    "PostgreSQL 15 with its defaults (a commit is flushed to the disk); SQLite in WAL mode, as the",
    "product sets it, without statistics, which nothing in the product makes.",
    "",
    "Our entries go through the public service `journal_entry_post`: checked, sealed, chained,",
    "with materialised balances. django-hordak: `Account.transfer_to`, `Leg.objects.bulk_create`,",
    "`get_balance`, `with_balances`, `with_account_balance_after`, `validate_accounting_equation`;",
    "it has no SQLite. django-ledger: `commit_txs`, `digest`, `digest_balance_sheet`; no line",
    "with a running balance. Allocation of the peers goes to 200 accounts in 8,000 legs. Our",
    "busiest account is in every posting; theirs has a hundredth of the legs, as a thousand of",
    "them share one leg of the pool.",
]


if __name__ == "__main__":
    main()

"""What a worker process holds of its own while it plays a game of a gigabyte of rows.

`python -m tests.benchmarks.memory [model ...]` registers twelve batches of half a million rows
and twenty features, starts two workers on one run, and reads from the kernel, ten times a second,
what each has beyond what it had when idle: *own* memory is anonymous or changed, and cannot be
given back; pages of the mapped file are shared and can. A worker that needs more than
`--limit-mb` is ended and said so.
"""

import argparse
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.system import System
from tests.programs import ROOT, environment

MODELS = ("gaussian-naive-bayes", "ridge", "logistic-regression")
CONTRIBUTORS, ROWS, FEATURES = 12, 500_000, 20
BUDGET = 100
WORKERS = 2
LOOK_S = 0.1
LOOKS = 30
NAMES = [f"f{n:02d}" for n in range(FEATURES)]
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def upload(seed: int, rows: int, *, is_regression: bool) -> io.BytesIO:
    """Return a Parquet file of random rows and a target that depends on them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, FEATURES))
    target = x @ np.linspace(1, -1, FEATURES) + generator.normal(size=rows)
    late = pa.array(target if is_regression else np.where(target > 0, "yes", "no"))
    table = pa.table({**{name: x[:, at] for at, name in enumerate(NAMES)}, "target": late})
    file = io.BytesIO()
    pq.write_table(table, file)
    file.seek(0)
    return file


def prepare(model: str, rows: int) -> None:
    """The installation has an open programme with accepted batches."""
    import django

    django.setup()
    from django.core.management import call_command

    from contributors.services.batches import batch_check, batch_register
    from contributors.services.consents import consent_give
    from contributors.services.people import contributor_create
    from tests.faults.scenario import people

    call_command("migrate", verbosity=0)
    staff = people()
    is_regression = model == "ridge"
    programme_id = open_programme(staff, model, is_regression=is_regression)
    for seed in range(1, CONTRIBUTORS + 1):
        made = contributor_create(
            code=f"C{seed}", display_name=f"C{seed}", user=None, actor=None, now=NOW
        )
        consent_give(contributor_id=made.id, programme_id=programme_id, actor=None, now=NOW)
        receipt = batch_register(
            programme_id=programme_id,
            contributor_id=made.id,
            file=upload(seed, rows, is_regression=is_regression),
            file_label=f"{seed}.parquet",
            actor=None,
            now=NOW,
        )
        state = batch_check(batch_id=receipt.id, now=NOW)  # large files wait for it
        assert state == "accepted", state


def start() -> None:
    """A run is queued."""
    import django

    django.setup()
    from contributors.models import Programme
    from tests.faults.scenario import people
    from valuation.actors import enqueue_valuation_run

    enqueue_valuation_run(
        programme_id=Programme.objects.get().id,
        cutoff_at=datetime(2026, 12, 31, tzinfo=UTC),
        actor=people().reviewer,
        now=NOW,
        method="permutation",
        budget=BUDGET,
        seed=7,
    )


def open_programme(staff: Any, model: str, *, is_regression: bool) -> Any:
    from contributors.services.programmes import licence_create, programme_create, programme_open
    from contributors.services.validation_sets import validation_set_register

    licence = licence_create(
        identifier="CC0-1.0", title="CC0", text="No rights.", actor=staff.reviewer, now=NOW
    )
    programme = programme_create(
        slug="memory",
        title="Memory",
        description="",
        task="regression" if is_regression else "classification",
        licence_id=licence.id,
        currency="EUR",
        feature_columns=NAMES,
        target_column="target",
        target_labels=[] if is_regression else ["no", "yes"],
        model=model,
        utility="r2" if is_regression else "log-loss",
        transform={"kind": "standardise"},
        actor=staff.reviewer,
        now=NOW,
    )
    for seed, purpose in ((1001, "validation"), (1002, "sealed")):
        validation_set_register(
            programme_id=programme.id,
            purpose=purpose,
            file=upload(seed, 1_000, is_regression=is_regression),
            actor=staff.reviewer,
            now=NOW,
        )
    programme_open(programme_id=programme.id, actor=staff.reviewer, now=NOW)
    return programme.id


def memory_mb(pid: int) -> dict[str, float]:
    """Return what the process holds: own, and its share of everything it maps."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, amount, _ = line.split()
        found[name.rstrip(":")] = int(amount) / 1024
    changed = found["Private_Dirty"] + found["Shared_Dirty"]
    return {"own": max(found["Anonymous"], changed), "share": found["Pss"]}


class Watch:
    """Reads a worker's memory until it ends: at idle, the median of the last looks, the highest."""

    def __init__(self, pid: int, limit_mb: float) -> None:
        self.pid, self.limit_mb = pid, limit_mb
        self.idle = memory_mb(pid)
        self.seen, self.highest = [self.idle], dict(self.idle)
        self.is_over = False
        threading.Thread(target=self.look, daemon=True).start()

    def look(self) -> None:
        while True:
            try:
                now = memory_mb(self.pid)
            except (FileNotFoundError, ProcessLookupError):
                return
            self.seen = [*self.seen, now][-LOOKS:]
            self.highest = {name: max(self.highest[name], mb) for name, mb in now.items()}
            if now["own"] > self.limit_mb:
                self.is_over = True
                os.kill(self.pid, 9)
            time.sleep(LOOK_S)

    @property
    def steady(self) -> dict[str, float]:
        """Medians of the last looks, in which the run was evaluating."""
        return {name: statistics.median(look[name] for look in self.seen) for name in self.idle}

    def beyond(self, figures: dict[str, float], name: str) -> float:
        return figures[name] - self.idle[name]


def measure(model: str, rows: int, limit_mb: float) -> str:
    """Return the lines of the table for this model."""
    system = System(Path(tempfile.mkdtemp(prefix="ledger-memory-")))
    ours(system, "--prepare", model, "--rows", str(rows))
    workers = [system.start("work") for _ in range(WORKERS)]
    beats = "SELECT count(*) FROM ledger_worker_heartbeat"
    system.wait(lambda: system.query(beats)[0][0] == WORKERS, "the workers' start")
    watches = [Watch(worker.pid, limit_mb) for worker in workers]
    try:
        ours(system, "--start")
        system.wait(lambda: ended(system, watches), "the run's end")
        [mapped] = (system.folder / "cache" / "rows").iterdir()
        return "\n".join(line(model, mapped.stat().st_size / 2**20, watch) for watch in watches)
    finally:
        system.stop()
        shutil.rmtree(system.folder)


def ours(system: System, *arguments: str) -> None:
    """Run a step of this program in the environment of the installation."""
    env = {**environment(system.folder, **system.settings), "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "tests.benchmarks.memory", *arguments]
    subprocess.run(command, cwd=ROOT, env=env, check=True)


def ended(system: System, watches: list[Watch]) -> bool:
    return system.run_state()[0] == "computed" or any(watch.is_over for watch in watches)


def line(model: str, mapped_mb: float, watch: Watch) -> str:
    if watch.is_over:
        return f"| {model} | {mapped_mb:.0f} | more than {watch.limit_mb:.0f}, ended | | |"
    figures = [
        watch.beyond(watch.steady, "own"),
        watch.beyond(watch.highest, "own"),
        watch.beyond(watch.highest, "share"),
    ]
    cells = [f"{mb:.0f} ({100 * mb / mapped_mb:.1f} %)" for mb in figures]
    return f"| {model} | {mapped_mb:.0f} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--rows", type=int, default=ROWS, help="of each of twelve batches")
    parser.add_argument("--limit-mb", type=float, default=6_000)
    parser.add_argument("--prepare", metavar="MODEL", help="used by the program itself")
    parser.add_argument("--start", action="store_true", help="used by the program itself")
    asked = parser.parse_args()
    if asked.prepare:
        prepare(asked.prepare, asked.rows)
    elif asked.start:
        start()
    else:
        print("| model | rows, MB | own, while evaluating | own, highest | share, highest |")
        print("|---|---|---|---|---|")
        for model in asked.models:
            print(measure(model, asked.rows, asked.limit_mb), flush=True)


if __name__ == "__main__":
    main()

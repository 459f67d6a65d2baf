"""What queue, rows and merge cost against a bare loop, and what a second worker gains.

`python -m tests.benchmarks.workers` plays 2,000 coalitions of some 50 ms each three times on
the same batches: by the library alone, by one worker process and by two.
"""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.system import System

SIZES = {"SCENARIO_CONTRIBUTORS": "12", "SCENARIO_ROWS": "150000", "SCENARIO_BUDGET": "2000"}


@dataclass(frozen=True, slots=True)
class Played:
    """Seconds from the first message to the values, and what our processes computed meanwhile."""

    seconds: float
    processor_s: float
    utility_s: float
    digest: str


def played(prepared: System, folder: Path, processes: int) -> Played:
    """Play the run with workers that are already there."""
    system = prepared.copy_to(folder)
    system.settings.update(SIZES)
    workers = [system.start("work") for _ in range(processes)]
    try:
        beats = "SELECT count(*) FROM ledger_worker_heartbeat"
        system.wait(lambda: system.query(beats)[0][0] == len(workers), "the workers' start")
        before_s = sum(processor_s(worker.pid) for worker in workers)
        system.step("start")
        system.wait(lambda: system.run_state()[0] == "running", "the plan")
        started_at = time.perf_counter()
        digest = system.wait_computed()
        seconds = time.perf_counter() - started_at
        used_s = sum(processor_s(worker.pid) for worker in workers) - before_s
        [(utility_s,)] = system.query("SELECT sum(seconds) FROM valuation_shard")
        return Played(seconds, used_s, utility_s, digest)
    finally:
        system.stop()


def processor_s(pid: int) -> float:
    """Return the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="ledger-workers-"))
    prepared = System(folder / "prepared")
    prepared.settings.update(SIZES)
    prepared.step("prepare")
    one = played(prepared, folder / "one", 1)
    at = System(folder / "one")
    at.settings.update(SIZES)
    bare = at.step("bare")
    two = played(prepared, folder / "two", 2)
    assert one.digest == two.digest, "the values differ"
    each_ms = 1000 * bare["seconds"] / bare["evaluations"]
    print(f"{bare['evaluations']} coalitions of {each_ms:.0f} ms; the same values, bit for bit.\n")
    print("| | from the first message to the values | processor time | inside utilities |")
    print("|---|---|---|---|")
    print(f"| bare loop | {bare['seconds']:.1f} s | {bare['processor_s']:.1f} s | |")
    for name, run in (("one worker", one), ("two workers", two)):
        times = (run.seconds, run.processor_s, run.utility_s)
        print(f"| {name} | " + " | ".join(f"{value:.1f} s" for value in times) + " |")
    by_clock = 100 * (one.seconds / bare["seconds"] - 1)
    by_processor = 100 * (one.processor_s / bare["processor_s"] - 1)
    print(f"\nOverhead {by_clock:.1f} % by the clock, {by_processor:.1f} % by processor time;")
    print(f"two workers are {one.seconds / two.seconds:.2f}x as fast as one.")


if __name__ == "__main__":
    main()

"""What queue, rows and merge cost against a bare loop, and what a second worker gains.

`python -m tests.benchmarks.workers` plays 2,000 coalitions of some 50 ms each three times on
the same batches: by the library alone, by one worker process and by two.
"""

import tempfile
import time
from pathlib import Path

from tests.faults.system import System

SIZES = {"SCENARIO_CONTRIBUTORS": "12", "SCENARIO_ROWS": "56000", "SCENARIO_BUDGET": "2000"}


def played(prepared: System, folder: Path, processes: int) -> tuple[float, str, System]:
    """Return the seconds from the first message to the values, with workers already warm."""
    system = prepared.copy_to(folder)
    system.settings.update(SIZES)
    workers = [system.start("work") for _ in range(processes)]
    beats = "SELECT count(*) FROM ledger_worker_heartbeat"
    system.wait(lambda: system.query(beats)[0][0] == len(workers), "the workers' start")
    system.step("start")
    system.wait(lambda: system.run_state()[0] == "running", "the plan")
    started_at = time.perf_counter()
    digest = system.wait_computed()
    return time.perf_counter() - started_at, digest, system


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="ledger-workers-"))
    prepared = System(folder / "prepared")
    prepared.settings.update(SIZES)
    prepared.step("prepare")
    one_s, one, system = played(prepared, folder / "one", 1)
    system.stop()
    bare = system.step("bare")
    two_s, two, system = played(prepared, folder / "two", 2)
    system.stop()
    assert one == two, "the values differ"
    each_ms = 1000 * bare["seconds"] / bare["evaluations"]
    print(f"{bare['evaluations']} coalitions of {each_ms:.0f} ms; the same values, bit for bit.")
    print(f"bare loop {bare['seconds']:.1f} s, one worker {one_s:.1f} s, two {two_s:.1f} s")
    print(f"overhead {100 * (one_s / bare['seconds'] - 1):.1f} %, speed-up {one_s / two_s:.2f}x")


if __name__ == "__main__":
    main()

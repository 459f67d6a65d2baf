"""Intake against a bare read: `python tests/benchmarks/intake.py` prints a table.

Rate: 500,000 rows of 9 columns through schema check, digests, duplicate search and the
Parquet written, over pyarrow.csv.read_csv of the same file, alternating, median of five.
Memory: the peak of a process of its own that takes in a file of 2 GB (--gigabytes).
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from contributors.core import digests, sniff  # noqa: E402
from contributors.core.duplicates import first_occurrences  # noqa: E402
from contributors.core.intake import read_rows  # noqa: E402
from contributors.core.schema import Column, Schema  # noqa: E402

ROWS, REPEATS = 500_000, 5
NUMBERS = tuple("abcdefg")
SCHEMA = Schema(
    columns=(
        Column(name="record", kind="text"),
        *(Column(name=name, kind="number") for name in NUMBERS),
        Column(name="late", kind="label", labels=("no", "yes")),
    ),
    identity=("record",),
)


def some_rows(start: int, count: int) -> pa.Table:
    """Flight-like rows: a record number, measurements and counts, a label."""
    rng = np.random.default_rng(start)
    return pa.table(
        {
            "record": np.arange(start, start + count),
            "a": rng.normal(size=count).round(4),
            "b": rng.normal(size=count).round(4),
            "c": rng.integers(0, 100, count),
            "d": rng.integers(0, 24, count),
            "e": rng.integers(0, 7, count),
            "f": rng.normal(size=count).round(6),
            "g": rng.integers(0, 2, count),
            "late": np.where(rng.random(count) < 0.3, "yes", "no"),
        }
    )


def take_in(path: Path, folder: Path) -> int:
    """Read the file as a batch; return how many rows are new."""
    rows_path, digests_path = folder / "rows.parquet", folder / "rows.digests"
    with path.open("rb") as file:
        found = sniff.sniff(file.read(sniff.HEAD_BYTES), names=SCHEMA.names)
        file.seek(0)
        read_rows(
            file,
            file_format=found.file_format,
            gzipped=found.gzipped,
            dialect=found.dialect,
            schema=SCHEMA,
            key=b"benchmark" * 4,
            rows_path=rows_path,
            digests_path=digests_path,
        )
    return int(first_occurrences([digests.StoredDigests(digests_path)])[0].sum())


def seconds(work: object, *args: object) -> float:
    start = time.perf_counter()
    work(*args)  # type: ignore[operator]
    return time.perf_counter() - start


def rate(folder: Path) -> None:
    path = folder / "rows.csv"
    pacsv.write_csv(some_rows(0, ROWS), path)
    take_in(path, folder)  # imports and first use
    bare, ours = [], []
    for _ in range(REPEATS):
        bare.append(seconds(pacsv.read_csv, path))
        ours.append(seconds(take_in, path, folder))
    print("| what | seconds | rows per second | share of the bare rate |")
    print("|---|---|---|---|")
    for name, times in (("pyarrow.csv.read_csv", bare), ("intake", ours)):
        share = median(bare) / median(times)
        print(f"| {name} | {median(times):.2f} | {ROWS / median(times):,.0f} | {share:.2f} |")


def memory(folder: Path, gigabytes: float) -> None:
    """Write a file of this size and take it in, in a process of its own."""
    path, start = folder / "large.csv", 0
    with path.open("wb") as file:
        while file.tell() < gigabytes * 10**9:
            options = pacsv.WriteOptions(include_header=start == 0)
            pacsv.write_csv(some_rows(start, ROWS), file, options)
            start += ROWS
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--take-in", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    size = path.stat().st_size / 1e9
    print(f"\n{size:.2f} GB, {start:,} rows: {done.stdout.strip()}; ", end="")
    print(f"{time.perf_counter() - begun:.0f} s")


def one_file(path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        new = take_in(path, Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{new:,} rows new, peak memory {peak:,.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--take-in", type=Path)
    options = parser.parse_args()
    if options.take_in:
        one_file(options.take_in)
        return
    with tempfile.TemporaryDirectory(prefix="intake-benchmark-") as folder:
        rate(Path(folder))
        if options.gigabytes:
            memory(Path(folder), options.gigabytes)


if __name__ == "__main__":
    main()

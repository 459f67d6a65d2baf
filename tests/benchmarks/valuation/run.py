"""All benchmarks of the valuation core against its peers, in one run.

Usage: python -m tests.benchmarks.valuation.run [--seeds 10] [--budgets 100,200]
       [--games flights,magic] [--no-plain] [--no-write] [--processes 2]

Builds the peers' environments and the games' tables under var/benchmarks the first time, then runs
ours and theirs on the same tables, prints the tables and writes their part of docs/benchmarks.md
with its plots. What was measured is kept under var/benchmarks/runs, so a run that was broken off
goes on where it was.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse

from tests.benchmarks.valuation import errors, judging, report


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=errors.SEEDS)
    options.add_argument("--budgets", default=",".join(map(str, errors.BUDGETS)))
    options.add_argument("--games", default="", help="beginnings of names, separated by commas")
    options.add_argument("--no-plain", action="store_true", help="not also without controls")
    options.add_argument("--processes", type=int, default=1, help="cells measured at once")
    options.add_argument("--no-write", action="store_true", help="print alone")
    asked = options.parse_args()
    names = [name for name in judging.JUDGED if name.startswith(tuple(asked.games.split(",")))]
    budgets = tuple(int(budget) for budget in asked.budgets.split(","))
    found = errors.measure(
        names, budgets, asked.seeds, plain=not asked.no_plain, processes=asked.processes
    )
    text = report.text_of(found, seeds=asked.seeds)
    print(text)
    if not asked.no_write:
        report.write(text, found)


if __name__ == "__main__":
    main()

"""How often intervals hold the exact value where a tolerance ended the run.

Usage: python -m tests.benchmarks.valuation.stopping [--runs 200] [--methods leverage,permutation]

The tolerance of each game and method is the median width that 100 evaluations give, so that runs
end in the middle of their rounds. Beside what a run does stands what it would do if it ended at the
first look that meets the tolerance.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from typing import Any
from unittest.mock import patch

import numpy as np

from tests.benchmarks.valuation.coverage import GAMES, exact_of, tabled
from valuation.core import value
from valuation.core.problem import Looks
from valuation.core.result import Z_95, Result

BUDGET, AT = 900, 100  # evaluations at most, and those that the tolerance is taken from
SEEDS_OF_TOLERANCE = 9


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--methods", default="surrogate,leverage,permutation")
    asked = options.parse_args()
    print("| method | game | tolerance | one look | two in succession |")
    print("|---|---|---|---|---|")
    for method in asked.methods.split(","):
        for name in GAMES:
            print(row(method, name, asked.runs), flush=True)


def row(method: str, name: str, runs: int) -> str:
    """Coverage, players within the tolerance and evaluations, after one look and after two."""
    first = [run(method, name, seed + 10_000, budget=AT) for seed in range(SEEDS_OF_TOLERANCE)]
    tolerance = float(np.median([result.uncertainty for result in first]))
    exact = exact_of(tabled(name), method)
    cells = []
    for looks in (1, 2):
        results = [
            run(method, name, seed, tolerance=tolerance, looks=looks) for seed in range(runs)
        ]
        cells.append(summary(results, exact, tolerance))
    return f"| {method} | {name} | {tolerance:.3f} | " + " | ".join(cells) + " |"


def run(method: str, name: str, seed: int, *, looks: int = 2, **options: Any) -> Result:
    """One run that ends after so many looks in succession that meet the tolerance."""
    asked = {"budget": BUDGET, "controls": (), **options}
    with patch.object(Looks, "settle", at_once if looks == 1 else Looks.settle):
        return value(tabled(name), method, seed=seed, **asked)


def at_once(looks: Looks, result: Result) -> bool:
    return looks.tolerance is not None and result.uncertainty <= looks.tolerance


def summary(results: list[Result], exact: Any, tolerance: float) -> str:
    apart = np.array([np.abs(result.values - exact) for result in results])
    errors = np.array([result.standard_errors for result in results])
    covered = np.mean(apart <= Z_95 * errors)
    within = np.mean(apart <= tolerance * abs(results[0].range))
    spent = np.mean([result.evaluations for result in results])
    return f"{covered:.3f}, {within:.3f} within, {spent:.0f} evaluations"


if __name__ == "__main__":
    main()

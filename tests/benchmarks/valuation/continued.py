"""One contributor more: what a run learns from the run before that it continues.

Usage: python -m tests.benchmarks.valuation.continued [--seeds 3] [--write]

On judging games of 12 players, the surrogate without controls: a run on the first 11 players with
200 evaluations, then runs on all 12, with and without what the first evaluated. Takes minutes.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse

import numpy as np

from tests.benchmarks.valuation import page
from tests.benchmarks.valuation.errors import table_of
from tests.benchmarks.valuation.judging import JUDGED, Judged
from valuation.core import Plan, Result, TableGame, keys, value
from valuation.core.coalitions import Coalitions, coalitions_of

PLAYERS, BEFORE = 12, 200
RUNS = {"100 alone": (100, False), "100 and what is given": (100, True),
        "200 alone": (200, False), "300 alone": (300, False)}  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--write", action="store_true")
    asked = options.parse_args()
    games = [
        name
        for name, judged in JUDGED.items()
        if isinstance(judged, Judged) and judged.n_players == PLAYERS
    ]
    lines = table(games, asked.seeds)
    print("\n".join(lines))
    if asked.write:
        page.put("continued", lines)


def table(games: list[str], seeds: int) -> list[str]:
    lines = [
        "## One contributor more",
        "",
        "`python -m tests.benchmarks.valuation.continued --write` made this part: relative error "
        f"of the surrogate without controls on {PLAYERS} players, median of {seeds} seeds, without "
        f"and with the {BEFORE} evaluations that a run on {PLAYERS - 1} of them had made.",
        "",
        "| game | " + " | ".join(RUNS) + " |",
        "|---" * (len(RUNS) + 1) + "|",
    ]
    errors, held = [], []
    for name in games:
        cells = [measured(TableGame(table_of(name)), seed) for seed in range(seeds)]
        own = np.median([[error for error, _ in row] for row in cells], axis=0)
        lines.append(f"| {name} | " + " | ".join(f"{error:.3f}" for error in own) + " |")
        errors.append(own)
        held.append(np.mean([[inside for _, inside in row] for row in cells], axis=0))
    means = np.exp(np.log(errors).mean(axis=0))
    lines.append("| geometric mean | " + " | ".join(f"{error:.3f}" for error in means) + " |")
    shares = " | ".join(f"{share:.2f}" for share in np.mean(held, axis=0))
    return [*lines, f"| 95 % intervals that hold | {shares} |"]


def measured(game: TableGame, seed: int) -> list[tuple[float, float]]:
    """Error, and the share of intervals that hold the exact value, of every run."""
    exact = value(game, "exact", budget=1 << PLAYERS).values
    before = evaluated_before(game, seed)
    found = []
    for budget, with_given in RUNS.values():
        result = run(game, budget, seed + 1_000, before if with_given else None)
        apart = np.abs(result.values - exact)
        error = np.linalg.norm(apart) / np.linalg.norm(exact)
        found.append((float(error), float(np.mean(apart <= 1.96 * result.standard_errors))))
    return found


def evaluated_before(game: TableGame, seed: int) -> Coalitions:
    """What a run on all players but the last asks for, as coalitions of all."""
    smaller, known = TableGame(game.utilities[: 1 << (PLAYERS - 1)]), dict[bytes, float]()
    plan = Plan.of(smaller, method="surrogate", budget=BEFORE, seed=seed, controls=())
    while not isinstance(step := plan.advance(known), Result):
        known.update(zip(keys(step), smaller(step).tolist(), strict=True))
    members = coalitions_of(list(known), PLAYERS - 1)
    return np.hstack([members, np.zeros((len(members), 1), dtype=bool)])


def run(game: TableGame, budget: int, seed: int, given: Coalitions | None) -> Result:
    known: dict[bytes, float] = {}
    plan = Plan.of(game, method="surrogate", budget=budget, seed=seed, controls=(), given=given)
    while not isinstance(step := plan.advance(known), Result):
        known.update(zip(keys(step), game(step).tolist(), strict=True))
    return step


if __name__ == "__main__":
    main()

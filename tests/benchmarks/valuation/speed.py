"""Exact values of the same game: ours, shapiq, pyDVL and bare refits, CPU seconds in one run.

Usage: python -m tests.benchmarks.valuation.speed [--players 10]

Gaussian naive Bayes on breast cancer, log-loss. The peers refit scikit-learn once per coalition; at
16 players that takes them many minutes, so they run with fewer and both sides are compared per
coalition. How fast each of our games is: `python -m tests.benchmarks.valuation.games`.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import subprocess
import sys
import time
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer

from tests.benchmarks.valuation import environments
from valuation.core import DataGame, FunctionGame, value
from valuation.core.coalitions import enumerated

sys.path.insert(0, str(environments.LOCKS))
from refit_game import RefitGame  # noqa: E402 - shared with the peers' environments

PLAYERS = 16
ROWS_VALIDATION = 200
FREE_EVALUATIONS = 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--players", type=int, default=10, help="of the peers' game")
    print("\n".join(lines(options.parse_args().players)))


def lines(players: int) -> list[str]:
    """The tables as Markdown."""
    ours, ours_values = ours_seconds(PLAYERS)
    here, values = ours_seconds(players)
    rows = [("ours", PLAYERS, ours, 1 << PLAYERS, 0.0), ("ours", players, here, 1 << players, 0.0)]
    for peer in ("shapiq", "pydvl"):
        found = peer_seconds(peer, players)
        difference = float(np.abs(found["values"] - values).max())
        rows.append((peer, players, float(found["seconds"]), 1 << players, difference))
    rows.append(("bare scikit-learn refits", players, refit_seconds(players), 1 << players, 0.0))
    per = ours / (1 << PLAYERS)
    text = ["| exact values | players | CPU s | µs per coalition | times ours | difference |"]
    text.append("|---" * 6 + "|")
    for name, count, seconds, coalitions, difference in rows:
        each = seconds / coalitions
        text.append(
            f"| {name} | {count} | {seconds:.2f} | {each * 1e6:.0f} | {each / per:.0f} "
            f"| {difference:.0e} |"
        )
    text += ["", f"Engine around a free utility, {FREE_EVALUATIONS} evaluations: " + overhead()]
    return text


def arrays(players: int) -> dict[str, Any]:
    """The game's data, dealt at random."""
    x, y = load_breast_cancer(return_X_y=True)
    random = np.random.default_rng(0)
    order = random.permutation(len(y))
    x, y = x[order], y[order]
    return {
        "x": x[ROWS_VALIDATION:],
        "y": y[ROWS_VALIDATION:],
        "owners": np.arange(len(y) - ROWS_VALIDATION) % players,
        "x_validation": x[:ROWS_VALIDATION],
        "y_validation": y[:ROWS_VALIDATION],
    }


def ours_seconds(players: int) -> tuple[float, Any]:
    start = time.process_time()
    game = DataGame(**arrays(players), model="gaussian-naive-bayes", utility="log-loss")
    values = value(game, "exact", budget=1 << players).values
    return time.process_time() - start, values


def peer_seconds(peer: str, players: int) -> dict[str, Any]:
    folder = environments.FOLDER / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    given, output = folder / "speed.npz", folder / f"speed-{peer}.npz"
    np.savez(given, **arrays(players))
    script = environments.LOCKS / f"speed_{peer}.py"
    command = [str(environments.peer(peer)), "-W", "ignore", str(script), str(given), str(output)]
    subprocess.run(command, check=True)
    return dict(np.load(output))


def refit_seconds(players: int) -> float:
    game = RefitGame(arrays(players))
    start = time.process_time()
    for row in enumerated(players):
        game(row)
    return time.process_time() - start


def overhead() -> str:
    """µs per evaluation that permutations and leverage add to a utility that costs nothing."""
    game = FunctionGame(PLAYERS, lambda members: members.sum(axis=1))
    found = []
    for method in ("permutation", "leverage"):
        value(game, method, budget=FREE_EVALUATIONS)  # imports and first calls are not counted
        start = time.process_time()
        evaluations = value(game, method, budget=FREE_EVALUATIONS, seed=1).evaluations
        found.append(f"{method} {(time.process_time() - start) / evaluations * 1e6:.0f} µs")
    return ", ".join(found) + "."


if __name__ == "__main__":
    main()

"""Error at equal numbers of distinct evaluations: ours beside the peers, on the judging games."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.valuation import environments, judging
from valuation.core import TableGame, value
from valuation.core.methods.controls import Chosen

BUDGETS = (100, 200, 500, 1000, 2000)
SEEDS = 10
METHODS = environments.ROOT / "valuation" / "core" / "methods"
OURS = "surrogate"
OURS_PLAIN = "surrogate, no controls"
BEST_OF = ("RegressionMSR", "ProxySHAP", "ProxySHAP adjusted", "SVARM")  # the target's peers
EXACT_PYDVL_MAX = 1 << 12  # it evaluates each coalition n times: minutes beyond

Cells = dict[tuple[str, str, int], Any]  # (game, estimator, budget) -> values (seeds, n)


@dataclass(frozen=True, slots=True)
class Measured:
    """Values of every estimator, and the exact ones.

    Attributes
    ----------
    tables : game -> float64 (2**n,)
    exact : game -> (n,)
    peer_exact : (game, peer) -> (n,)
    covered : (game, estimator, budget) -> share of our 95 % intervals that hold the exact value
    """

    tables: dict[str, Any]
    exact: dict[str, Any]
    cells: Cells
    peer_exact: dict[tuple[str, str], Any]
    covered: dict[tuple[str, str, int], float]

    @property
    def games(self) -> list[str]:
        return list(self.exact)

    @property
    def budgets(self) -> list[int]:
        return sorted({budget for _, estimator, budget in self.cells if estimator == OURS})

    def error(self, game: str, estimator: str, budget: int) -> float:
        """Median over the seeds of |estimate − exact| / |exact|, Euclidean norms."""
        exact, runs = self.exact[game], self.cells[game, estimator, budget]
        return float(np.median(np.linalg.norm(runs - exact, axis=1)) / np.linalg.norm(exact))

    def best(self, game: str, budget: int) -> float:
        """The smallest error among the peers of the target."""
        return min(self.error(game, peer, budget) for peer in BEST_OF)

    def ratios(self, estimator: str, against: str | None = None) -> list[float]:
        """Error over that of the best peer, or of `against`, in each cell."""
        return [
            self.error(game, estimator, budget)
            / (self.error(game, against, budget) if against else self.best(game, budget))
            for game in self.games
            for budget in self.budgets
        ]


def geometric_mean(ratios: list[float]) -> float:
    return float(np.exp(np.mean(np.log(ratios))))


def measure(
    names: list[str], budgets: tuple[int, ...] = BUDGETS, seeds: int = SEEDS, plain: bool = True
) -> Measured:
    """Tables of the games, then ours and the peers on them; `plain` also without controls."""
    packages, folder = environments.packages(), environments.FOLDER / "games"
    found = Measured(tables={}, exact={}, cells={}, peer_exact={}, covered={})
    for name in names:
        say(f"utilities of all coalitions: {name}")
        table = judging.table_of(name, packages, folder)
        found.tables[name] = table
        found.exact[name] = value(TableGame(table), "exact", budget=len(table)).values
    files = {name: judging.file_of(name, packages, folder) for name in names}
    for peer in ("shapiq", "pydvl"):
        read_peer(found, peer, run_peer(peer, files, budgets, seeds), list(files))
    for name in names:
        say(f"ours: {name}")
        run_ours(found, name, judging.game_of(name, packages), budgets, seeds, plain)
    return found


def run_peer(peer: str, files: dict[str, Path], budgets: Any, seeds: int) -> Path:
    """The peer's estimates, computed in its own environment; kept while nothing changes."""
    folder, script = environments.FOLDER / "runs", environments.LOCKS / f"run_{peer}.py"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        "tables": [str(file) for file in files.values()],
        "budgets": list(budgets),
        "seeds": seeds,
        "exact": True,
        "exact_max": EXACT_PYDVL_MAX,
    }
    digest = hashlib.sha256(json.dumps(wanted).encode() + script.read_bytes()).hexdigest()[:16]
    job, output = folder / f"{peer}-{digest}.json", folder / f"{peer}-{digest}.npz"
    if not output.exists():
        job.write_text(json.dumps({**wanted, "output": str(output)}))
        command = [str(environments.peer(peer)), "-W", "ignore", str(script), str(job)]
        subprocess.run(command, check=True)
    return output


def read_peer(found: Measured, peer: str, output: Path, names: list[str]) -> None:
    with np.load(output) as arrays:
        for key in arrays.files:
            number, what, *budget = key.split("|")
            game = names[int(number)]
            if budget:
                found.cells[game, what, int(budget[0])] = arrays[key]
            elif what == "exact":
                found.peer_exact[game, peer] = arrays[key]


def run_ours(found: Measured, name: str, game: Any, budgets: Any, seeds: int, plain: bool) -> None:
    """The surrogate with the controls the data game chooses, without any, and plain methods."""
    estimators = [(OURS, "surrogate", Chosen(game)), (OURS_PLAIN, "surrogate", ())]
    estimators = estimators[: 1 + plain]
    estimators += [("leverage", "leverage", ()), ("permutation", "permutation", ())]
    tabled = TableGame(found.tables[name])
    for estimator, method, controls in estimators:
        for budget in budgets:
            values, errors = kept(estimator, method, controls, tabled, budget, seeds)
            inside = np.abs(values - found.exact[name]) <= 1.96 * errors
            found.cells[name, estimator, budget] = values
            found.covered[name, estimator, budget] = float(np.mean(inside))


def kept(
    estimator: str, method: str, controls: Any, game: TableGame, budget: int, seeds: int
) -> tuple[Any, Any]:
    """Values and standard errors, (seeds, n) each; kept until the table or the method change."""
    digest = hashlib.sha256(game.utilities.tobytes())
    for pattern in (f"{method}*.py", "controls*.py"):
        for file in sorted(METHODS.glob(pattern)):
            digest.update(file.read_bytes())
    name = f"{estimator}-{budget}-{seeds}-{digest.hexdigest()[:16]}.npz"
    file = environments.FOLDER / "runs" / name.replace(" ", "-").replace(",", "")
    if not file.exists():
        results = [
            value(game, method, budget=budget, seed=seed, controls=controls)
            for seed in range(seeds)
        ]
        assert all(result.evaluations <= budget for result in results)
        np.savez(
            file,
            values=[result.values for result in results],
            errors=[result.standard_errors for result in results],
        )
    with np.load(file) as arrays:
        return arrays["values"], arrays["errors"]


def agreement(found: Measured) -> Iterator[tuple[str, str, float]]:
    """Largest difference of the peers' exact values from ours, as a share of the largest value."""
    for (game, peer), values in found.peer_exact.items():
        ours = found.exact[game]
        yield game, peer, float(np.abs(values - ours).max() / np.abs(ours).max())


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)

"""Error at equal numbers of distinct evaluations: ours beside the peers, on the judging games."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.valuation import environments, judging
from valuation.core import TableGame, value
from valuation.core.methods.controls import Chosen
from valuation.core.result import Z_95

BUDGETS = (100, 200, 500, 1000, 2000)
SEEDS = 10
METHODS = environments.ROOT / "valuation" / "core" / "methods"
GAMES, RUNS = environments.FOLDER / "games", environments.FOLDER / "runs"
OURS = "surrogate"
OURS_PLAIN = "surrogate, no controls"
ESTIMATORS = {
    OURS: "surrogate",
    OURS_PLAIN: "surrogate",
    "leverage": "leverage",
    "permutation": "permutation",
}
PEERS = ("shapiq", "pydvl")
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
    names: list[str],
    budgets: tuple[int, ...] = BUDGETS,
    seeds: int = SEEDS,
    plain: bool = True,
    processes: int = 1,
) -> Measured:
    """Tables of the games, then ours and the peers on them; `plain` also without controls."""
    environments.packages()
    for peer in PEERS:
        environments.peer(peer)
    found = Measured(tables={}, exact={}, cells={}, peer_exact={}, covered={})
    estimators = [name for name in ESTIMATORS if plain or name != OURS_PLAIN]
    cells = list(product(sorted(budgets), names, estimators))  # small budgets first
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        _all(pool, "utilities", table_of, names)
        of_peers = partial(run_peer, budgets=budgets, seeds=seeds)
        outputs = _all(pool, "peers", of_peers, list(product(PEERS, names)))
        ours = _all(pool, "ours", partial(kept, seeds=seeds), cells)
    for name in names:
        found.tables[name] = table_of(name)
        found.exact[name] = exact_of(name)
    for (peer, name), output in outputs.items():
        read_peer(found, name, peer, output)
    for (budget, name, estimator), (values, errors) in ours.items():
        inside = np.abs(values - found.exact[name]) <= Z_95 * errors
        found.cells[name, estimator, budget] = values
        found.covered[name, estimator, budget] = float(np.mean(inside))
    return found


def _all(pool: Executor, what: str, function: Callable[[Any], Any], jobs: list[Any]) -> Any:
    """What the function returns for each job, in whatever process; says how far it is."""
    done, start = {}, time.monotonic()
    for number, (job, result) in enumerate(zip(jobs, pool.map(function, jobs), strict=True), 1):
        done[job] = result
        say(f"{what}: {number} of {len(jobs)} after {time.monotonic() - start:.0f} s: {job}")
    return done


def table_of(name: str) -> Any:
    return judging.table_of(name, environments.packages(), GAMES)


def exact_of(name: str) -> Any:
    table = table_of(name)
    return value(TableGame(table), "exact", budget=len(table)).values


def run_peer(job: tuple[str, str], *, budgets: tuple[int, ...], seeds: int) -> Path:
    """A peer's estimates of a game, computed in its environment; kept while nothing changes."""
    peer, name = job
    file, script = _file_of(name), environments.LOCKS / f"run_{peer}.py"
    asked = {"budgets": list(budgets), "seeds": seeds, "exact_max": EXACT_PYDVL_MAX}
    wanted = json.dumps({"table": file.name, "lock": environments.peer(peer).parts[-3], **asked})
    digest = hashlib.sha256(wanted.encode() + script.read_bytes()).hexdigest()[:16]
    order, output = RUNS / f"{peer}-{digest}.json", RUNS / f"{peer}-{digest}.npz"
    if not output.exists():
        RUNS.mkdir(parents=True, exist_ok=True)
        order.write_text(json.dumps({"table": str(file), "output": str(output), **asked}))
        command = [str(environments.peer(peer)), "-W", "ignore", str(script), str(order)]
        subprocess.run(command, check=True)
    return output


def _file_of(name: str) -> Path:
    return judging.file_of(name, environments.packages(), GAMES)


def read_peer(found: Measured, name: str, peer: str, output: Path) -> None:
    with np.load(output) as arrays:
        for key in arrays.files:
            what, _, budget = key.partition("|")
            if budget:
                found.cells[name, what, int(budget)] = arrays[key]
            elif what == "exact":
                found.peer_exact[name, peer] = arrays[key]


def kept(job: tuple[int, str, str], *, seeds: int) -> tuple[Any, Any]:
    """Ours: values and standard errors, (seeds, n) each; kept while table and method stay."""
    budget, name, estimator = job
    method = ESTIMATORS[estimator]
    game = TableGame(table_of(name))
    digest = hashlib.sha256(game.utilities.tobytes())
    for pattern in (f"{method}*.py", "controls*.py"):
        for source in sorted(METHODS.glob(pattern)):
            digest.update(source.read_bytes())
    label = estimator.replace(" ", "-").replace(",", "")
    file = RUNS / f"{label}-{budget}-{seeds}-{digest.hexdigest()[:16]}.npz"
    if not file.exists():
        RUNS.mkdir(parents=True, exist_ok=True)
        controls = chosen(name) if estimator == OURS else ()
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


@cache
def chosen(name: str) -> Chosen:
    """The controls that the data game of that name chooses; its tables once per process."""
    return Chosen(judging.game_of(name, environments.packages()))


def agreement(found: Measured) -> Iterator[tuple[str, str, float]]:
    """Largest difference of the peers' exact values from ours, as a share of the largest value."""
    for (game, peer), values in found.peer_exact.items():
        ours = found.exact[game]
        yield game, peer, float(np.abs(values - ours).max() / np.abs(ours).max())


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)

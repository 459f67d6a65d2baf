"""How often the printed 95 % intervals hold the exact value, players pooled.

Usage: python -m tests.benchmarks.valuation.coverage [--runs 1000] [--budgets 200,500]
       [--methods leverage,stratified] [--processes 2] [--write]

Every game is evaluated once on all its coalitions; the runs read that table, each with its seed.
The exact value is that of the method's own solution: Shapley, Banzhaf or beta. Cells are kept under
var/benchmarks/coverage while the method's code stays, so a broken-off run goes on where it was.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.preprocessing import StandardScaler

from tests.benchmarks.valuation import environments
from valuation.core import METHODS, DataGame, TableGame, value
from valuation.core.coalitions import enumerated
from valuation.core.compare import coverage, distance

SAMPLED = (
    "surrogate", "permutation", "antithetic", "owen", "kernel", "leverage", "stratified",
    "banzhaf", "beta", "beta-4-1",
)  # fmt: skip
SLOW = {"surrogate": 4}  # method -> one run in so many: it takes a good part of a second
SLOW_BUDGET_MAX = 100
LOWEST, HIGHEST = 0.93, 0.97  # what VALUATION asks of each method and game
SHARED = ("spread", "regression", "designs", "strata")  # modules of valuation.core

CORE = environments.ROOT / "valuation" / "core"
KEPT = environments.FOLDER / "coverage"
PAGE = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- coverage: begin -->", "<!-- coverage: end -->"
INTRODUCTION = """## Intervals

`python -m tests.benchmarks.valuation.coverage --write` made this part: how often value ± 1.96
standard errors holds the exact value, players pooled, {runs} runs on each game ({slow} of the
surrogate), median relative error in brackets. 95 % is printed; 93 to 97 % is asked for, and what
lies outside is marked `!`. The exact value is that of the method's own solution. `truncated` is
biased by design and reports its gap instead.
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=1000)
    options.add_argument("--budgets", default="100,200,500")
    options.add_argument("--methods", default=",".join(SAMPLED))
    options.add_argument("--processes", type=int, default=1, help="cells measured at once")
    options.add_argument("--write", action="store_true", help="our part of docs/benchmarks.md")
    asked = options.parse_args()
    text = INTRODUCTION.format(runs=asked.runs, slow=asked.runs // SLOW["surrogate"])
    print(text)
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        for budget in map(int, asked.budgets.split(",")):
            for line in lines(pool, asked.methods.split(","), budget, asked.runs):
                print(line, flush=True)
                text += line + "\n"
    if asked.write:
        write(text)


def lines(pool: ProcessPoolExecutor, methods: list[str], budget: int, runs: int) -> Iterator[str]:
    """A table of one budget."""
    cells = pool.map(partial(cell, budget=budget, runs=runs), product(methods, GAMES))
    yield from ["", f"Budget {budget}:", ""]
    yield "| method | " + " | ".join(GAMES) + " |"
    yield "|---" * (len(GAMES) + 1) + "|"
    for method in methods:
        yield f"| {method} | " + " | ".join(next(cells) for _ in GAMES) + " |"


def write(text: str) -> None:
    """Our part of the page, between its marks."""
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n"
    if BEGIN not in page:
        page += f"\n{BEGIN}\n{END}\n"
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{text}{END}{after}")


def cell(of: tuple[str, str], *, budget: int, runs: int) -> str:
    """Coverage, marked where outside the limits, and the median relative error."""
    method, name = of
    most = SLOW_BUDGET_MAX if method in SLOW else budget
    if not METHODS[method].budget_min(tabled(name).n_players) <= budget <= most:
        return "–"
    covered, error = measured(method, name, budget, runs // SLOW.get(method, 1))
    mark = "" if LOWEST <= covered <= HIGHEST else " !"
    return f"{covered:.3f}{mark} ({error:.3f})"


def measured(method: str, name: str, budget: int, runs: int) -> tuple[float, float]:
    """Coverage and median relative error; kept while the table and the method's code stay."""
    game = tabled(name)
    digest = hashlib.sha256(game.utilities.tobytes() + f"{method} {budget} {runs}".encode())
    for source in sources(method):
        digest.update(source.read_bytes())
    file = KEPT / f"{method}-{budget}-{digest.hexdigest()[:16]}.json"
    if not file.exists():
        exact = exact_of(game, method)
        results = [
            value(game, method, budget=budget, seed=seed, controls=()) for seed in range(runs)
        ]
        covered = float(np.mean([coverage(result, exact) for result in results]))
        error = float(np.median([distance(result, exact) for result in results]))
        KEPT.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([covered, error]))
    covered, error = json.loads(file.read_text())
    return covered, error


def sources(method: str) -> list[Path]:
    """The code that a method's estimates follow from."""
    function = METHODS[method].function
    module = getattr(function, "func", function).__module__.rpartition(".")[2]
    own = sorted((CORE / "methods").glob(f"{module}*.py"))
    code = "".join(source.read_text() for source in own)
    return own + [CORE / f"{name}.py" for name in SHARED if f"core.{name} import" in code]


@cache
def tabled(name: str) -> TableGame:
    """All utilities of the game of that name."""
    return table_of(GAMES[name]())


def exact_of(game: TableGame, method: str) -> Any:
    name = "exact" if METHODS[method].shapley else method
    return value(game, name, budget=1 << game.n_players).values


def table_of(game: DataGame) -> TableGame:
    members = enumerated(game.n_players)
    parts = [game(members[at : at + 1024]) for at in range(0, len(members), 1024)]
    return TableGame(np.concatenate(parts))


def dealt(load: Callable[..., Any], seed: int, n_players: int, **spec: Any) -> DataGame:
    """A data set standardised, shuffled, dealt in unequal shares; player 0 has shuffled labels."""
    random = np.random.default_rng(seed)
    x, y = load(return_X_y=True)
    order = random.permutation(len(y))
    x, y = StandardScaler().fit_transform(x)[order], y[order].copy()
    validation = len(y) // 3
    shares = random.dirichlet(np.full(n_players, 4.0))
    owners = random.choice(n_players, p=shares, size=len(y) - validation)
    theirs = validation + np.flatnonzero(owners == 0)
    y[theirs] = random.permutation(y[theirs])
    return DataGame(
        x[validation:], y[validation:], owners, x[:validation], y[:validation],
        n_players=n_players, **spec,
    )  # fmt: skip


GAMES: dict[str, Callable[[], DataGame]] = {
    "naive Bayes, digits, Brier": lambda: dealt(
        load_digits, 11, 10, model="gaussian-naive-bayes", utility="brier"
    ),
    "naive Bayes, wine, log-loss": lambda: dealt(
        load_wine, 12, 10, model="gaussian-naive-bayes", utility="log-loss"
    ),
    "ridge, diabetes, R²": lambda: dealt(load_diabetes, 13, 10, model="ridge", utility="r2"),
    "5-NN, breast cancer, accuracy": lambda: dealt(
        load_breast_cancer, 14, 10, model="k-nearest-neighbours", utility="accuracy"
    ),
    "logistic, breast cancer, log-loss": lambda: dealt(
        load_breast_cancer, 15, 12, model="logistic-regression", utility="log-loss"
    ),
    "logistic, wine, probability": lambda: dealt(
        load_wine, 16, 12, model="logistic-regression", utility="probability"
    ),
}


if __name__ == "__main__":
    main()

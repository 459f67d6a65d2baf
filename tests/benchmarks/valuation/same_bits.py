"""The same run in 1 and in 4 worker processes, killed and resumed in between: the same bits.

Usage: python -m tests.benchmarks.valuation.same_bits

Shards are evaluated in any order by processes that are killed after the first few; what they do not
deliver is evaluated again by the next. The values are then compared byte by byte with `value`.
"""

import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from threadpoolctl import threadpool_limits

from tests.benchmarks.valuation.coverage import dealt
from valuation.core import DataGame, Plan, Result, evaluate, keys, shard_cut, value

SHARD_SIZE = 16
METHODS = ("exact", "surrogate", "leverage", "stratified", "permutation", "truncated")
SPECS: dict[str, dict[str, Any]] = {
    "logistic regression": {"model": "logistic-regression", "utility": "log-loss"},
    "naive Bayes": {"model": "gaussian-naive-bayes", "utility": "brier"},
    "random forest": {"model": "random-forest", "options": {"n_estimators": 10}},
}


def main() -> None:
    print("| game | method | 4 processes, killed and resumed |\n|---|---|---|")
    for name, spec in SPECS.items():
        game = dealt(load_breast_cancer, 21, 7, **spec)
        game.shard_size = SHARD_SIZE  # type: ignore[attr-defined]
        for method in METHODS:
            plan = Plan.of(game, method=method, budget=128 if method == "exact" else 90, seed=5)
            live = value(game, method, budget=plan.budget, seed=5)
            spread = in_processes(plan, game)
            same = live.values.tobytes() == spread.values.tobytes()
            print(f"| {name} | {method} | {'identical' if same else 'DIFFERENT'} |", flush=True)


def in_processes(plan: Plan, game: DataGame) -> Result:
    """The plan advanced over shards that processes take in random order and sometimes lose."""
    known: dict[bytes, float] = {}
    while not isinstance(step := plan.advance(known), Result):
        pending = list(shard_cut(step, SHARD_SIZE))
        while pending:
            random.shuffle(pending)
            for shard, utilities in delivered(game, pending):
                known.update(zip(keys(shard), utilities.tolist(), strict=True))
            pending = [shard for shard in pending if keys(shard)[0] not in known]
    return step


def delivered(game: DataGame, shards: list[Any]) -> list[tuple[Any, Any]]:
    """What 4 processes deliver before they are killed: all, or the first few of many shards."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(4, mp_context=context) as pool:
        jobs = [(shard, pool.submit(partial(work, game), shard)) for shard in shards]
        kept = jobs if len(jobs) < 3 else jobs[: len(jobs) // 2]
        done = [(shard, job.result()) for shard, job in kept]
        for process in list(pool._processes.values()):
            process.kill()
    return done


def work(game: DataGame, shard: Any) -> np.ndarray:
    with threadpool_limits(1):
        return evaluate(game, shard).utilities


if __name__ == "__main__":
    main()

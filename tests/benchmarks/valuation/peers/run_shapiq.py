"""shapiq's estimators on a table of utilities; runs in shapiq's environment.

Usage: python run_shapiq.py JOB.json; the job names table, budgets, seeds and the output.
"""

import json
import sys
import time
import warnings

import numpy as np
from shapiq.approximator import SVARM, KernelSHAP, ProxySHAP, RegressionMSR
from shapiq.game_theory.exact import ExactComputer

METHODS = {
    "RegressionMSR": lambda n, seed: RegressionMSR(n=n, index="SV", random_state=seed),
    "ProxySHAP": lambda n, seed: ProxySHAP(n=n, index="SV", max_order=1, random_state=seed),
    "ProxySHAP adjusted": lambda n, seed: ProxySHAP(
        n=n, index="SV", max_order=1, adjustment=True, random_state=seed
    ),
    "SVARM": lambda n, seed: SVARM(n=n, random_state=seed),
    "KernelSHAP": lambda n, seed: KernelSHAP(n=n, random_state=seed),
}


class Lookup:
    """A table as shapiq asks for it; v(∅) is taken off, and distinct coalitions are counted."""

    def __init__(self, table):
        self.table, self.seen = table, set()
        self.bits = 1 << np.arange(len(table).bit_length() - 1)

    def __call__(self, coalitions):
        numbers = np.asarray(coalitions).astype(np.int64) @ self.bits
        self.seen.update(numbers.tolist())
        return self.table[numbers] - self.table[0]


def estimate(name, table, budget, seed):
    game, n_players = Lookup(table), len(table).bit_length() - 1
    values = METHODS[name](n_players, seed).approximate(budget=budget, game=game)
    return values.get_n_order_values(1), len(game.seen)


def exact(table):
    """Values of the exact computer, and the CPU seconds it took."""
    n_players = len(table).bit_length() - 1
    start = time.process_time()
    values = ExactComputer(Lookup(table), n_players=n_players)("SV")
    return values.get_n_order_values(1), time.process_time() - start


def main():
    warnings.simplefilter("ignore")
    with open(sys.argv[1]) as file:
        job = json.load(file)
    table, found = np.load(job["table"])["table"], {}
    found["exact"], found["exact seconds"] = exact(table)
    for name in METHODS:
        for budget in job["budgets"]:
            runs = [estimate(name, table, budget, seed) for seed in range(job["seeds"])]
            found[f"{name}|{budget}"] = np.array([values for values, _ in runs])
            assert max(count for _, count in runs) <= budget, (name, budget)
    np.savez(job["output"], **found)


if __name__ == "__main__":
    main()

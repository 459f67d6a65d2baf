"""pyDVL's permutations on a table of utilities; runs in pyDVL's environment.

Usage: python run_pydvl.py JOB.json; the job names table, budgets, seeds and the output.
A run ends with the permutation that reaches the budget of distinct coalitions, so it may exceed it
by up to n − 2: in pyDVL's favour.
"""

import json
import sys
import time
import warnings

import numpy as np
from pydvl.utils.status import Status
from pydvl.valuation.dataset import Dataset
from pydvl.valuation.methods.shapley import ShapleyValuation
from pydvl.valuation.samplers import DeterministicUniformSampler, PermutationSampler
from pydvl.valuation.stopping import NoStopping, StoppingCriterion
from pydvl.valuation.utility.base import UtilityBase


class Lookup(UtilityBase):
    """A table as pyDVL asks for it; distinct coalitions are counted."""

    def __init__(self, table):
        self.table, self.seen = table, {0}

    def __call__(self, sample):
        number = 0 if sample is None else int(sum(1 << int(at) for at in sample.subset))
        self.seen.add(number)
        return float(self.table[number])


class Distinct(StoppingCriterion):
    """Stops once the utility has been asked for `budget` distinct coalitions."""

    def __init__(self, seen, budget):
        super().__init__()
        self.seen, self.budget = seen, budget

    def _check(self, result):
        return Status.Converged if len(self.seen) >= self.budget else Status.Pending


def players(table):
    numbers = np.arange(len(table).bit_length() - 1)
    return Dataset(numbers.reshape(-1, 1), numbers)


def permutations(table, budget, seed):
    utility = Lookup(table)
    stopping = Distinct(utility.seen, budget)
    sampler = PermutationSampler(seed=seed)
    valuation = ShapleyValuation(utility, sampler, stopping, progress=False)
    return valuation.fit(players(table)).result.values


def exact(table):
    """Values over all subsets, and the CPU seconds they took."""
    utility = Lookup(table)
    sampler = DeterministicUniformSampler()
    start = time.process_time()
    valuation = ShapleyValuation(utility, sampler, NoStopping(), progress=False)
    values = valuation.fit(players(table)).result.values
    return values, time.process_time() - start


def main():
    warnings.simplefilter("ignore")
    with open(sys.argv[1]) as file:
        job = json.load(file)
    table, found = np.load(job["table"])["table"], {}
    if len(table) <= job["exact_max"]:
        found["exact"], found["exact seconds"] = exact(table)
    for budget in job["budgets"]:
        runs = [permutations(table, budget, seed) for seed in range(job["seeds"])]
        found[f"permutations|{budget}"] = np.array(runs)
    np.savez(job["output"], **found)


if __name__ == "__main__":
    main()

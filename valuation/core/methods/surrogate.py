"""A Gaussian-process surrogate with closed-form Shapley values: the default estimator.

Rounds of growing size. In each the surrogate is fitted to all utilities so far
(`surrogate_posterior`), then chooses most of the next round: the coalitions that lower the players'
posterior variances most (`surrogate_design`); the rest is drawn at random over all sizes, so that a
wrong fit is found out. What an earlier run has seen is learned from before the first round and is
not counted. What has been seen counts as seen: the white part of the kernel belongs to the game,
the error falls to zero as the budget reaches 2^n, and values sum to v(N) − v(∅).

Beyond `SAMPLE_MAX` coalitions the surrogate stays as it is, and its residuals on further random
coalitions correct it: an unbiased stratified estimate, whatever the surrogate. See
docs/algorithms/surrogate.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from valuation.core.coalitions import Coalitions, Floats, ends, keys
from valuation.core.methods import surrogate_posterior as posteriors
from valuation.core.methods.controls import Control, usable
from valuation.core.methods.exact import exact, semivalues, shapley_weights
from valuation.core.methods.surrogate_correction import Correction, corrected
from valuation.core.methods.surrogate_design import spread, telling
from valuation.core.methods.surrogate_posterior import Posterior
from valuation.core.problem import Asking, Looks, Memo, Problem
from valuation.core.result import Result
from valuation.errors import DeadlinePassed

SAMPLE_MAX = 2500  # coalitions the process is fitted to: seconds, 50 MB; the rest correct it
GROWTH = 1.7  # from round to round; a fit each, so slower growth costs time and gains little
FIRST_MIN = 40  # below it nothing can be learned about the kernel
AT_RANDOM = 0.25  # of each round; 0 to 0.4 were tried and differ by a tenth
CANDIDATES_PER_PICK, CANDIDATES_MIN, CANDIDATES_MAX = 3, 500, 1500  # 18 MB of covariances


@dataclass(slots=True)
class State:
    """What has been seen, in the order asked: coalitions (b, n) and utilities (b,)."""

    members: Coalitions
    utilities: Floats

    def __len__(self) -> int:
        return len(self.members)

    def add(self, members: Coalitions, utilities: Floats) -> None:
        self.members = np.concatenate([self.members, members])
        self.utilities = np.concatenate([self.utilities, utilities])


def budget_min(n_players: int) -> int:
    """∅, N and one coalition for each player."""
    return n_players + 2


def schedule(n_players: int, budget: int) -> list[int]:
    """Budgets at the ends of the rounds.

    >>> schedule(12, 200)
    [40, 68, 115, 200]
    """
    stops = [max(2 * n_players + 2, FIRST_MIN)]
    while stops[-1] * GROWTH * GROWTH**0.5 < budget:
        stops.append(int(stops[-1] * GROWTH))
    return [*stops, budget] if stops[-1] < budget else [budget]


def surrogate(problem: Problem) -> Asking:
    """Shapley values of the surrogate; exact once every coalition has been asked for."""
    if problem.enumerable and not problem.stoppable and problem.tolerance is None:
        return (yield from exact(problem, "surrogate"))
    return (yield from _in_rounds(problem, usable(problem)))


def _in_rounds(problem: Problem, controls: tuple[Control, ...]) -> Asking:
    n, memo, generator = problem.n_players, Memo(problem), problem.generator()
    looks = Looks(problem.tolerance)
    state, given = _begun(problem)
    budget = problem.budget if n > 62 else min(problem.budget, (1 << n) - given)
    posterior = _fitted(state, controls, None) if given >= FIRST_MIN else None
    result = None
    for stop in schedule(n, budget):
        chosen = _next_round(state, stop + given - len(state), posterior, controls, generator)
        utilities = yield from memo.ask(chosen)
        if utilities is None:
            break
        state.add(chosen, utilities)
        if n <= 62 and len(state) == 1 << n:
            return _exactly(problem, state)
        posterior = _fitted(state, controls, posterior)
        result = _result(problem, state, posterior)
        if looks.settle(result):
            break
    if result is None:
        raise DeadlinePassed
    return result


def _begun(problem: Problem) -> tuple[State, int]:
    """∅, N and what an earlier run has seen, and how many those are."""
    state = State(ends(problem.n_players), np.array([problem.empty, problem.grand]))
    if problem.given is not None:
        state.add(*problem.given)
    return state, len(state) - 2


def _next_round(
    state: State,
    count: int,
    posterior: Posterior | None,
    controls: tuple[Control, ...],
    generator: np.random.Generator,
) -> Coalitions:
    """The next coalitions: random at first and past `SAMPLE_MAX`, else mostly by what they tell."""
    n, seen = state.members.shape[1], set(keys(state.members))
    told = 0 if posterior is None else min(count, max(SAMPLE_MAX - len(state), 0))
    told = int(told * (1 - AT_RANDOM))
    drawn = spread(n, count - told, seen, generator)
    if posterior is None or not told:
        return drawn
    seen.update(keys(drawn))
    wanted = min(max(CANDIDATES_PER_PICK * told, CANDIDATES_MIN), CANDIDATES_MAX)
    pool = spread(n, wanted, seen, generator)
    aware = posterior.given(drawn)
    picked = telling(aware, posteriors.asked(pool, controls), min(told, len(pool)))
    return np.concatenate([pool[picked], drawn])


def _fitted(state: State, controls: tuple[Control, ...], before: Posterior | None) -> Posterior:
    """The surrogate of the first `SAMPLE_MAX` coalitions; unchanged once it has them."""
    if before is not None and len(before.sample.members) == SAMPLE_MAX:
        return before
    members, utilities = state.members[:SAMPLE_MAX], state.utilities[:SAMPLE_MAX]
    start = None if before is None else before.theta
    return posteriors.fitted(members, utilities, controls, start)


def _result(problem: Problem, state: State, posterior: Posterior) -> Result:
    values, variances = posterior.values, posterior.calibrated_variances
    if len(state) > SAMPLE_MAX:
        beyond = Correction(posterior, state.members[SAMPLE_MAX:], state.utilities[SAMPLE_MAX:])
        values, variances = corrected(beyond)
    values = values + (problem.range - values.sum()) / problem.n_players
    return problem.result(
        values,
        np.sqrt(variances),
        "surrogate",
        controls=len(posterior.controls),
        calibration=posterior.calibration,
        corrected_by=max(len(state) - SAMPLE_MAX, 0),
    )


def _exactly(problem: Problem, state: State) -> Result:
    """Every coalition has been seen."""
    table = np.empty(len(state))
    table[state.members @ (1 << np.arange(problem.n_players))] = state.utilities
    values = semivalues(table, shapley_weights(problem.n_players))
    return problem.result(values, np.zeros(problem.n_players), "surrogate")

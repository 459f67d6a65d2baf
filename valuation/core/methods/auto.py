"""Which method fits a game and a budget, and why."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from valuation.core.methods.exact import PLAYERS_MAX
from valuation.core.methods.registered import Method
from valuation.core.problem import Problem

# Best first by error in trials. Beyond 64 players the surrogate takes minutes and gains nothing.
SAMPLED = ("surrogate", "leverage", "stratified", "permutation")
SAMPLED_MANY_PLAYERS = ("stratified", "permutation", "leverage", "surrogate")
MANY_PLAYERS = 65
CHEAP_PLAYERS_MAX = 20  # a million evaluations of microseconds each


def choose(problem: Problem, methods: Mapping[str, Method]) -> tuple[str, str]:
    """The name of a method and the reason for it, as a sentence."""
    fits = problem.enumerable and problem.n_players <= PLAYERS_MAX
    count = f"2**{problem.n_players} coalitions"
    if fits and not problem.stoppable:
        return "exact", f"the budget of {problem.budget} covers all {count}"
    name = _affordable(problem, methods)
    if fits:
        return name, f"exact once all {count} are in; the deadline may come before"
    cheap = problem.cheap and problem.n_players <= CHEAP_PLAYERS_MAX
    hint = "; a budget of all of them would be cheap and exact" if cheap else ""
    return name, f"no closed form, and the budget of {problem.budget} is below {count}{hint}"


def _affordable(problem: Problem, methods: Mapping[str, Method]) -> str:
    """The first whose minimum the budget reaches; the least demanding if none does."""
    names = SAMPLED if problem.n_players < MANY_PLAYERS else SAMPLED_MANY_PLAYERS
    needed = {name: methods[name].budget_min(problem.n_players) for name in names}
    paid_for = [name for name in names if needed[name] <= problem.budget]
    return paid_for[0] if paid_for else min(names, key=needed.__getitem__)


def with_closed_form(problem: Problem) -> tuple[Problem, bool]:
    """The problem with its closed form computed once, and whether it has one."""
    values = problem.closed_form() if problem.closed_form else None
    if values is None:
        return problem, False
    fixed = np.array(values, dtype=np.float64)
    return replace(problem, closed_form=lambda: fixed), True

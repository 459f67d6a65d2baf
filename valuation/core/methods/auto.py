"""Which method fits a game and a budget, and why."""

from collections.abc import Container
from dataclasses import replace

import numpy as np

from valuation.core.methods.exact import PLAYERS_MAX
from valuation.core.problem import Problem

_SAMPLED = ("surrogate", "leverage", "stratified", "permutation")  # best first, by error measured


def choose(problem: Problem, available: Container[str]) -> tuple[str, str]:
    """The name of a method and the reason for it, as a sentence."""
    if problem.n_players == 1:
        return "exact", "one player alone has everything"
    fits = problem.enumerable and problem.n_players <= PLAYERS_MAX
    count = f"2**{problem.n_players} coalitions"
    if fits and not problem.stoppable:
        return "exact", f"the budget of {problem.budget} covers all {count}"
    name = next(name for name in _SAMPLED if name in available)
    if fits:
        return name, f"exact once all {count} are in; the deadline may come before"
    hint = "; a budget of all of them would be cheap and exact" if _could_be_exact(problem) else ""
    return name, f"no closed form, and the budget of {problem.budget} is below {count}{hint}"


def with_closed_form(problem: Problem) -> tuple[Problem, bool]:
    """The problem with its closed form computed once, and whether it has one."""
    values = problem.closed_form() if problem.closed_form else None
    if values is None:
        return problem, False
    fixed = np.array(values, dtype=np.float64)
    return replace(problem, closed_form=lambda: fixed), True


def _could_be_exact(problem: Problem) -> bool:
    return problem.cheap and problem.n_players <= 20  # a million evaluations of microseconds

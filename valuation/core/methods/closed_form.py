"""Exact values by the game's own formula, without enumeration.

Grouped k-nearest neighbours: docs/algorithms/closed-form.md.
"""

import numpy as np

from valuation.core.problem import Asking, Problem
from valuation.errors import NoClosedForm


def closed_form(problem: Problem) -> Asking:
    """The game's closed form; exact, with standard errors 0, at no evaluation but v(∅) and v(N).

    Raises
    ------
    NoClosedForm
        If the game has none for its model and utility.
    """
    values = problem.closed_form() if problem.closed_form else None
    if values is None:
        raise NoClosedForm
    values = np.array(values, dtype=np.float64)
    return problem.result(values, np.zeros(problem.n_players), "closed-form")
    yield np.empty((0, problem.n_players), dtype=np.bool_)  # a generator like the others

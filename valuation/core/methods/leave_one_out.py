"""What the grand coalition loses without each player.

Cook, R. D. (1977). Detection of influential observation in linear regression.
"""

import numpy as np

from valuation.core.problem import Asking, Memo, Problem


def leave_one_out(problem: Problem) -> Asking:
    """v(N) − v(N without i); exact, with standard errors 0.

    The values sum to whatever they sum to: two copies of one player's data are
    each worth nothing.
    """
    without = ~np.eye(problem.n_players, dtype=np.bool_)
    utilities = yield from Memo(problem).need(without)
    values = problem.grand - utilities
    sum_ = float(values.sum())
    return problem.result(values, np.zeros(problem.n_players), "leave-one-out", sum=sum_)

"""The least core: payments that no coalition has much reason to reject.

Maschler, M., Peleg, B., Shapley, L. S. (1979). Geometric properties of the
kernel, nucleolus, and related solution concepts. Yan, T., Procaccia, A. D. (2021).
If you like Shapley then you'll love the core. See docs/algorithms/least-core.md.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog, nnls

from valuation.core.coalitions import Coalitions, Floats, enumerated
from valuation.core.designs import pairs_within
from valuation.core.problem import Asking, Problem, in_rounds
from valuation.core.result import Result
from valuation.core.spread import small_sample_factor

SLACK = 1e-9  # of the range, by which a constraint may be missed: HiGHS' own tolerance is 1e-7
GROUPS = 8  # of coalitions, each left out once to see how much the payments depend on it


def budget_min(n_players: int) -> int:
    """Two coalitions of every size at least, the single players among them."""
    return min(4 * n_players + 2, 1 << min(n_players, 62))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """How far payments are from the core, as far as the coalitions examined show.

    Attributes
    ----------
    excess : float, the largest v(S) − v(∅) − payment(S) of any coalition but ∅ and N
    blocking : players of the coalition that has it, the larger one of equals;
        it blocks if the excess is positive
    """

    excess: float
    blocking: list[int]


def stability(payments: Floats, members: Coalitions, gains: Floats) -> Stability:
    """The coalition with the most reason to leave; gains (m,) are v(S) − v(∅).

    >>> stability(np.array([1.0, 0.0]), np.eye(2) > 0, np.array([0.5, 0.25]))
    Stability(excess=0.25, blocking=[1])
    """
    excess = gains - members @ payments
    near = SLACK * max(float(np.abs(gains).max()), 1e-300)
    ties = np.flatnonzero(excess >= excess.max() - near)
    worst = ties[members[ties].sum(axis=1).argmax()]
    return Stability(excess=float(excess[worst]), blocking=np.flatnonzero(members[worst]).tolist())


def least_core(problem: Problem) -> Asking:
    """Payments that sum to v(N) − v(∅) and leave the largest excess e* as small as possible.

    Among all such payments the one of least squares (egalitarian least core), so
    the answer is unique. Of the coalitions evaluated only: with a small budget a
    coalition not looked at may have more reason to leave.
    """

    n_players = problem.n_players

    @cache
    def design(budget: int) -> Coalitions:
        return pairs_within(problem, budget).coalitions

    def estimate(budget: int, utilities: Floats) -> Result:
        members, gains = design(budget), utilities - problem.empty
        scale = _scale(problem, gains)
        errors = _jackknife(members, gains / scale, problem.range / scale) * scale
        return _solved(problem, members, gains, errors)

    def whole(table: Floats) -> Result:
        members = enumerated(n_players)[1:-1]
        return _solved(problem, members, table[1:-1] - problem.empty, np.zeros(n_players))

    return (yield from in_rounds(problem, budget_min(n_players), design, estimate, whole))


def _scale(problem: Problem, gains: Floats) -> float:
    return max(float(np.abs(gains).max()), abs(problem.range)) or 1.0


def _solved(problem: Problem, members: Coalitions, gains: Floats, errors: Floats) -> Result:
    scale = _scale(problem, gains)
    payments, e_star = payments_of(members, gains / scale, problem.range / scale)
    payments = payments * scale
    audit = stability(payments, members, gains)
    return problem.result(
        payments,
        errors,
        "least-core",
        e_star=e_star * scale,
        largest_excess=audit.excess,
        blocking=audit.blocking,
        core_is_empty=bool(e_star > SLACK),
        constraints=len(members),
    )


def payments_of(members: Coalitions, gains: Floats, range_: float) -> tuple[Floats, float]:
    """The egalitarian least-core payments (n,) and e*.

    Notes
    -----
    First a linear programme for e*, then the payments nearest to equal shares
    that keep to it: with x = range / n + Q y, least squares of y under
    inequalities, which is one non-negative least-squares problem (Lawson &
    Hanson 1974, chapter 23).
    """
    n_players = members.shape[1]
    e_star = _least_excess(members, gains, range_)
    centred = members - members.mean(axis=1, keepdims=True)
    limits = gains - e_star - SLACK - members.sum(axis=1) * range_ / n_players
    stacked = np.vstack([centred.T, limits])
    target = np.zeros(n_players + 1)
    target[-1] = 1.0
    multipliers, _ = nnls(stacked, target, maxiter=50 * stacked.shape[1])
    residual = stacked @ multipliers - target
    apart = -residual[:-1] / residual[-1] if residual[-1] else np.zeros(n_players)
    payments = range_ / n_players + apart - apart.mean()
    return payments, e_star


def _least_excess(members: Coalitions, gains: Floats, range_: float) -> float:
    n_players = members.shape[1]
    rows = np.hstack([-members.astype(np.float64), -np.ones((len(members), 1))])
    cost = np.append(np.zeros(n_players), 1.0)
    whole = np.append(np.ones(n_players), 0.0)[None, :]
    free = [(None, None)] * (n_players + 1)
    solved = linprog(cost, rows, -gains, whole, [range_], free, method="highs")
    assert solved.status == 0, "the least core always exists and is bounded"
    return float(solved.fun)


def _jackknife(members: Coalitions, gains: Floats, range_: float) -> Floats:
    """How much the payments move when an eighth of the coalitions had not been looked at."""
    group: NDArray[np.int64] = np.arange(len(members)) % GROUPS
    kept = [
        payments_of(members[group != out], gains[group != out], range_)[0] for out in range(GROUPS)
    ]
    spread = np.var(kept, axis=0) * (GROUPS - 1)
    return np.sqrt(spread) * small_sample_factor(GROUPS - 1)

"""What a method is given and how it asks: the problem and the memo.

A method does no input or output. It is a generator function

    method(problem) -> Generator[coalitions (b, n), utilities (b,) | None, Result]

that yields rounds of *distinct, not yet requested* coalitions and is sent their
utilities, in order; ∅ and N are evaluated before it starts. It is sent `None`
when there is no time for the round: it then finishes with what it has. It must
be a function of the problem and of what it is sent, so that a run can be
replayed from stored utilities on any machine.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from valuation.core.coalitions import Coalitions, Floats, ends, enumerated, keys
from valuation.core.games.base import Game
from valuation.core.result import Result
from valuation.errors import BudgetTooSmall, DeadlinePassed

Asking: TypeAlias = Generator[Coalitions, Floats | None, Result]
ROUND_GROWTH = 1.5  # each round that may be the last lets at most a third of the work be lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One game to be valued, without the game.

    Attributes
    ----------
    budget : int
        Distinct coalitions that may be asked for, ∅ and N included.
    empty, grand : float
        v(∅) and v(N), already evaluated and counted.
    controls : sequence of games
        Cheap games on the same players; not counted.
    tolerance : float or None
        Stop once every 95 % half-width is at most this share of v(N) − v(∅): see `Looks`.
    stoppable : bool
        Whether a deadline may end the run: then rounds start small.
    cheap : bool
        Whether an evaluation costs microseconds.
    closed_form : callable or None
        Gives the exact values without any evaluation, or None where there is no formula.
    coreset : callable or None
        Gives the game on that share of every player's rows.
    given : coalitions (k, n) and their utilities (k,)
        Known from an earlier run, not counted; ∅ and N are not among them.
    """

    n_players: int
    budget: int
    seed: int
    empty: float
    grand: float
    controls: Sequence[Game] = ()
    tolerance: float | None = None
    stoppable: bool = False
    cheap: bool = False
    closed_form: Callable[[], Floats | None] | None = None
    coreset: Callable[[float], Game] | None = None
    given: tuple[Coalitions, Floats] | None = None

    @property
    def range(self) -> float:
        """v(N) − v(∅)."""
        return self.grand - self.empty

    @property
    def enumerable(self) -> bool:
        """Whether the budget covers every coalition."""
        return self.n_players < 63 and self.budget >= 1 << self.n_players

    def generator(self, *spawn_key: int) -> np.random.Generator:
        """The random stream of this run with that index, the same on every machine."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=spawn_key))

    def result(self, values: Floats, errors: Floats, method: str, **details: object) -> Result:
        """A result of this problem."""
        return Result(
            values=values,
            standard_errors=errors,
            method=method,
            empty=self.empty,
            grand=self.grand,
            details=details,
        )


@dataclass(slots=True)
class Looks:
    """The looks of a run at its own results; a tolerance met at two in succession ends it.

    Among several looks one finds standard errors that are small by luck, and a run
    that ends there has intervals that are too narrow. Another round tells.
    """

    tolerance: float | None
    met: bool = False

    def settle(self, result: Result) -> bool:
        """Whether the run may end with this result; each is shown once."""
        before = self.met
        self.met = self.tolerance is not None and result.uncertainty <= self.tolerance
        return before and self.met


class Memo:
    """The utilities a run has received: asks for no coalition twice, never above the budget."""

    __slots__ = ("_budget", "_utilities")

    def __init__(self, problem: Problem) -> None:
        names = keys(ends(problem.n_players))
        self._budget = problem.budget
        self._utilities = dict(zip(names, (problem.empty, problem.grand), strict=True))
        if problem.given is not None:
            members, utilities = problem.given
            self._budget += len(members)
            self._utilities.update(zip(keys(members), utilities.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self._utilities)

    def __contains__(self, name: bytes) -> bool:
        return name in self._utilities

    @property
    def remaining(self) -> int:
        """Evaluations that the budget still allows."""
        return self._budget - len(self._utilities)

    def ask(self, coalitions: Coalitions) -> Generator[Coalitions, Floats | None, Floats | None]:
        """Utilities of the rows, repeated or known ones at no cost; `None` if time is up.

        Use as `utilities = yield from memo.ask(coalitions)`.
        """
        names = keys(coalitions)
        fresh: dict[bytes, int] = {}
        for row, name in enumerate(names):
            if name not in self._utilities:
                fresh.setdefault(name, row)
        if fresh:
            assert len(fresh) <= self.remaining, "a method asked for more than its budget"
            utilities = yield coalitions[list(fresh.values())]
            if utilities is None:
                return None
            self._utilities.update(zip(fresh, utilities.tolist(), strict=True))
        return np.array([self._utilities[name] for name in names])

    def need(self, coalitions: Coalitions) -> Generator[Coalitions, Floats | None, Floats]:
        """Utilities of the rows, without which there is no result.

        Raises
        ------
        DeadlinePassed
        """
        utilities = yield from self.ask(coalitions)
        if utilities is None:
            raise DeadlinePassed
        return utilities


def checkpoints(problem: Problem, minimum: int, last: int) -> list[int]:
    """Budgets at which to look: one, unless a tolerance or a deadline may end the run."""
    if problem.tolerance is None and not problem.stoppable:
        return [last]
    budgets = [minimum]
    while budgets[-1] * ROUND_GROWTH < last:
        budgets.append(int(budgets[-1] * ROUND_GROWTH) + 1)
    return [*budgets[:-1], last]


def in_rounds(
    problem: Problem,
    minimum: int,
    design: Callable[[int], Coalitions],
    estimate: Callable[[int, Floats], Result],
    whole: Callable[[Floats], Result] | None = None,
) -> Asking:
    """Evaluate a nested design until the budget, the tolerance or the time is reached.

    Parameters
    ----------
    minimum : int
        The smallest budget that gives a result.
    design : budget -> coalitions
        At most that many distinct coalitions besides ∅ and N; a larger budget
        contains the smaller one's.
    estimate : (budget, utilities of the design) -> result
    whole : (utilities of all coalitions in the order of their bits) -> result
        Takes over where the budget covers every coalition.
    """
    memo, looks, result = Memo(problem), Looks(problem.tolerance), None
    covered = whole is not None and problem.enumerable
    stops = checkpoints(problem, minimum, 1 << problem.n_players if covered else problem.budget)
    for budget in stops:
        everything = covered and budget == stops[-1]
        asked = enumerated(problem.n_players) if everything else design(budget)
        utilities = yield from memo.ask(asked)
        if utilities is None:
            break
        if whole is not None and everything:
            return whole(utilities)
        try:
            result = estimate(budget, utilities)
        except BudgetTooSmall:
            if budget == stops[-1]:
                raise
            continue  # a larger part of the budget may determine the values
        if looks.settle(result):
            break
    if result is None:
        raise DeadlinePassed
    return result

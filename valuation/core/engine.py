"""Runs: a method is driven in process by `value`, or replayed by a `Plan`.

Both play the same generator and cut its rounds into the same shards, on one
thread of BLAS and OpenMP, so they give the same bits.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import cast

import numpy as np
from threadpoolctl import ThreadpoolController

from valuation.core.axioms import is_efficient
from valuation.core.coalitions import (
    SHARD_SIZE,
    SHARD_SIZE_CHEAP,
    Coalitions,
    Floats,
    distinct,
    ends,
    keys,
    shard_cut,
)
from valuation.core.games.base import Game
from valuation.core.games.data import DataGame
from valuation.core.methods import Method, method_named
from valuation.core.methods.controls import Chosen
from valuation.core.methods.core_shap import coreset_game
from valuation.core.problem import Asking, Problem
from valuation.core.result import Result
from valuation.errors import ShapeMismatch, UtilityNotFinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """One evaluated shard: utilities (b,), and how many coalitions could not train."""

    utilities: Floats
    untrainable: int


def evaluate(game: Game, coalitions: Coalitions) -> Evaluated:
    """Pass one shard to the game: what a worker does.

    Raises
    ------
    UtilityNotFinite, ShapeMismatch
    """
    utilities = np.asarray(game(coalitions), dtype=np.float64)
    if utilities.shape != (len(coalitions),):
        raise ShapeMismatch(
            f"The game returned shape {utilities.shape} for {len(coalitions)} coalitions."
        )
    if not np.isfinite(utilities).all():
        row = int(np.flatnonzero(~np.isfinite(utilities))[0])
        members = np.flatnonzero(coalitions[row]).tolist()
        raise UtilityNotFinite(
            f"The utility of the coalition of players {members} is {utilities[row]}.",
            players=members,
        )
    judge = getattr(game, "untrainable", None)
    untrainable = int(np.sum(judge(coalitions))) if judge else 0
    return Evaluated(utilities=utilities, untrainable=untrainable)


@cache
def _threads() -> ThreadpoolController:
    """Found once, when the first run begins: looking for libraries takes 10 ms."""
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[None]:
    """Inside, linear algebra and OpenMP run on one thread, so that sums keep their order."""
    return cast(AbstractContextManager[None], _threads().limit(limits=1))


def shard_size(game: Game) -> int:
    """Coalitions per shard: the game's own `shard_size`, or by whether it is `cheap`."""
    default = SHARD_SIZE_CHEAP if getattr(game, "cheap", False) else SHARD_SIZE
    return int(getattr(game, "shard_size", None) or default)


def _controls(game: Game, controls: Sequence[Game] | None) -> Sequence[Game]:
    return Chosen(game) if controls is None else tuple(controls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run as a specification: played from its start against known utilities.

    The database keeps the utilities, the plan says what is still needed:

    >>> plan = Plan(method="exact", n_players=2, budget=4)
    >>> known = {}
    >>> while not isinstance(step := plan.advance(known), Result):
    ...     known.update(zip(keys(step), step.sum(axis=1) ** 2.0))
    >>> step.values
    array([2., 2.])

    Attributes
    ----------
    stoppable : bool
        Whether `advance` may be called with `stop=True`: rounds then start small.
    given : bool (k, n) or None
        Coalitions whose utilities are known from an earlier run. They are asked for
        with ∅ and N, in the first round, and do not count towards the budget.

    Notes
    -----
    The rounds and the result are functions of the plan and the utilities alone.
    Utilities known from an earlier run are not asked for again; they count
    towards the budget like the others, so the values are those of a run from
    nothing, and an earlier run continues with a larger budget. As a round
    shrinks by what is known, a game whose last bits depend on the composition of
    a shard needs the memo named in the specification: `memo_digest`.
    """

    n_players: int
    method: str = "auto"
    budget: int = 200
    seed: int = 0
    controls: Sequence[Game] = ()
    tolerance: float | None = None
    stoppable: bool = False
    cheap: bool = False
    closed_form: Callable[[], Floats | None] | None = None
    coreset: Callable[[float], Game] | None = None
    given: Coalitions | None = None

    @classmethod
    def of(
        cls,
        game: Game,
        *,
        method: str = "auto",
        budget: int = 200,
        seed: int = 0,
        controls: Sequence[Game] | None = None,
        tolerance: float | None = None,
        stoppable: bool = False,
        given: Coalitions | None = None,
    ) -> "Plan":
        """The plan of valuing this game."""
        return cls(
            n_players=game.n_players,
            method=method,
            budget=budget,
            seed=seed,
            controls=_controls(game, controls),
            tolerance=tolerance,
            stoppable=stoppable,
            cheap=bool(getattr(game, "cheap", False)),
            closed_form=getattr(game, "closed_form", None),
            coreset=partial(coreset_game, game) if isinstance(game, DataGame) else None,
            given=given,
        )

    def play(self) -> Asking:
        """The whole run as one generator: ∅ and N, then the method.

        Raises
        ------
        UnknownMethod, ShapeMismatch, BudgetTooSmall, and what the method refuses
        """
        method = method_named(self.method)
        if self.n_players < 1:
            raise ShapeMismatch("A game needs at least one player.")
        method.require(self.budget, self.n_players)
        first = ends(self.n_players)
        if self.given is not None:
            first = distinct(np.concatenate([first, self.given]))
        utilities = yield first
        assert utilities is not None, "∅ and N are evaluated whatever the time"
        problem = self._problem(float(utilities[0]), float(utilities[1]))
        if self.given is not None:
            problem = replace(problem, given=(first[2:], utilities[2:]))
        result = yield from (_single(problem) if self.n_players == 1 else method.function(problem))
        assert not _is_shapley(method, result) or is_efficient(result), "values do not add up"
        return result

    def _problem(self, empty: float, grand: float) -> Problem:
        return Problem(
            n_players=self.n_players,
            budget=self.budget,
            seed=self.seed,
            empty=empty,
            grand=grand,
            controls=self.controls,
            tolerance=self.tolerance,
            stoppable=self.stoppable,
            cheap=self.cheap,
            closed_form=self.closed_form,
            coreset=self.coreset,
        )

    def advance(self, known: Mapping[bytes, float], *, stop: bool = False) -> Coalitions | Result:
        """Replay the run: the coalitions needed next, or the result.

        Parameters
        ----------
        known : key -> utility
        stop : bool
            Whether there is no time for another round: the result is then of the
            rounds that are complete.

        Returns
        -------
        coalitions : bool (b, n), distinct, none of them known
            Cut them with `shard_cut`, evaluate and store every shard, then come
            again with all of them known: a round is cut once.
        result : Result
            `untrainable` is left at 0; who evaluates counts.
        """
        with one_thread():
            return self._replay(known, stop=stop)

    def _replay(self, known: Mapping[bytes, float], *, stop: bool) -> Coalitions | Result:
        run, reply, asked = self.play(), None, set[bytes]()
        try:
            round_ = next(run)
            while True:
                names = keys(round_)
                missing = [row for row, name in enumerate(names) if name not in known]
                if missing and not (stop and asked):
                    return round_[missing]
                reply = None if missing else np.array([known[name] for name in names])
                asked.update(() if missing else names)
                round_ = run.send(reply)
        except StopIteration as done:
            return replace(done.value, evaluations=len(asked) + done.value.evaluations)


def _is_shapley(method: Method, result: Result) -> bool:
    return method.shapley and "efficiency_gap" not in result.details


def _single(problem: Problem) -> Asking:
    """One player alone has everything, exactly."""
    result = problem.result(np.array([problem.range]), np.zeros(1), "exact")
    return replace(result, reason="one player alone has everything")
    yield np.empty((0, 1), dtype=np.bool_)  # makes this a generator like the others


def value(  # noqa: PLR0917 - the contract's order
    game: Game,
    method: str = "auto",
    budget: int = 200,
    seed: int = 0,
    controls: Sequence[Game] | None = None,
    deadline_s: float | None = None,
    tolerance: float | None = None,
) -> Result:
    """Value the players of a game.

    Parameters
    ----------
    game : callable, bool (b, n_players) -> float64 (b,)
    method : str
        A name of `METHODS`; `auto` picks and says why in `result.reason`.
    budget : int
        Distinct coalitions passed to the game, ∅ and N included; never exceeded.
    seed : int
        The same seed gives the same bits.
    controls : sequence of games or None
        Cheap games on the same players, not counted; `None` lets the game choose.
    deadline_s : float or None
        Seconds after which no further shard is begun.
    tolerance : float or None
        Stop once every 95 % half-width is at most this share of v(N) − v(∅), at two
        looks in succession.

    Raises
    ------
    BudgetTooSmall, UnknownMethod, TooManyPlayers, NoClosedForm,
    DeadlinePassed, UtilityNotFinite

    Examples
    --------
    >>> from valuation.core.games.plain import TableGame
    >>> gloves = TableGame([0, 0, 0, 1, 0, 1, 0, 1])  # player 0 has the left one
    >>> value(gloves, method="exact", budget=8).values.round(4)
    array([0.6667, 0.1667, 0.1667])
    """
    ends_at = None if deadline_s is None else time.monotonic() + deadline_s
    plan = Plan.of(
        game,
        method=method,
        budget=budget,
        seed=seed,
        controls=controls,
        tolerance=tolerance,
        stoppable=deadline_s is not None,
    )
    with one_thread():
        return _drive(plan.play(), game, ends_at)


def _drive(run: Asking, game: Game, ends_at: float | None) -> Result:
    size, evaluations, untrainable = shard_size(game), 0, 0
    try:
        round_ = next(run)
        while True:
            done: list[Evaluated] = []
            for shard in shard_cut(round_, size):
                if evaluations and ends_at is not None and time.monotonic() >= ends_at:
                    break
                done.append(evaluate(game, shard))
                evaluations += len(shard)
            untrainable += sum(shard.untrainable for shard in done)
            utilities = np.concatenate([shard.utilities for shard in done]) if done else None
            complete = utilities is not None and len(utilities) == len(round_)
            round_ = run.send(utilities if complete else None)
    except StopIteration as finished:
        result: Result = finished.value
        return replace(
            result, evaluations=evaluations + result.evaluations, untrainable=untrainable
        )

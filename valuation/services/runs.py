"""A valuation run from its request to its locked values."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from contributors.selectors import players_at, programme_get
from valuation.core import Result
from valuation.errors import (
    NoPlayers,
    PlanningFailedTooOften,
    Refusal,
    RunNotFound,
    RunNotInState,
    RunOfAnotherGame,
    ShardFailedTooOften,
)
from valuation.models import RunEvent, RunState, Shard, ShardState, ValuationRun
from valuation.models.runs import TRANSITIONS
from valuation.services.games import game_ensure
from valuation.services.players import players_freeze
from valuation.services.rounds import is_out_of_time, round_create, run_advance
from valuation.services.shards import shard_claim, shard_compute
from valuation.services.values import values_store

BUDGET_DEFAULT = 2_000
# A planner fits surrogates for seconds, never for minutes; then another may plan.
PLAN_LEASE = timedelta(minutes=2)
# A shard or a plan that failed this often fails its run: the fault is in the data or in us.
SHARD_ATTEMPTS_MAX = 5
# Doubled messages plan as well, so there is more room.
PLAN_ATTEMPTS_MAX = 50

logger = logging.getLogger(__name__)


def valuation_run_start(
    *,
    programme_id: UUID,
    cutoff_at: datetime,
    actor: Any,
    now: datetime,
    method: str = "auto",
    budget: int = BUDGET_DEFAULT,
    seed: int = 0,
    tolerance: float | None = None,
    deadline_s: float | None = None,
    purpose: str = "payment",
    work: str = "",
    priority: int = 0,
    continues: UUID | None = None,
) -> ValuationRun:
    """A run is queued with its game and players frozen; the caller tells a worker.

    `continues` names a finished run of the same game; what it evaluated of players
    who are still the same is known from the start and does not count.

    Raises
    ------
    NoPlayers, UnknownWork, RunNotFound, RunNotInState, RunOfAnotherGame
    """
    programme = programme_get(programme_id)
    players = players_at(programme_id=programme_id, cutoff_at=cutoff_at, known_at=now)
    if not players:
        raise NoPlayers()
    with transaction.atomic():
        game = game_ensure(programme=programme, purpose=purpose, work=work, now=now)
        run = ValuationRun.objects.create(
            programme_id=programme_id,
            game=game,
            state=RunState.QUEUED,
            cutoff_at=cutoff_at,
            purpose=purpose,
            method_requested=method,
            budget=budget,
            seed=seed,
            tolerance=tolerance,
            deadline_s=deadline_s,
            priority=priority,
            continues=None if continues is None else _continued(continues, game.pk),
            n_players=len(players),
            created_by=actor,
            created_at=now,
        )
        players_freeze(run=run, players=players)
        _event(run, was="", actor=actor, now=now)
    return run


def _continued(run_id: UUID, game_id: UUID) -> ValuationRun:
    """The run to continue: finished, so that nothing of it changes any more."""
    earlier = ValuationRun.objects.filter(pk=run_id).first()
    if earlier is None:
        raise RunNotFound()
    if earlier.computed_at is None:
        raise RunNotInState(f"A run that is {earlier.state} cannot be continued.")
    if earlier.game_id != game_id:
        raise RunOfAnotherGame()
    return earlier


def valuation_run_advance(*, run_id: UUID, now: datetime) -> int:
    """The run has shards that workers may take (how many is returned), or its values.

    Planning happens outside any transaction; whoever plans second finds the round
    already there and changes nothing. A refusal of the method or game fails the run
    with its code and sentence.
    """
    run = _begin(run_id, now)
    if run is None:
        return 0
    open_shards = run.shards.exclude(state=ShardState.DONE)
    if open_shards.exists() and not is_out_of_time(run, now):
        return open_shards.count()
    try:
        if run.plan_attempts > PLAN_ATTEMPTS_MAX:
            raise PlanningFailedTooOften()
        step = run_advance(run, now=now)
        while not isinstance(step, Result):
            round_create(run=run, requested=step, now=now)
            if open_shards.exists():
                return open_shards.count()
            step = run_advance(run, now=now)
    except Refusal as refusal:
        valuation_run_fail(run_id=run_id, refusal=refusal, now=now)
        return 0
    _complete(run_id, step, now)
    return 0


def _begin(run_id: UUID, now: datetime) -> ValuationRun | None:
    """The run if it is running or was queued; None if there is nothing to plan."""
    with transaction.atomic():
        run = valuation_run_lock(run_id)
        if run.state == RunState.QUEUED:
            run.started_at = run.started_at or now
            _transition(run, to=RunState.RUNNING, actor=None, now=now)
        if run.state != RunState.RUNNING:
            return None
        run.planned_at = now
        run.plan_attempts += 1
        run.save(update_fields=["planned_at", "plan_attempts"])
    return ValuationRun.objects.select_related("game").get(pk=run_id)


def _complete(run_id: UUID, result: Result, now: datetime) -> None:
    with transaction.atomic():
        run = valuation_run_lock(run_id)
        if run.state != RunState.RUNNING:
            return
        values_store(run=run, result=result)
        run.computed_at = now
        _transition(run, to=RunState.COMPUTED, actor=None, now=now)


def valuation_run_fail(*, run_id: UUID, refusal: Refusal, now: datetime) -> None:
    """The run has failed and says why; its shards are kept for a later attempt."""
    with transaction.atomic():
        run = valuation_run_lock(run_id)
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            return
        run.failure_code, run.failure = refusal.code, refusal.sentence
        _transition(run, to=RunState.FAILED, actor=None, now=now, reason=refusal.sentence)


def valuation_run_cancel(*, run_id: UUID, actor: Any, now: datetime) -> ValuationRun:
    """The run is cancelled; workers stop before their next shard. Stored shards stay."""
    return _move(run_id, RunState.CANCELLED, actor, now)


def valuation_run_resume(*, run_id: UUID, actor: Any, now: datetime) -> ValuationRun:
    """A cancelled or failed run is queued again and goes on from its stored shards."""
    with transaction.atomic():
        run = valuation_run_lock(run_id)
        run.failure_code = run.failure = ""
        run.plan_attempts = 0
        run.shards.exclude(state=ShardState.DONE).update(attempts=0)
        _transition(run, to=RunState.QUEUED, actor=actor, now=now)
    return run


def valuation_run_review(*, run_id: UUID, actor: Any, now: datetime) -> ValuationRun:
    """A reviewer has looked at the values."""
    return _move(run_id, RunState.REVIEWED, actor, now)


def valuation_run_lock_values(*, run_id: UUID, actor: Any, now: datetime) -> ValuationRun:
    """The values are locked: money may be computed from them, and nothing changes them."""
    return _move(run_id, RunState.LOCKED, actor, now)


def valuation_run_supersede(*, run_id: UUID, actor: Any, now: datetime) -> ValuationRun:
    """The run is kept and no longer used."""
    return _move(run_id, RunState.SUPERSEDED, actor, now)


def valuation_run_prioritise(*, run_id: UUID, priority: int) -> ValuationRun:
    """Workers take the shards of higher priority first."""
    with transaction.atomic():
        run = valuation_run_lock(run_id)
        run.priority = priority
        run.save(update_fields=["priority"])
    return run


def _move(run_id: UUID, to: RunState, actor: Any, now: datetime) -> ValuationRun:
    with transaction.atomic():
        run = valuation_run_lock(run_id)
        if run.state != to:
            _transition(run, to=to, actor=actor, now=now)
    return run


def valuation_run_lock(run_id: UUID) -> ValuationRun:
    """The run's row, locked until the transaction ends.

    Raises
    ------
    RunNotFound
    """
    run = ValuationRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise RunNotFound()
    return run


def _transition(
    run: ValuationRun, *, to: RunState, actor: Any, now: datetime, reason: str = ""
) -> None:
    if (run.state, to.value) not in TRANSITIONS:
        raise RunNotInState(f"A run that is {run.state} cannot become {to.value}.")
    was, run.state = run.state, to
    run.save()
    _event(run, was=was, actor=actor, now=now, reason=reason)
    logger.info(
        "A valuation run changed its state.",
        extra={"action": f"valuation_run_{to.value}", "valuation_run_id": str(run.id)},
    )


def _event(run: ValuationRun, *, was: str, actor: Any, now: datetime, reason: str = "") -> None:
    last = run.events.aggregate(last=Max("sequence"))["last"] or 0
    RunEvent.objects.create(
        run=run,
        sequence=last + 1,
        from_state=was,
        to_state=run.state,
        actor=actor,
        at=now,
        reason=reason,
    )


def next_shard_compute(*, now: datetime, worker: str) -> UUID | None:
    """One shard more is done, whichever was next; the run to plan if it was the last open one.

    A shard that is refused fails its run; one that broke its worker too often as well.
    """
    shard = shard_claim(now=now, worker=worker)
    if shard is None:
        return None
    try:
        if shard.attempts > SHARD_ATTEMPTS_MAX:
            raise ShardFailedTooOften()
        shard_compute(shard=shard)
    except Refusal as refusal:
        valuation_run_fail(run_id=shard.run_id, refusal=refusal, now=now)
        return None
    last = not Shard.objects.filter(run=shard.run).exclude(state=ShardState.DONE).exists()
    return shard.run_id if last or is_out_of_time(shard.run, now) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingStill:
    """What the sweeper sends again: runs to plan, and how many shards are free."""

    to_plan: tuple[UUID, ...]
    free_shards: int


def runs_standing_still(*, now: datetime) -> StandingStill:
    """Runs nobody plans and shards nobody holds. Two queries; reads only."""
    active = ValuationRun.objects.filter(state__in=[RunState.QUEUED, RunState.RUNNING])
    open_shards = Shard.objects.exclude(state=ShardState.DONE)
    idle = Q(planned_at__isnull=True) | Q(planned_at__lt=now - PLAN_LEASE)
    to_plan = active.filter(idle).exclude(id__in=open_shards.values("run_id"))
    free = open_shards.filter(run__state=RunState.RUNNING).filter(
        Q(state=ShardState.PENDING) | Q(lease_until__lt=now)
    )
    return StandingStill(
        to_plan=tuple(to_plan.values_list("id", flat=True)), free_shards=free.count()
    )

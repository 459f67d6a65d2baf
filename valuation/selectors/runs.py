"""Runs, their progress and their values as frozen rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from contributors.selectors import PlayerMember as MemberRecord
from valuation.errors import RunNotFound
from valuation.models import PlayerMember, PlayerValue, Shard, ShardState, ValuationRun
from valuation.selectors.costs import evaluations_most, seconds_per_coalition
from valuation.selectors.players import member_records


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuationRunRecord:
    """A run as money and pages see it; `empty` and `grand` are decimal texts."""

    id: UUID
    programme_id: UUID
    programme_title: str
    state: str
    purpose: str
    work: str
    method_requested: str
    method: str
    reason: str
    n_players: int
    evaluations: int
    reused: int
    untrainable: int
    budget: int
    priority: int
    seed: int
    continues: UUID | None
    tolerance: float | None
    empty: str
    grand: str
    utility: str
    model: str
    cutoff_at: datetime
    created_by_id: UUID
    created_at: datetime
    computed_at: datetime | None
    values_digest: str
    game_digest: str
    details: dict[str, Any]
    failure_code: str
    failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerValueRecord:
    """One player's value; `value` and `standard_error` are decimal texts, 12 digits."""

    index: int
    key: str
    label: str
    members: tuple[MemberRecord, ...]
    value: str
    standard_error: str
    row_count: int
    data_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is; `remaining_s` is None until a shard of the programme was measured."""

    state: str
    evaluated: int
    asked: int
    budget: int
    share: float
    shards_done: int
    shards_open: int
    workers: int
    seconds_per_coalition: float | None
    remaining_s: float | None
    stale_since: datetime | None


def valuation_run_get(run_id: UUID, *, user: Any = None) -> ValuationRunRecord:
    """One run; as seen by `user` if one is named. One query.

    Raises
    ------
    RunNotFound
    """
    runs = ValuationRun.objects.all() if user is None else ValuationRun.objects.visible_to(user)
    run = runs.select_related("game", "programme").filter(pk=run_id).first()
    if run is None:
        raise RunNotFound()
    return run_record(run)


def valuation_run_list(
    *, user: Any, programme_id: UUID | None = None, limit: int = 100
) -> tuple[ValuationRunRecord, ...]:
    """The newest runs this user may see. One query."""
    runs = ValuationRun.objects.visible_to(user).select_related("game", "programme")
    if programme_id is not None:
        runs = runs.filter(programme_id=programme_id)
    return tuple(run_record(run) for run in runs.order_by("-id")[:limit])


def run_record(run: ValuationRun) -> ValuationRunRecord:
    programme = run.game.spec["programme"]
    return ValuationRunRecord(
        id=run.id,
        programme_id=run.programme_id,
        programme_title=run.programme.title,
        state=run.state,
        purpose=run.purpose,
        work=run.game.spec["work"],
        method_requested=run.method_requested,
        method=run.method,
        reason=run.reason,
        n_players=run.n_players,
        evaluations=run.evaluations,
        reused=run.reused,
        untrainable=run.untrainable,
        budget=run.budget,
        priority=run.priority,
        seed=run.seed,
        continues=run.continues_id,
        tolerance=run.tolerance,
        empty=run.empty,
        grand=run.grand,
        utility=programme.get("utility", ""),
        model=programme.get("model", ""),
        cutoff_at=run.cutoff_at,
        created_by_id=run.created_by_id,
        created_at=run.created_at,
        computed_at=run.computed_at,
        values_digest=run.values_digest,
        game_digest=run.game.digest,
        details=run.details,
        failure_code=run.failure_code,
        failure=run.failure,
    )


def player_values_visible(run_id: UUID, *, user: Any) -> tuple[PlayerValueRecord, ...]:
    """The values this user may see: all of them, or a contributor's own. Three queries.

    Raises
    ------
    RunNotFound
    """
    valuation_run_get(run_id, user=user)
    values = player_value_list(run_id)
    if user.reads_everything:
        return values
    mine = PlayerMember.objects.filter(player__run_id=run_id, contributor__user=user)
    own = set(mine.values_list("player__key", flat=True))
    return tuple(value for value in values if value.key in own)


def player_value_list(run_id: UUID) -> tuple[PlayerValueRecord, ...]:
    """The values of a run in player order, empty before it is computed. Two queries."""
    rows = (
        PlayerValue.objects.filter(run_id=run_id)
        .select_related("player")
        .prefetch_related("player__members")
        .order_by("player__index")
    )
    return tuple(
        PlayerValueRecord(
            index=row.player.index,
            key=row.player.key,
            label=row.player.label,
            members=member_records(row.player),
            value=row.value,
            standard_error=row.standard_error,
            row_count=row.player.row_count,
            data_digest=row.player.data_digest,
        )
        for row in rows
    )


def valuation_run_progress(run_id: UUID, *, now: datetime) -> RunProgress:
    """How far the run is and when it should end. Two queries; six before the first shard."""
    run = ValuationRun.objects.get(pk=run_id)
    claimed = Q(state=ShardState.CLAIMED, lease_until__gte=now)
    done = Q(state=ShardState.DONE)
    totals = Shard.objects.filter(run_id=run_id).aggregate(
        asked=Sum("coalition_count", default=0),
        evaluated=Sum("coalition_count", filter=done, default=0),
        measured=Sum("coalition_count", filter=done & Q(seconds__isnull=False), default=0),
        seconds=Sum("seconds", default=0.0),
        done=Count("pk", filter=done),
        open=Count("pk", filter=~done),
        workers=Count("worker", filter=claimed, distinct=True),
        last=Max("done_at"),
        given=Sum("coalition_count", filter=Q(round=0, from_memo=True), default=0),
    )
    finished = run.state not in ("queued", "running")
    most = evaluations_most(budget=run.budget, players=run.n_players)
    most += totals["given"] if run.continues_id else 0
    left, each = max(most - totals["evaluated"], 0), None
    if totals["measured"]:
        each = totals["seconds"] / totals["measured"]
    elif not finished:
        each = seconds_per_coalition(programme_id=run.programme_id, rows=run_rows(run))
    stale = not finished and totals["last"] and now - totals["last"] > timedelta(minutes=5)
    return RunProgress(
        state=run.state,
        evaluated=totals["evaluated"],
        asked=totals["asked"],
        budget=run.budget,
        share=1.0 if finished else min(totals["evaluated"] / max(most, 1), 1.0),
        shards_done=totals["done"],
        shards_open=totals["open"],
        workers=totals["workers"],
        seconds_per_coalition=each,
        remaining_s=None if each is None else left * each / max(totals["workers"], 1),
        stale_since=totals["last"] if stale else None,
    )


def run_rows(run: ValuationRun) -> int:
    """Rows of all its players. One query."""
    return int(run.players.aggregate(rows=Sum("row_count", default=0))["rows"])

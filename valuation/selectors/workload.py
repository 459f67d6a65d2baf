"""What the workers have done, have in hand and have left lying; for operators and metrics."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum

from valuation.models import RunState, Shard, ShardState, ValuationRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Counts over all runs; `seconds` is time spent inside utilities, over all workers."""

    runs: dict[str, int]
    shards: dict[str, int]
    shards_stale: int
    evaluations: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleShard:
    """A shard whose worker fell silent; it is taken up again by whoever is free."""

    run_id: str
    round: int
    index: int
    worker: str
    attempts: int
    lease_until: datetime


def workload(*, now: datetime) -> Workload:
    """Three queries, however many runs there are."""
    runs = dict(ValuationRun.objects.values_list("state").annotate(count=Count("pk")))
    shards = dict(Shard.objects.values_list("state").annotate(count=Count("pk")))
    sums = Shard.objects.aggregate(
        evaluations=Sum("coalition_count", filter=Q(state=ShardState.DONE, from_memo=False)),
        seconds=Sum("seconds"),
        stale=Count("pk", filter=stale(now)),
    )
    return Workload(
        runs={state: runs.get(state, 0) for state in RunState.values},
        shards={state: shards.get(state, 0) for state in ShardState.values},
        shards_stale=sums["stale"],
        evaluations=sums["evaluations"] or 0,
        seconds=sums["seconds"] or 0.0,
    )


def stale(now: datetime) -> Q:
    """Shards held longer than their lease."""
    return Q(state=ShardState.CLAIMED, lease_until__lt=now)


def stale_shard_list(*, now: datetime, limit: int = 100) -> tuple[StaleShard, ...]:
    """One query; the longest silent first."""
    rows = Shard.objects.filter(stale(now)).order_by("lease_until", "id")[:limit]
    return tuple(
        StaleShard(
            run_id=str(row.run_id),
            round=row.round,
            index=row.index,
            worker=row.worker,
            attempts=row.attempts,
            lease_until=row.lease_until,
        )
        for row in rows
        if row.lease_until is not None
    )

"""What a run will cost: how many evaluations, and how long they took before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum

from contributors.selectors import players_at, programme_get
from valuation.models import Player, Shard, ShardState

WORKED_LATELY = timedelta(minutes=10)  # who did a shard since then is likely to do the next


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """At most so many evaluations; the seconds are None until a run of the programme was measured.

    `worker_s` is the work of one worker, `expected_s` what the run takes with those that worked
    lately. Utilities that the memo knows cost nothing, so a run may end much earlier.
    """

    players: int
    rows: int
    evaluations: int
    seconds_per_coalition: float | None
    worker_s: float | None
    workers: int
    expected_s: float | None


def run_cost_before(
    *, programme_id: UUID, cutoff_at: datetime, budget: int, now: datetime
) -> RunCost:
    """What a run would cost that is started like this. Nine queries.

    Raises
    ------
    NotFound
    """
    programme_get(programme_id)
    players = players_at(programme_id=programme_id, cutoff_at=cutoff_at)
    return run_cost(
        programme_id=programme_id,
        players=len(players),
        rows=sum(player.row_count for player in players),
        budget=budget,
        now=now,
    )


def run_cost(*, programme_id: UUID, players: int, rows: int, budget: int, now: datetime) -> RunCost:
    """What a run of so many players and rows costs. Four queries."""
    evaluations = evaluations_most(budget=budget, players=players)
    each = seconds_per_coalition(programme_id=programme_id, rows=rows)
    workers = workers_lately(now=now)
    work_s = None if each is None else evaluations * each
    return RunCost(
        players=players,
        rows=rows,
        evaluations=evaluations,
        seconds_per_coalition=each,
        worker_s=work_s,
        workers=workers,
        expected_s=None if work_s is None else work_s / max(workers, 1),
    )


def evaluations_most(*, budget: int, players: int) -> int:
    """The budget, or all coalitions if they are fewer.

    >>> evaluations_most(budget=2_000, players=4), evaluations_most(budget=2_000, players=400)
    (16, 2000)
    """
    return min(budget, 2 ** min(players, 64))


def seconds_per_coalition(*, programme_id: UUID, rows: int) -> float | None:
    """As the programme's last measured run had it, in proportion to its rows. Three queries."""
    measured = Shard.objects.filter(state=ShardState.DONE, seconds__isnull=False)
    last = measured.filter(run__programme_id=programme_id).order_by("-pk").first()
    if last is None:
        return None
    of_run = measured.filter(run_id=last.run_id)
    sums = of_run.aggregate(seconds=Sum("seconds"), coalitions=Sum("coalition_count"))
    then = Player.objects.filter(run_id=last.run_id).aggregate(rows=Sum("row_count", default=0))
    growth = rows / then["rows"] if then["rows"] else 1.0
    return float(sums["seconds"] / sums["coalitions"] * growth)


def workers_lately(*, now: datetime) -> int:
    """How many workers finished a shard, of whatever run, in the last minutes. One query."""
    done = Shard.objects.filter(done_at__gte=now - WORKED_LATELY).exclude(worker="")
    return done.values("worker").distinct().count()

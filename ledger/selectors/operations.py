"""What an operator needs to see: who works, what waits, what stands still."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import dramatiq

from ledger.models import WorkerHeartbeat
from valuation.selectors.workload import StaleShard, Workload, stale_shard_list, workload

BEAT_EVERY = timedelta(seconds=10)
SILENT_AFTER = 3 * BEAT_EVERY  # one beat may be late on a busy machine, three are not


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A worker process; a silent one was killed or hangs."""

    name: str
    started_at: datetime
    beat_at: datetime
    is_silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRecord:
    """What lies in one queue of the embedded broker."""

    queue: str
    live: int
    dead: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """The state of the system at one moment; `queues` is empty on Redis and RabbitMQ."""

    workers: tuple[WorkerRecord, ...]
    work: Workload
    stale_shards: tuple[StaleShard, ...]
    queues: tuple[QueueRecord, ...]


def operations_get(*, now: datetime) -> Operations:
    """Five queries, however much there is; one more of the embedded queue's own file."""
    return Operations(
        workers=worker_list(now=now),
        work=workload(now=now),
        stale_shards=stale_shard_list(now=now),
        queues=queue_list(),
    )


def worker_list(*, now: datetime) -> tuple[WorkerRecord, ...]:
    """One query; by name."""
    return tuple(
        WorkerRecord(
            name=row.name,
            started_at=row.started_at,
            beat_at=row.beat_at,
            is_silent=row.beat_at < now - SILENT_AFTER,
        )
        for row in WorkerHeartbeat.objects.order_by("name")
    )


def queue_list() -> tuple[QueueRecord, ...]:
    """What the embedded queue says of itself; other brokers have tools of their own."""
    backlog = getattr(dramatiq.get_broker(), "backlog", tuple)
    return tuple(
        QueueRecord(
            queue=each.queue,
            live=each.live,
            dead=each.dead,
            oldest_age_s=each.oldest_age_ms / 1000,
        )
        for each in backlog()
    )

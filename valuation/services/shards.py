"""Shards: claimed by one worker at a time, evaluated outside any transaction, stored whole."""

import os
import socket
import time
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from valuation.core.coalitions import coalitions_of
from valuation.core.engine import evaluate, one_thread
from valuation.models import CoalitionUtility, RunState, Shard, ShardState, ValuationRun
from valuation.services.players import coalition_digests
from valuation.services.rounds import run_game, shard_keys

# Longer than any shard takes (they are cut to a few seconds), short enough that the
# shard of a killed worker is taken up again while somebody is still watching.
LEASE_S = 30.0


def worker_name() -> str:
    """This process, among all workers on all machines."""
    return f"{socket.gethostname()}:{os.getpid()}"


def shard_claim(*, now: datetime, worker: str) -> Shard | None:
    """The next shard is this worker's until its lease ends; None when there is none.

    Order: the run's priority, then the programme with the fewest shards under way
    (so a small programme is not starved by a large one), then age.
    """
    with transaction.atomic():
        shard = _next_shard(now)
        if shard is None and _release_dead(worker):
            shard = _next_shard(now)
        if shard is None:
            return None
        shard.state = ShardState.CLAIMED
        shard.lease_until = now + timedelta(seconds=LEASE_S)
        shard.worker = worker
        shard.attempts += 1
        shard.save(update_fields=["state", "lease_until", "worker", "attempts"])
        return shard


def _next_shard(now: datetime) -> Shard | None:
    free = (
        Shard.objects.filter(
            Q(state=ShardState.PENDING) | Q(state=ShardState.CLAIMED, lease_until__lt=now)
        )
        .select_related("run__game")
        .order_by("round", "index")
    )
    if connection.features.has_select_for_update_skip_locked:
        free = free.select_for_update(skip_locked=True, of=("self",))
    for run_id in _runs_in_turn(now):
        shard = free.filter(run_id=run_id).first()
        if shard is not None:
            return shard
    return None


def _runs_in_turn(now: datetime) -> list[UUID]:
    """Running runs in the order in which they may take a worker. Two queries."""
    under_way = Shard.objects.filter(state=ShardState.CLAIMED, lease_until__gte=now)
    rows = under_way.values_list("run__programme_id").annotate(shards=Count("pk"))
    busy: dict[UUID, int] = dict(rows)
    runs = ValuationRun.objects.filter(state=RunState.RUNNING)
    waiting = runs.values_list("id", "programme_id", "priority")
    in_turn = sorted(waiting, key=lambda run: (-run[2], busy.get(run[1], 0), run[0]))
    return [run_id for run_id, _, _ in in_turn]


def _release_dead(worker: str) -> bool:
    """Whether a shard was held by a process of this machine that is gone; then it is free.

    The lease frees it as well, later; a process number that was given anew waits for that.
    """
    host = worker.rpartition(":")[0]
    held = Shard.objects.filter(state=ShardState.CLAIMED, worker__startswith=f"{host}:")
    gone = [name for name in set(held.values_list("worker", flat=True)) if not _is_alive(name)]
    freed = held.filter(worker__in=gone)
    return bool(gone) and freed.update(state=ShardState.PENDING, lease_until=None) > 0


def _is_alive(worker: str) -> bool:
    return os.path.exists(f"/proc/{worker.rpartition(':')[2]}") or not os.path.isdir("/proc/self")


def shard_compute(*, shard: Shard) -> bool:
    """The shard's utilities are stored; True if this call stored them.

    No transaction is open while evaluating. A second worker that evaluated the same
    shard finds it done and stores nothing: the bits would be the same.
    """
    run = shard.run
    game = run_game(run)
    coalitions = coalitions_of(shard_keys(shard), run.n_players)
    started = time.perf_counter()
    with one_thread():
        utilities = evaluate(game, coalitions).utilities
    seconds = time.perf_counter() - started
    untrainable = np.asarray(game.untrainable(coalitions), dtype=np.uint8)
    digests = coalition_digests(run, coalitions)
    memo = [
        CoalitionUtility(game_id=run.game_id, digest=d, utility=float(u), untrainable=bool(t))
        for d, u, t in zip(digests, utilities, untrainable, strict=True)
    ]
    with transaction.atomic():
        open_shard = Shard.objects.filter(pk=shard.pk, run__state=RunState.RUNNING)
        open_shard = open_shard.exclude(state=ShardState.DONE)
        stored = open_shard.update(
            state=ShardState.DONE,
            utilities=utilities.astype("<f8").tobytes(),
            untrainable=untrainable.tobytes(),
            seconds=seconds,
            lease_until=None,
            done_at=timezone.now(),
        )
        if stored:
            CoalitionUtility.objects.bulk_create(memo, ignore_conflicts=True, batch_size=500)
    return bool(stored)

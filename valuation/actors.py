"""The worker's side: messages are nudges, rows are the truth.

Losing a message costs time until the next sweep; doubling one costs nothing.
"""

import logging
from typing import Any
from uuid import UUID

import dramatiq
from django.db import transaction
from django.utils import timezone

from valuation.models import ValuationRun
from valuation.services import runs as run_services
from valuation.services.shards import worker_name

QUEUE = "valuation"
# A shard is cut to a few seconds; a limit of ten minutes only ends what hangs.
TIME_LIMIT_MS = 600_000
# The sweeper sends again what is left, so retries need not be patient.
RETRIES_MAX = 3

logger = logging.getLogger(__name__)


def enqueue_valuation_run(**request: Any) -> ValuationRun:
    """A run is queued and, once its row is committed, a worker is told."""
    with transaction.atomic():
        run = run_services.valuation_run_start(**request)
        transaction.on_commit(lambda: plan_valuation_run.send(valuation_run_id=str(run.id)))
    return run


def enqueue_valuation_run_resume(**request: Any) -> ValuationRun:
    """A cancelled or failed run is queued again and a worker is told."""
    with transaction.atomic():
        run = run_services.valuation_run_resume(**request)
        transaction.on_commit(lambda: plan_valuation_run.send(valuation_run_id=str(run.id)))
    return run


@dramatiq.actor(queue_name=QUEUE, max_retries=RETRIES_MAX, time_limit=TIME_LIMIT_MS)
def plan_valuation_run(*, valuation_run_id: str, **kwargs: Any) -> None:
    """The run has its next round of shards, or its values."""
    count = run_services.valuation_run_advance(run_id=UUID(valuation_run_id), now=timezone.now())
    for _ in range(count):
        compute_next_shard.send()


@dramatiq.actor(queue_name=QUEUE, max_retries=RETRIES_MAX, time_limit=TIME_LIMIT_MS)
def compute_next_shard(**kwargs: Any) -> None:
    """One shard more is done, whichever was next; a round's last one calls the planner."""
    to_plan = run_services.next_shard_compute(now=timezone.now(), worker=worker_name())
    if to_plan is not None:
        plan_valuation_run.send(valuation_run_id=str(to_plan))


@dramatiq.actor(queue_name=QUEUE, max_retries=0)
def resume_valuation_runs(**kwargs: Any) -> None:
    """Every run that stands still has a message under way again; called by the scheduler."""
    still = run_services.runs_standing_still(now=timezone.now())
    for run_id in still.to_plan:
        plan_valuation_run.send(valuation_run_id=str(run_id))
    for _ in range(still.free_shards):
        compute_next_shard.send()

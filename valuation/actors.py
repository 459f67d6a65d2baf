"""The worker's side: messages are nudges, rows are the truth.

Losing a message costs time until the next sweep; doubling one costs nothing.
"""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import dramatiq
from django.db import transaction
from django.utils import timezone

from contributors.models import Preview
from contributors.services.previews import preview_answer, preview_request
from valuation.models import Analysis, ValuationRun
from valuation.services import analyses
from valuation.services import runs as run_services
from valuation.services.estimates import batch_estimate
from valuation.services.shards import worker_name

QUEUE = "valuation"
# A shard is cut to a few seconds; a limit of ten minutes only ends what hangs.
TIME_LIMIT_MS = 600_000
# The sweeper sends again what is left, so retries need not be patient.
RETRIES_MAX = 3
# A question still open then lost its message, or its worker; answering twice changes nothing.
ANSWER_WITHIN = timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=1)  # what failed all day is for a human to look at

logger = logging.getLogger(__name__)


def enqueue_valuation_run(**request: Any) -> ValuationRun:
    """A run is queued and, once its row is committed, a worker is told."""
    with transaction.atomic():
        run = run_services.valuation_run_start(**request)
        transaction.on_commit(
            lambda: plan_valuation_run.send(valuation_run_id=str(run.id)), robust=True
        )
    return run


def enqueue_valuation_run_resume(**request: Any) -> ValuationRun:
    """A cancelled or failed run is queued again and a worker is told."""
    with transaction.atomic():
        run = run_services.valuation_run_resume(**request)
        transaction.on_commit(
            lambda: plan_valuation_run.send(valuation_run_id=str(run.id)), robust=True
        )
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


def enqueue_valuation_run_lock(*, run_id: UUID, actor: Any, now: datetime) -> ValuationRun:
    """The values are locked for payment, and a worker compares the shares with the sealed set."""
    with transaction.atomic():
        run = run_services.valuation_run_lock_values(run_id=run_id, actor=actor, now=now)
        asked = analyses.sealed_share_request(run_id=run_id, actor=actor, now=now)
        if asked is not None and asked.state == Analysis.State.QUEUED:
            transaction.on_commit(
                lambda: answer_analysis.send(analysis_id=str(asked.id)), robust=True
            )
    return run


def enqueue_analysis(**request: Any) -> Analysis:
    """A question about a run is stored and, once that is committed, a worker answers it."""
    with transaction.atomic():
        asked = analyses.analysis_request(**request)
        transaction.on_commit(lambda: answer_analysis.send(analysis_id=str(asked.id)), robust=True)
    return asked


@dramatiq.actor(queue_name=QUEUE, max_retries=RETRIES_MAX, time_limit=TIME_LIMIT_MS)
def answer_analysis(*, analysis_id: str, **kwargs: Any) -> None:
    """The question has its answer, or the reason why it has none."""
    analyses.analysis_answer(analysis_id=UUID(analysis_id), now=timezone.now())


def enqueue_preview(*, batch_id: UUID, period_code: str, actor: Any, now: datetime) -> Preview:
    """One of the batch's few previews is used and, once that is committed, a worker answers."""
    with transaction.atomic():
        preview = preview_request(batch_id=batch_id, period_code=period_code, actor=actor, now=now)
        ids = {"preview_id": str(preview.id), "batch_id": str(batch_id)}
        transaction.on_commit(lambda: answer_preview.send(**ids), robust=True)
    return preview


@dramatiq.actor(queue_name=QUEUE, max_retries=RETRIES_MAX, time_limit=TIME_LIMIT_MS)
def answer_preview(*, preview_id: str, batch_id: str, **kwargs: Any) -> None:
    """The preview says, on the Ladder's step, which share of a pool the batch would get."""
    estimate = batch_estimate(batch_id=UUID(batch_id), now=timezone.now())
    preview_answer(
        preview_id=UUID(preview_id), score=estimate.share, step=estimate.step, now=timezone.now()
    )


@dramatiq.actor(queue_name=QUEUE, max_retries=0)
def resume_valuation_runs(**kwargs: Any) -> None:
    """Every run that stands still has a message under way again; called by the scheduler."""
    still = run_services.runs_standing_still(now=timezone.now())
    for run_id in still.to_plan:
        plan_valuation_run.send(valuation_run_id=str(run_id))
    for _ in range(still.free_shards):
        compute_next_shard.send()


@dramatiq.actor(queue_name=QUEUE, max_retries=0)
def resume_answers(**kwargs: Any) -> None:
    """Every question that waits too long has a message under way again; by the scheduler."""
    now = timezone.now()
    waiting = (now - GIVEN_UP_AFTER, now - ANSWER_WITHIN)
    asked = Analysis.objects.filter(state=Analysis.State.QUEUED, requested_at__range=waiting)
    for analysis_id in asked.values_list("id", flat=True):
        answer_analysis.send(analysis_id=str(analysis_id))
    previews = Preview.objects.filter(answered_at=None, requested_at__range=waiting)
    for preview_id, batch_id in previews.values_list("id", "batch_id"):
        answer_preview.send(preview_id=str(preview_id), batch_id=str(batch_id))

"""The worker's side of intake: messages are nudges, rows are the truth."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import dramatiq
from django.db import transaction
from django.utils import timezone

from contributors.errors import OverlapsValidation
from contributors.models import Batch
from contributors.selectors.batches import BatchReceipt
from contributors.services import batches as batch_services
from contributors.services import comparisons, uploads
from contributors.services.intake_stops import overlap_record

QUEUE = "intake"
TIME_LIMIT_MS = 3_600_000  # 2 GiB are read in minutes; an hour only ends what hangs
RETRIES_MAX = 3  # the sweeper sends again what is left
STALE_AFTER = timedelta(minutes=10)


def enqueue_batch_register(**request: Any) -> BatchReceipt:
    """The file is a batch; a worker checks it if it is large, and compares it with others."""
    try:
        with transaction.atomic():
            receipt = batch_services.batch_register(**request)
            follow_up(receipt)
    except OverlapsValidation:
        who = {key: request[key] for key in ("programme_id", "contributor_id", "actor", "now")}
        overlap_record(**who)
        raise
    return receipt


def enqueue_upload_complete(**request: Any) -> BatchReceipt:
    """The upload's parts are one batch, and a worker is told."""
    try:
        with transaction.atomic():
            receipt = uploads.upload_complete(**request)
            follow_up(receipt)
    except OverlapsValidation:
        upload = uploads.own_upload(request["upload_id"], request["actor"])
        overlap_record(
            programme_id=upload.programme_id,
            contributor_id=upload.contributor_id,
            actor=request["actor"],
            now=request["now"],
        )
        raise
    return receipt


def follow_up(receipt: BatchReceipt) -> None:
    """Send what is next for the batch, once its row is committed."""
    next_actor = {Batch.State.REGISTERED: check_batch, Batch.State.ACCEPTED: compare_batch}
    actor = next_actor.get(Batch.State(receipt.state))
    if actor is not None and not receipt.replayed:
        transaction.on_commit(lambda: actor.send(batch_id=str(receipt.id)), robust=True)


@dramatiq.actor(queue_name=QUEUE, max_retries=RETRIES_MAX, time_limit=TIME_LIMIT_MS)
def check_batch(*, batch_id: str, **kwargs: Any) -> None:
    """The batch is accepted or rejected; if accepted, it is compared next."""
    state = batch_services.batch_check(batch_id=UUID(batch_id), now=timezone.now())
    if state == Batch.State.ACCEPTED:
        compare_batch.send(batch_id=batch_id)


@dramatiq.actor(queue_name=QUEUE, max_retries=RETRIES_MAX, time_limit=TIME_LIMIT_MS)
def compare_batch(*, batch_id: str, **kwargs: Any) -> None:
    """Whoever's data looks like this batch is on the board of suspected pairs."""
    comparisons.batch_compare(batch_id=UUID(batch_id), now=timezone.now())


@dramatiq.actor(queue_name=QUEUE, max_retries=0)
def resume_batches(**kwargs: Any) -> None:
    """Every batch that waits too long has a message under way again; called by the scheduler."""
    since = timezone.now() - STALE_AFTER
    waiting = Batch.objects.filter(
        state__in=[Batch.State.REGISTERED, Batch.State.CHECKING], received_at__lt=since
    )
    for batch_id in waiting.values_list("id", flat=True):
        check_batch.send(batch_id=str(batch_id))
    compared = Batch.objects.filter(state=Batch.State.ACCEPTED, compared_at=None)
    for batch_id in compared.filter(accepted_at__lt=since).values_list("id", flat=True):
        compare_batch.send(batch_id=str(batch_id))

"""Previews: few per batch and contributor in a quarter, answered on the Ladder's step."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from contributors.core import ladder
from contributors.errors import NotFound, PreviewsUsedUp
from contributors.models import Batch, Contributor, Preview, User
from contributors.services.audit import audit_record
from contributors.services.consents import own_contributor

PREVIEWS_PER_CONTRIBUTOR = 10  # in the window and a programme, over all batches
# A quarter, the usual period: by the server's clock, because whoever asks names the period.
PREVIEWS_WINDOW = timedelta(days=91)


@transaction.atomic
def preview_request(
    *, batch_id: uuid.UUID | str, period_code: str, actor: User | None, now: datetime
) -> Preview:
    """One preview of the batch is used; whoever computes it answers with `preview_answer`."""
    batch = Batch.objects.select_for_update().live().filter(pk=batch_id).first()
    if batch is None:
        raise NotFound()
    own_contributor(batch.contributor_id, actor)
    Contributor.objects.select_for_update().get(pk=batch.contributor_id)  # one count at a time
    refuse_used_up(batch, now=now)
    before = Preview.objects.filter(batch=batch, period_code=period_code).count()
    preview = Preview.objects.create(
        batch=batch, period_code=period_code, ordinal=before + 1, requested_at=now
    )
    audit_record("preview_requested", preview, actor=actor, now=now, batch=str(batch.id))
    return preview


def refuse_used_up(batch: Batch, *, now: datetime) -> None:
    """Refuse a preview beyond those of the batch or the contributor in the window."""
    recent = Preview.objects.filter(
        batch__contributor=batch.contributor_id,
        batch__programme=batch.programme_id,
        requested_at__gt=now - PREVIEWS_WINDOW,
    )
    of_batch = recent.filter(batch=batch).count()
    if of_batch >= batch.programme.preview_max or recent.count() >= PREVIEWS_PER_CONTRIBUTOR:
        raise PreviewsUsedUp()


@transaction.atomic
def preview_answer(
    *, preview_id: uuid.UUID | str, score: float, step: float, now: datetime
) -> float:
    """The preview is answered on the Ladder: the contributor's best answer, or a step beyond.

    `score` is the share of v(N) − v(∅) that the batch would add; answering twice returns
    the first answer.
    """
    preview = Preview.objects.select_for_update().filter(pk=preview_id).first()
    if preview is None:
        raise NotFound()
    if preview.answered_at is not None:
        return float(preview.answer)
    batch = Batch.objects.get(pk=preview.batch_id)
    earlier = Preview.objects.filter(
        batch__contributor_id=batch.contributor_id,
        batch__programme_id=batch.programme_id,
        answered_at__isnull=False,
    )
    best = max((float(row.answer) for row in earlier), default=0.0)
    told = ladder.answer(score, best=best, step=step)
    preview.answer, preview.answered_at = f"{told:.6g}", now
    preview.save(update_fields=["answer", "answered_at"])
    return float(preview.answer)

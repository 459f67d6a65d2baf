"""Work of the ledger that a worker does: the files of statements."""

from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import dramatiq
from django.db import transaction
from django.utils import timezone

from ledger.models import RoyaltyRun, Statement
from ledger.services import royalties, statement_files

# Statements of one message: some seconds of work, so that a stop never waits long.
STATEMENTS_PER_MESSAGE = 25


@dramatiq.actor(queue_name="files", max_retries=3, time_limit=300_000)
def make_statement_files(*, statement_ids: list[str], **_: Any) -> None:
    """Every file of these statements is there. Doing it twice makes nothing twice."""
    ids = [UUID(each) for each in statement_ids]
    statement_files.statement_files_make(statement_ids=ids, now=timezone.now())


def enqueue_royalty_run_approve(
    *, run_id: UUID, actor: Any, now: datetime, note: str = ""
) -> RoyaltyRun:
    """The run is approved and posted, and its statements' files are on their way."""
    run = royalties.royalty_run_approve(run_id=run_id, actor=actor, now=now, note=note)
    transaction.on_commit(lambda: send_missing_files(run.id))
    return run


def send_missing_files(run_id: UUID) -> None:
    """A message for every few statements of the run that lack a file."""
    ids = Statement.objects.filter(run_id=run_id).order_by("id").values_list("id", flat=True)
    waiting = (str(each) for each in ids.iterator())
    while chunk := list(islice(waiting, STATEMENTS_PER_MESSAGE)):
        make_statement_files.send(statement_ids=chunk)

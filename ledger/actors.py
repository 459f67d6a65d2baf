"""Work of the ledger that a worker does: the files of statements. And what falls due by itself."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import dramatiq
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ledger.models import RoyaltyRun, Statement
from ledger.services import holdbacks, royalties, statement_files, statements

# Statements of one message: some seconds of work, so that a stop never waits long.
STATEMENTS_PER_MESSAGE = 25
# A message that made nothing for so long was lost; the longest one takes a few minutes.
FILES_STALE_AFTER = timedelta(minutes=10)


@dramatiq.actor(queue_name="files", max_retries=3, time_limit=300_000)
def make_statement_files(*, statement_ids: list[str], **_: Any) -> None:
    """Every file of these statements is there. Doing it twice makes nothing twice."""
    ids = [UUID(each) for each in statement_ids]
    statement_files.statement_files_make(statement_ids=ids, now=timezone.now())


def enqueue_royalty_run_approve(
    *, run_id: UUID, actor: Any, now: datetime, note: str = ""
) -> RoyaltyRun:
    """The run is approved and posted, and its statements' files are on their way."""
    with transaction.atomic():
        run = royalties.royalty_run_approve(run_id=run_id, actor=actor, now=now, note=note)
        transaction.on_commit(lambda: send_files(Statement.objects.filter(run=run)), robust=True)
    return run


def enqueue_statement_reissue(
    *, statement_id: UUID, note: str, actor: Any, now: datetime
) -> Statement:
    """The statement has its next version, and its files are on their way."""
    with transaction.atomic():
        statement = statements.statement_reissue(
            statement_id=statement_id, note=note, actor=actor, now=now
        )
        one = Statement.objects.filter(id=statement.id)
        transaction.on_commit(lambda: send_files(one), robust=True)
    return statement


def send_files(chosen: QuerySet[Statement]) -> None:
    """A message for every few of these statements."""
    waiting = (str(each) for each in chosen.order_by("id").values_list("id", flat=True).iterator())
    while chunk := list(islice(waiting, STATEMENTS_PER_MESSAGE)):
        make_statement_files.send(statement_ids=chunk)


# Sweeps, called by the scheduler. Each finds in the rows what is due, and finds it once.


@dramatiq.actor(queue_name="files", max_retries=0)
def resume_statement_files(**_: Any) -> None:
    """Statements whose message was lost have a new one: they lack a file and none is being made."""
    send_files(statement_files.statements_left_behind(since=timezone.now() - FILES_STALE_AFTER))


@dramatiq.actor(queue_name="files", max_retries=0)
def finalise_statements(**_: Any) -> None:
    """Every statement whose dispute window has passed undisputed is final."""
    statements.statements_finalise_due(now=timezone.now())


@dramatiq.actor(queue_name="files", max_retries=0)
def release_holdbacks(**_: Any) -> None:
    """Every part of a holdback whose period is over is owed again, run or no run."""
    holdbacks.holdbacks_release_ended(now=timezone.now())

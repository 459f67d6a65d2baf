"""Intake stops for whoever sends rows that judge, again and again, until a reviewer looks.

A refusal tells whether a file holds such rows, so files of one row each would tell of every
row of a public table whether it judges. The audit log remembers what the refusals rolled back.
"""

import uuid
from datetime import datetime

from django.db import transaction

from contributors.errors import IntakeStopped, NotFound
from contributors.models import AuditEvent, Contributor, Programme, User
from contributors.services.audit import audit_record, require_role

# A file or two may hold such rows by accident; whoever goes on is asking which they are.
OVERLAPS_MAX = 3
REFUSED, RESUMED = "overlap_refused", "intake_resumed"


def overlap_record(
    *,
    programme_id: uuid.UUID | str,
    contributor_id: uuid.UUID | str,
    actor: User | None,
    now: datetime,
) -> None:
    """The audit log tells who sent validation rows; call it once the refusal is rolled back."""
    programme = Programme.objects.get(pk=programme_id)
    audit_record(REFUSED, programme, actor=actor, now=now, contributor=str(contributor_id))


def refuse_stopped(*, programme: Programme, contributor: Contributor) -> None:
    """Refuse a contributor whose intake has stopped in this programme. One query."""
    if str(contributor.pk) in stopped_contributors(programme.pk):
        raise IntakeStopped


def stopped_contributors(programme_id: uuid.UUID | str) -> frozenset[str]:
    """Return the ids of those whose intake has stopped in this programme. One query."""
    events = AuditEvent.objects.filter(
        object_type="programme", object_id=str(programme_id), action__in=(REFUSED, RESUMED)
    )
    counts: dict[str, int] = {}
    for action, detail in events.order_by("at", "id").values_list("action", "detail"):
        who = detail["contributor"]
        counts[who] = 0 if action == RESUMED else counts.get(who, 0) + 1
    return frozenset(who for who, count in counts.items() if count >= OVERLAPS_MAX)


@transaction.atomic
def intake_resume(
    *, programme_id: uuid.UUID, contributor_id: uuid.UUID, actor: User, now: datetime
) -> None:
    """The contributor may send files to the programme again, because a reviewer looked."""
    require_role(actor, User.Role.REVIEWER)
    programme = Programme.objects.filter(pk=programme_id).first()
    if programme is None or not Contributor.objects.filter(pk=contributor_id).exists():
        raise NotFound()
    if str(contributor_id) in stopped_contributors(programme_id):
        audit_record(RESUMED, programme, actor=actor, now=now, contributor=str(contributor_id))

"""Decisions about who is one player: suspected pairs and owner links."""

import uuid
from datetime import datetime

from django.db import transaction

from contributors.errors import InvalidField, NotFound, PairDecided
from contributors.models import Contributor, OwnerLink, SuspectedPair, User
from contributors.services.audit import audit_record, require_role
from contributors.services.consents import own_contributor


@transaction.atomic
def suspected_pair_decide(
    *, pair_id: uuid.UUID | str, confirmed: bool, reason: str, actor: User | None, now: datetime
) -> SuspectedPair:
    """The pair is confirmed (one player from now on) or rejected, by a reviewer, with a reason."""
    require_role(actor, User.Role.REVIEWER)
    pair = SuspectedPair.objects.select_for_update().filter(pk=pair_id).first()
    if pair is None:
        raise NotFound()
    wished = SuspectedPair.State.CONFIRMED if confirmed else SuspectedPair.State.REJECTED
    if pair.state == wished:
        return pair
    if pair.state != SuspectedPair.State.OPEN:
        raise PairDecided(f"The pair was {pair.state} before.")
    pair.state, pair.decided_by, pair.decided_at, pair.reason = wished, actor, now, reason[:500]
    row_counts = [item.get("row_count", 0) for item in pair.evidence.get("items", [])]
    pair.evidence = {**pair.evidence, "judged_row_count": max(row_counts, default=0)}
    pair.save()
    audit_record(f"pair_{wished}", pair, actor=actor, now=now)
    return pair


@transaction.atomic
def owner_link_declare(
    *, contributor_id: uuid.UUID | str, other_code: str, actor: User | None, now: datetime
) -> OwnerLink:
    """It is declared that two contributors have one beneficial owner; a reviewer verifies it.

    A contributor declares for itself; a reviewer for anyone.
    """
    reviewer = actor is None or actor.role == User.Role.REVIEWER
    contributor = own_contributor(contributor_id, None if reviewer else actor)
    other = Contributor.objects.filter(code=other_code).first()
    if other is None or other.pk == contributor.pk:
        raise InvalidField("Name the code of another contributor.")
    low, high = sorted([contributor, other], key=lambda c: c.pk)
    link, created = OwnerLink.objects.get_or_create(
        contributor_low=low,
        contributor_high=high,
        defaults={"declared_by": actor, "declared_at": now},
    )
    if created:
        audit_record("owner_link_declared", link, actor=actor, now=now)
    return link


@transaction.atomic
def owner_link_decide(
    *, link_id: uuid.UUID | str, verified: bool, reason: str, actor: User | None, now: datetime
) -> OwnerLink:
    """The link is verified (one player in every programme) or rejected, by a reviewer."""
    require_role(actor, User.Role.REVIEWER)
    link = OwnerLink.objects.select_for_update().filter(pk=link_id).first()
    if link is None:
        raise NotFound()
    wished = OwnerLink.State.VERIFIED if verified else OwnerLink.State.REJECTED
    if link.state == wished:
        return link
    if link.state != OwnerLink.State.DECLARED:
        raise PairDecided(f"The link was {link.state} before.")
    link.state, link.decided_by, link.decided_at, link.reason = wished, actor, now, reason[:500]
    link.save()
    audit_record(f"owner_link_{wished}", link, actor=actor, now=now)
    return link

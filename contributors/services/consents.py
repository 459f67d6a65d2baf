"""Consents: given to a licence text, revoked."""

import uuid
from datetime import datetime

from django.db import transaction

from contributors.errors import ConsentIrrevocable, LicenceChanged, NotFound, ProgrammeNotOpen
from contributors.models import Batch, Consent, Contributor, Programme, User
from contributors.services.audit import audit_record

PURPOSE = "Training and evaluating the models of this programme, and paying for it."


@transaction.atomic
def consent_give(
    *,
    contributor_id: uuid.UUID | str,
    programme_id: uuid.UUID | str,
    licence_text_sha256: str | None = None,
    purpose: str = PURPOSE,
    revocable: bool = True,
    actor: User | None,
    now: datetime,
) -> Consent:
    """A consent to the programme's licence is in force; a second one returns the first.

    `licence_text_sha256` is of the text that was read; another text is refused.
    """
    contributor = own_contributor(contributor_id, actor)
    programme = Programme.objects.select_related("licence").filter(pk=programme_id).first()
    if programme is None:
        raise NotFound("There is no such programme.")
    if programme.status != Programme.Status.OPEN:
        raise ProgrammeNotOpen()
    if licence_text_sha256 not in (None, programme.licence.text_sha256):
        raise LicenceChanged()
    consent, created = Consent.objects.get_or_create(
        contributor=contributor,
        programme=programme,
        revoked_at=None,
        defaults={
            "licence": programme.licence,
            "licence_text_sha256": programme.licence.text_sha256,
            "purpose": purpose[:500],
            "revocable": revocable,
            "given_by": actor,
            "given_at": now,
        },
    )
    if created:
        audit_record("consent_given", consent, actor=actor, now=now)
    return consent


@transaction.atomic
def consent_revoke(*, consent_id: uuid.UUID | str, actor: User | None, now: datetime) -> Consent:
    """The consent is revoked and what was given under it withdrawn: no batch enters a run any more.

    Under a new consent the same bytes are a new batch.
    """
    consent = Consent.objects.select_for_update().filter(pk=consent_id).first()
    if consent is None:
        raise NotFound()
    own_contributor(consent.contributor_id, actor)
    if not consent.revocable:
        raise ConsentIrrevocable()
    if consent.revoked_at is None:
        consent.revoked_at = now
        consent.save(update_fields=["revoked_at"])
        # Also what a worker still checks: it finds the batch settled and leaves it so.
        given = Batch.objects.filter(consent=consent, state__in=Batch.LIVE_STATES)
        given.update(state=Batch.State.WITHDRAWN, withdrawn_at=now)
        audit_record("consent_revoked", consent, actor=actor, now=now)
    return consent


def own_contributor(contributor_id: uuid.UUID | str, actor: User | None) -> Contributor:
    """Return the actor's own contributor; another's is not found. No actor: any."""
    found = Contributor.objects.filter(pk=contributor_id, erased_at__isnull=True)
    contributor = (found.filter(user=actor) if actor else found).first()
    if contributor is None:
        raise NotFound("There is no such contributor.")
    return contributor

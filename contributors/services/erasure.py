"""Erasure: rows, files and personal data go; counts, digests and bookkeeping stay.

A tombstone (a salted hash) recognises the data if it comes again.
"""

import secrets
import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from contributors import files, rows
from contributors.errors import BatchNotWithdrawable, NotFound
from contributors.models import (
    ApiToken,
    Batch,
    Contributor,
    ContributorProfile,
    CopiedRows,
    IdempotentRequest,
    RowIssue,
    Tombstone,
    Upload,
    UploadPart,
    User,
)
from contributors.selectors.batches import BatchReceipt, batch_receipt
from contributors.services.audit import audit_record, require_role
from contributors.services.consents import own_contributor
from contributors.services.examinations import tombstone_digest

SALT_BYTES = 16
UNDER_WAY = (Batch.State.REGISTERED, Batch.State.CHECKING)


@transaction.atomic
def batch_erase(*, batch_id: uuid.UUID | str, actor: User | None, now: datetime) -> BatchReceipt:
    """No row, file or quoted value of the batch exists any more; safe to repeat."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise NotFound()
    own_contributor(batch.contributor_id, actor)
    if batch.state in UNDER_WAY:
        raise BatchNotWithdrawable("The batch is being checked; erase it afterwards.")
    if batch.state != Batch.State.ERASED:
        erase(batch, now=now)
        forget_answers(batch.contributor)
        audit_record("batch_erased", batch, actor=actor, now=now, rows=batch.row_count)
    return batch_receipt(batch.id)


def erase(batch: Batch, *, now: datetime) -> None:
    """Empty the row of all that tells about the data but digests and counts."""
    bury(batch, now=now)
    copies = CopiedRows.objects.filter(Q(earlier=batch) | Q(later=batch))
    masks = copies.values_list("mask_name", flat=True)
    names = (batch.data_name, batch.digests_name, batch.upload_name, *masks)
    copies.delete()
    batch.data_name = batch.digests_name = batch.upload_name = ""
    batch.file_label = batch.refusal_sentence = ""
    batch.provenance, batch.comparison, batch.flags = {}, {}, []
    batch.state, batch.erased_at = Batch.State.ERASED, now
    batch.save()
    RowIssue.objects.filter(batch=batch).delete()
    transaction.on_commit(lambda: files.remove(*names))
    transaction.on_commit(lambda: rows.forget([batch.id]))  # other machines: `rows_sweep`


def bury(batch: Batch, *, now: datetime) -> None:
    for content in filter(None, (batch.file_sha256, batch.content_sha256)):
        salt = secrets.token_bytes(SALT_BYTES)
        Tombstone.objects.create(
            programme_id=batch.programme_id,
            salt=salt,
            digest=tombstone_digest(salt, content),
            created_at=now,
        )


def forget_answers(contributor: Contributor) -> None:
    """Answers kept for repeated requests may quote rows or names."""
    if contributor.user_id:
        kept = IdempotentRequest.objects.filter(user_id=contributor.user_id, state="done")
        kept.update(response_body=b"", response_headers={})


@transaction.atomic
def contributor_erase(
    *, contributor_id: uuid.UUID | str, actor: User | None, now: datetime
) -> Contributor:
    """The contributor's data and person are erased; the code and the books stay.

    Asked by the contributor, or done by an administrator on request.
    """
    administrator = actor is None or actor.role == User.Role.ADMINISTRATOR
    contributor = own_contributor(contributor_id, None if administrator else actor)
    for batch in Batch.objects.filter(contributor=contributor).exclude(state=Batch.State.ERASED):
        erase(batch, now=now)
    forget_answers(contributor)
    erase_uploads(contributor)
    ContributorProfile.objects.filter(contributor=contributor).delete()
    contributor.display_name, contributor.erased_at = contributor.code, now
    contributor.save(update_fields=["display_name", "erased_at"])
    audit_record("contributor_erased", contributor, actor=None, now=now)
    if contributor.user is not None:
        erase_user(contributor.user)
    return contributor


def erase_uploads(contributor: Contributor) -> None:
    parts = UploadPart.objects.filter(upload__contributor=contributor)
    names = list(parts.values_list("data_name", flat=True))
    parts.delete()
    Upload.objects.filter(contributor=contributor).update(file_label="")
    transaction.on_commit(lambda: files.remove(*names))


def erase_user(user: User) -> None:
    """The log-in works no more and names nobody; what logging in left behind is gone."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator
    from axes.models import AccessAttempt, AccessFailureLog, AccessLog
    from django.contrib.admin.models import LogEntry

    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    ApiToken.objects.filter(user=user).delete()
    for kept in (AccessAttempt, AccessFailureLog, AccessLog):
        kept.objects.filter(username__iexact=user.email).delete()
    LogEntry.objects.filter(object_id=str(user.pk)).update(object_repr="", change_message="")
    erase_sessions(user)
    user.email, user.full_name, user.is_active = f"{user.pk}@erased.invalid", "", False
    user.set_unusable_password()
    user.save()


def erase_sessions(user: User) -> None:
    """Nobody is logged in as the user; a session also remembers the address it began with."""
    from django.contrib.sessions.models import Session

    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


@transaction.atomic
def erased_data_admit(
    *, programme_id: uuid.UUID | str, content_sha256: str, actor: User | None, now: datetime
) -> int:
    """A reviewer lets data that was erased come again; returns how many tombstones went."""
    require_role(actor, User.Role.REVIEWER)
    stones = [
        stone
        for stone in Tombstone.objects.filter(programme_id=programme_id)
        if stone.digest == tombstone_digest(bytes(stone.salt), content_sha256)
    ]
    for stone in stones:
        audit_record("erased_data_admitted", stone, actor=actor, now=now)
        stone.delete()
    return len(stones)

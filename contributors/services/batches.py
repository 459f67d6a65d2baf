"""Batches: registered with a receipt, checked, withdrawn.

A small file is checked at once, so the receipt is final. A larger one is stored and
checked by a worker; its receipt says `registered` until then.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction

from contributors import files
from contributors.core.digests import Digests, StoredDigests
from contributors.core.duplicates import first_occurrences
from contributors.core.provenance import provenance_errors
from contributors.errors import (
    BatchNotWithdrawable,
    ConsentMissing,
    ErasedBefore,
    FileRefused,
    InvalidField,
    NotFound,
    OverlapsValidation,
    ProgrammeNotOpen,
)
from contributors.models import Batch, Consent, Programme, RowIssue, Tombstone, User
from contributors.selectors.batches import BatchReceipt, batch_receipt
from contributors.services.audit import audit_record
from contributors.services.consents import own_contributor
from contributors.services.examinations import (
    Examined,
    confirmed,
    examine,
    refuse_overlap,
    sniffed,
    tombstone_digest,
)
from contributors.services.intake_stops import overlap_record, refuse_stopped

CHECKED_AT_ONCE_BYTES_MAX = 2 * 2**20  # 2 MiB are checked in well under a second
LABEL_CHARACTERS_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How the valid rows divide; duplicates are the contributor's own or of others."""

    accepted: int
    duplicate: int
    duplicate_other: int


def batch_register(
    *,
    programme_id: uuid.UUID | str,
    contributor_id: uuid.UUID | str,
    file: BinaryIO,
    file_label: str = "",
    dialect: dict[str, str] | None = None,
    invalid_rows: str = Batch.InvalidRows.REFUSE,
    provenance: dict[str, Any] | None = None,
    checked_at_once_bytes_max: int = CHECKED_AT_ONCE_BYTES_MAX,
    actor: User | None,
    now: datetime,
) -> BatchReceipt:
    """The file is a batch with a receipt; the same bytes twice give the first receipt.

    Raises
    ------
    FileRefused
        What is wrong with the file, all row errors at once; nothing was stored.
    ConsentMissing, ProgrammeNotOpen, ErasedBefore, InvalidField
        Why no file would be taken.
    """
    batch = prepared(programme_id, contributor_id, actor, now)
    batch.file_label = safe_label(file_label)
    batch.invalid_rows = invalid_rows
    batch.provenance = checked_provenance(provenance or {})
    batch.file_sha256, batch.byte_count = files.digest_of(file)
    if first := same_bytes(batch):
        return batch_receipt(first, replayed=True)
    refuse_erased(batch, batch.file_sha256)
    files.scan(file)
    found = sniffed(file, programme=batch.programme)
    batch.file_format = found.file_format + (".gz" if found.gzipped else "")
    confirmed(found, dialect or {})
    batch.dialect = dialect or {}
    if batch.byte_count <= checked_at_once_bytes_max:
        return registered_and_checked(batch, file, actor=actor, now=now)
    return registered(batch, file, actor=actor, now=now)


def prepared(
    programme_id: uuid.UUID | str,
    contributor_id: uuid.UUID | str,
    actor: User | None,
    now: datetime,
) -> Batch:
    """Return a batch not yet saved, under the consent in force."""
    contributor = own_contributor(contributor_id, actor)
    programme = Programme.objects.filter(pk=programme_id).first()
    if programme is None:
        raise NotFound("There is no such programme.")
    if programme.status != Programme.Status.OPEN:
        raise ProgrammeNotOpen()
    consent = Consent.objects.filter(
        contributor=contributor, programme=programme, revoked_at__isnull=True
    ).first()
    if consent is None or consent.licence_id != programme.licence_id:
        raise ConsentMissing()
    refuse_stopped(programme=programme, contributor=contributor)
    return Batch(
        programme=programme,
        contributor=contributor,
        consent=consent,
        registered_by=actor,
        received_at=now,
    )


def safe_label(name: str) -> str:
    """Return the sender's name for the file, for display alone.

    >>> safe_label("../../etc/passwd")
    'passwd'
    """
    last = PurePath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[:LABEL_CHARACTERS_MAX]


def checked_provenance(provenance: dict[str, Any]) -> dict[str, Any]:
    if errors := provenance_errors(provenance):
        raise InvalidField(errors[0]["detail"], errors=errors)
    return provenance


def same_bytes(batch: Batch) -> uuid.UUID | None:
    """Return the id of the contributor's batch of the same bytes, if one is under way or in."""
    found = Batch.objects.filter(
        programme=batch.programme,
        contributor=batch.contributor,
        file_sha256=batch.file_sha256,
        state__in=Batch.LIVE_STATES,
    )
    return found.values_list("id", flat=True).first()


def refuse_erased(batch: Batch, content: str) -> None:
    """Refuse data that was erased before, until a reviewer removes the tombstone."""
    for stone in Tombstone.objects.filter(programme=batch.programme):
        if stone.digest == tombstone_digest(bytes(stone.salt), content):
            raise ErasedBefore()


def registered_and_checked(
    batch: Batch, file: BinaryIO, *, actor: User | None, now: datetime
) -> BatchReceipt:
    """Check first, then store everything in one go."""
    with files.scratch() as folder:
        examined = examine(
            file,
            programme=batch.programme,
            folder=folder,
            dialect=batch.dialect,
            invalid_rows=batch.invalid_rows,
        )
        refuse_overlap(examined, programme=batch.programme)
        refuse_erased(batch, examined.intake.content_sha256)
        try:
            store(batch, examined, actor=actor, now=now, insert=True)
        except IntegrityError:
            first = same_bytes(batch)
            if first is None:
                raise
            return batch_receipt(first, replayed=True)
    return batch_receipt(batch.id)


def store(
    batch: Batch, examined: Examined, *, actor: User | None, now: datetime, insert: bool
) -> None:
    """The batch is accepted: files first, then rows; a failure leaves neither."""
    folder = f"batches/{batch.programme_id}/{batch.id}/{examined.intake.content_sha256}"
    suffix = ".txt" if batch.programme.kind == Programme.Kind.TEXT else ".parquet"
    batch.data_name = files.put(folder + suffix, examined.rows_path)
    batch.digests_name = files.put(folder + ".digests", examined.digests_path)
    counts = counted(batch, examined.digests, examined.intake.row_count)
    batch.row_count = examined.intake.row_count
    batch.accepted_count = counts.accepted
    batch.duplicate_count = counts.duplicate
    batch.duplicate_other_count = counts.duplicate_other
    batch.invalid_count = examined.intake.invalid_count
    batch.content_sha256 = examined.intake.content_sha256
    batch.flags = [] if counts.accepted else ["only_duplicates"]
    upload, batch.upload_name = batch.upload_name, ""
    batch.state = Batch.State.ACCEPTED
    batch.checked_at = batch.accepted_at = now
    try:
        with transaction.atomic():
            if not insert:
                lock_checking(batch)
            batch.save(force_insert=insert)
            RowIssue.objects.bulk_create(issues_of(batch, examined.intake.errors))
            audit_record("batch_accepted", batch, actor=actor, now=now, rows=batch.accepted_count)
            transaction.on_commit(lambda: files.remove(upload))
    except Exception:
        # Whoever was first stored the same content under the same name.
        if not Batch.objects.filter(pk=batch.pk, data_name=batch.data_name).exists():
            files.remove(batch.data_name, batch.digests_name)
        raise


class BatchSettled(Exception):
    """Somebody else checked the batch first, or it was erased meanwhile."""


def lock_checking(batch: Batch) -> None:
    """The row is locked and still being checked, so nobody brings erased data back."""
    checking = Batch.objects.select_for_update().filter(pk=batch.pk, state=Batch.State.CHECKING)
    if checking.first() is None:
        raise BatchSettled


def counted(batch: Batch, digests: Digests | StoredDigests, row_count: int) -> Counts:
    """Return how many rows are new, and whose the others were; a text counts as a whole."""
    earlier = list(Batch.objects.live().filter(programme=batch.programme).exclude(pk=batch.pk))
    own = [files.read_digests(b.digests_name) for b in earlier if is_own(b, batch)]
    others = [files.read_digests(b.digests_name) for b in earlier if not is_own(b, batch)]
    new = first_occurrences([*own, digests])[-1]
    new_to_all = first_occurrences([*others, *own, digests])[-1] if others else new
    per_row = row_count // len(digests) if batch.programme.kind == Programme.Kind.TEXT else 1
    of_others = int((new & ~new_to_all).sum()) * per_row
    accepted = int(new_to_all.sum()) * per_row
    return Counts(accepted=accepted, duplicate=row_count - accepted, duplicate_other=of_others)


def is_own(earlier: Batch, batch: Batch) -> bool:
    return bool(earlier.contributor_id == batch.contributor_id)


def issues_of(batch: Batch, errors: Sequence[Any]) -> list[RowIssue]:
    return [
        RowIssue(
            batch=batch,
            line=error.line,
            column=error.column,
            value=error.value,
            code=error.code,
            message=error.message,
        )
        for error in errors
    ]


def registered(batch: Batch, file: BinaryIO, *, actor: User | None, now: datetime) -> BatchReceipt:
    """Store the file as it is, for a worker to check."""
    batch.upload_name = files.put(f"uploads/{batch.id}/{batch.file_sha256}", file)
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
            audit_record("batch_registered", batch, actor=actor, now=now)
    except IntegrityError:
        files.remove(batch.upload_name)
        first = same_bytes(batch)
        if first is None:
            raise
        return batch_receipt(first, replayed=True)
    return batch_receipt(batch.id)


def batch_check(*, batch_id: uuid.UUID | str, now: datetime) -> str:
    """The registered batch is accepted or rejected; returns its state. Safe to repeat."""
    claimed = Batch.objects.filter(
        pk=batch_id, state__in=[Batch.State.REGISTERED, Batch.State.CHECKING]
    ).update(state=Batch.State.CHECKING)
    batch = Batch.objects.select_related("programme", "contributor").get(pk=batch_id)
    if claimed:
        try:
            check(batch, now=now)
        except BatchSettled:
            batch.refresh_from_db()
    return str(batch.state)


def check(batch: Batch, *, now: datetime) -> None:
    """The batch is accepted or rejected, unless it was settled meanwhile."""
    try:
        with files.scratch() as folder, files.opened(batch.upload_name) as file:
            examined = examine(
                file,
                programme=batch.programme,
                folder=folder,
                dialect=batch.dialect,
                invalid_rows=batch.invalid_rows,
            )
            refuse_overlap(examined, programme=batch.programme)
            refuse_erased(batch, examined.intake.content_sha256)
            store(batch, examined, actor=None, now=now, insert=False)
    except (FileRefused, ErasedBefore) as refusal:
        reject(batch, refusal, now=now)


def reject(batch: Batch, refusal: FileRefused | ErasedBefore, *, now: datetime) -> None:
    """The batch is rejected with its reasons, and its file is gone."""
    upload, batch.upload_name = batch.upload_name, ""
    batch.state = Batch.State.REJECTED
    batch.checked_at = now
    batch.refusal_code = refusal.code
    batch.refusal_sentence = refusal.sentence[:500]
    errors = [e for e in refusal.context.get("errors", ()) if not isinstance(e, dict)]
    batch.invalid_count = len({error.line for error in errors})
    with transaction.atomic():
        lock_checking(batch)
        batch.save()
        RowIssue.objects.bulk_create(issues_of(batch, errors))
        audit_record("batch_rejected", batch, actor=None, now=now, code=refusal.code)
        if isinstance(refusal, OverlapsValidation):
            who = {"programme_id": batch.programme_id, "contributor_id": batch.contributor_id}
            overlap_record(**who, actor=None, now=now)
        transaction.on_commit(lambda: files.remove(upload))


@transaction.atomic
def batch_withdraw(*, batch_id: uuid.UUID | str, actor: User | None, now: datetime) -> BatchReceipt:
    """The batch enters no future run; closed statements stay. A second call changes nothing."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise NotFound()
    own_contributor(batch.contributor_id, actor)
    if batch.state == Batch.State.ACCEPTED:
        batch.state = Batch.State.WITHDRAWN
        batch.withdrawn_at = now
        batch.save(update_fields=["state", "withdrawn_at"])
        audit_record("batch_withdrawn", batch, actor=actor, now=now)
    elif batch.state != Batch.State.WITHDRAWN:
        raise BatchNotWithdrawable(f"The batch is {batch.state}.")
    return batch_receipt(batch.id)

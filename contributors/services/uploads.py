"""Uploads in parts: begun, filled in any order, completed to one batch."""

import hashlib
import tempfile
import uuid
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO

from django.db import transaction

from contributors import files
from contributors.core.limits import FILE_BYTES_MAX
from contributors.errors import (
    FileTooLarge,
    InvalidField,
    NotFound,
    TooManyUploads,
    UploadIncomplete,
)
from contributors.models import Contributor, Upload, UploadPart, User
from contributors.selectors.batches import BatchReceipt, batch_receipt
from contributors.services.audit import audit_record
from contributors.services.batches import batch_register, prepared, safe_label

PART_BYTES = 8 * 2**20  # what a poor line sends in a minute
PART_BYTES_MAX = 64 * 2**20
PARTS_MAX = 10_000  # 2 GiB in parts of 215 kB, less than any line sends at once
MISSING_SHOWN = 1_000  # an answer of some kilobytes; the rest shows as these arrive
# A person has a handful of files under way; what was abandoned yesterday blocks nobody.
UPLOADS_OPEN_MAX = 20
UPLOADS_OPEN_WINDOW = timedelta(days=1)


@transaction.atomic
def upload_begin(
    *,
    programme_id: uuid.UUID | str,
    contributor_id: uuid.UUID | str,
    byte_count: int,
    part_bytes: int = PART_BYTES,
    file_label: str = "",
    actor: User | None,
    now: datetime,
) -> Upload:
    """An upload awaits its parts 0, 1, …, each of `part_bytes` but the last.

    Raises
    ------
    ConsentMissing, ProgrammeNotOpen, FileTooLarge, InvalidField, TooManyUploads
        Why no file of this size would be taken: told before its first byte is sent.
    """
    batch = prepared(programme_id, contributor_id, actor, now)
    if byte_count > FILE_BYTES_MAX:
        raise FileTooLarge("The file is larger than 2 GiB.")
    if byte_count < 1 or not 1 <= part_bytes <= PART_BYTES_MAX:
        raise InvalidField("Give the size of the file, and parts of 1 byte to 64 MiB.")
    if byte_count > PARTS_MAX * part_bytes:
        raise InvalidField(f"An upload has {PARTS_MAX:,} parts at most: make them larger.")
    refuse_too_many(batch.contributor, now=now)
    upload = Upload.objects.create(
        contributor=batch.contributor,
        programme=batch.programme,
        file_label=safe_label(file_label),
        byte_count=byte_count,
        part_bytes=part_bytes,
        created_at=now,
    )
    audit_record("upload_begun", upload, actor=actor, now=now)
    return upload


def refuse_too_many(contributor: Contributor, *, now: datetime) -> None:
    """Refuse another upload while many begun in the last day wait for their completion."""
    Contributor.objects.select_for_update().get(pk=contributor.pk)  # one count at a time
    waiting = Upload.objects.filter(
        contributor=contributor, batch=None, created_at__gt=now - UPLOADS_OPEN_WINDOW
    )
    if waiting.count() >= UPLOADS_OPEN_MAX:
        raise TooManyUploads()


def own_upload(upload_id: uuid.UUID | str, actor: User | None) -> Upload:
    upload = Upload.objects.select_related("contributor").filter(pk=upload_id).first()
    if upload is None or (actor and upload.contributor.user_id != actor.pk):
        raise NotFound()
    return upload


def part_size(upload: Upload, number: int) -> int:
    """Return how long the part must be; 0 if there is no such part."""
    start = number * upload.part_bytes
    return max(0, min(upload.part_bytes, upload.byte_count - start))


def upload_part_put(
    *, upload_id: uuid.UUID | str, number: int, data: bytes, actor: User | None
) -> UploadPart:
    """The part is there; sent again, the later bytes stand."""
    upload = own_upload(upload_id, actor)
    expected = part_size(upload, number)
    if upload.batch_id or expected == 0 or len(data) != expected:
        raise UploadIncomplete(f"Part {number} must have {expected:,} bytes, not {len(data):,}.")
    sha256 = hashlib.sha256(data).hexdigest()
    name = f"uploads/{upload.id}/{number}-{sha256}"
    with tempfile.TemporaryFile() as file:
        file.write(data)
        files.put(name, file)  # type: ignore[arg-type]
    before = UploadPart.objects.filter(upload=upload, number=number).first()
    part, _ = UploadPart.objects.update_or_create(
        upload=upload,
        number=number,
        defaults={"byte_count": expected, "sha256": sha256, "data_name": name},
    )
    if before and before.data_name != name:
        files.remove(before.data_name)
    return part


def missing_parts(upload: Upload) -> list[int]:
    """Return the numbers of the first missing parts, `MISSING_SHOWN` at most."""
    there = set(UploadPart.objects.filter(upload=upload).values_list("number", flat=True))
    count = -(-upload.byte_count // upload.part_bytes)
    return list(islice((n for n in range(count) if n not in there), MISSING_SHOWN))


def upload_complete(
    *, upload_id: uuid.UUID | str, actor: User | None, now: datetime, **request: Any
) -> BatchReceipt:
    """The parts, in order, are a batch; completing again returns its receipt."""
    upload = own_upload(upload_id, actor)
    if upload.batch_id:
        return batch_receipt(upload.batch_id, replayed=True)
    if missing := missing_parts(upload):
        raise UploadIncomplete(f"Parts are missing: {missing[:20]}.", errors=missing)
    with tempfile.TemporaryFile() as file:
        names = joined(upload, file)  # type: ignore[arg-type]
        receipt = batch_register(
            programme_id=upload.programme_id,
            contributor_id=upload.contributor_id,
            file=file,  # type: ignore[arg-type]
            file_label=upload.file_label,
            actor=actor,
            now=now,
            **request,
        )
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(batch_id=receipt.id)
        UploadPart.objects.filter(upload=upload).delete()
        transaction.on_commit(lambda: files.remove(*names))
    return receipt


def joined(upload: Upload, target: BinaryIO) -> list[str]:
    """Write the parts one after the other; return their names."""
    names = []
    for part in UploadPart.objects.filter(upload=upload).order_by("number"):
        with files.opened(part.data_name) as source:
            while data := source.read(files.READ_BYTES):
                target.write(data)
        names.append(part.data_name)
    target.seek(0)
    return names

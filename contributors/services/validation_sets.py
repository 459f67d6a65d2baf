"""Validation sets: registered while a programme is a draft, never shown again."""

import uuid
from collections import Counter
from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from contributors import files
from contributors.core import digests
from contributors.core.duplicates import is_in
from contributors.core.texts import read_works
from contributors.errors import (
    InvalidField,
    InvalidRows,
    NotFound,
    OverlapsValidation,
    ProgrammeNotDraft,
    TooFewInGroup,
    ValidationSetExists,
)
from contributors.models import Programme, User, ValidationSet
from contributors.services.audit import audit_record, require_role
from contributors.services.examinations import Examined, examine

GROUP_ROWS_MIN = 5  # NEEDS R7: no group so small that its members can be singled out


def validation_set_register(
    *,
    programme_id: uuid.UUID | str,
    purpose: str,
    file: BinaryIO,
    dialect: dict[str, str] | None = None,
    actor: User | None,
    now: datetime,
) -> ValidationSet:
    """The set is stored apart; purpose is `validation`, `sealed` or `background`."""
    require_role(actor, User.Role.REVIEWER)
    programme = Programme.objects.filter(pk=programme_id).first()
    if programme is None:
        raise NotFound()
    refuse_purpose(programme, purpose)
    file_sha256, _ = files.digest_of(file)
    with files.scratch() as folder:
        examined = without_values(file, programme=programme, folder=folder, dialect=dialect)
        held = held_digests(examined, programme=programme, purpose=purpose)
        refuse_small_groups(examined, programme)
        refuse_common_rows(held, programme)
        name = f"held/{programme.id}/{purpose}/{examined.intake.content_sha256}"
        suffix = ".txt" if programme.kind == Programme.Kind.TEXT else ".parquet"
        examined.digests_path.write_bytes(digests.to_bytes(held))
        row = ValidationSet(
            programme=programme,
            purpose=purpose,
            file_sha256=file_sha256,
            content_sha256=examined.intake.content_sha256,
            data_name=files.put(name + suffix, examined.rows_path),
            digests_name=files.put(name + ".digests", examined.digests_path),
            row_count=len(held),
            registered_by=actor,
            registered_at=now,
        )
    with transaction.atomic():
        row.save(force_insert=True)
        audit_record(
            "validation_set_registered", row, actor=actor, now=now, purpose=purpose, rows=len(held)
        )
    return row


def refuse_purpose(programme: Programme, purpose: str) -> None:
    if programme.status != Programme.Status.DRAFT:
        raise ProgrammeNotDraft()
    text = programme.kind == Programme.Kind.TEXT
    if purpose not in ValidationSet.Purpose.values or (purpose == "background" and not text):
        raise InvalidField("The purpose is validation or sealed, or background of a text.")
    if ValidationSet.objects.filter(programme=programme, purpose=purpose).exists():
        raise ValidationSetExists()


def without_values(file: BinaryIO, **kwargs: object) -> Examined:
    """Examine; a refusal names lines and columns but quotes no validation row."""
    try:
        return examine(file, **kwargs)  # type: ignore[arg-type]
    except InvalidRows as refusal:
        errors = [
            {"line": e.line, "column": e.column, "code": e.code, "message": e.message}
            for e in refusal.context["errors"]
        ]
        first = errors[0]
        raise InvalidRows(
            f"Line {first['line']}, column “{first['column']}”: {first['message']}", errors=errors
        ) from None


def held_digests(examined: Examined, *, programme: Programme, purpose: str) -> digests.Digests:
    """Return the digests of the rows; of a text programme, one per work, none of background."""
    if programme.kind != Programme.Kind.TEXT:
        return examined.digests[:]
    text = examined.rows_path.read_text(encoding="utf-8")
    if purpose == ValidationSet.Purpose.BACKGROUND:
        return examined.digests[:]
    key = bytes(programme.digest_key)
    found = [digests.text_digest(work.text, key=key) for work in read_works(text)]
    return digests.from_bytes(b"".join(digests.to_bytes(one) for one in found))


def refuse_small_groups(examined: Examined, programme: Programme) -> None:
    if not programme.sensitive_column:
        return
    table = files.read_path(examined.rows_path, columns=[programme.sensitive_column])
    counts = Counter(table[programme.sensitive_column].to_pylist())
    if min(counts.values()) < GROUP_ROWS_MIN:
        raise TooFewInGroup()


def refuse_common_rows(held: digests.Digests, programme: Programme) -> None:
    """Refuse a set that shares rows with the programme's other sets."""
    for other in ValidationSet.objects.filter(programme=programme):
        theirs = files.read_digests(other.digests_name)
        if len(theirs) and (count := int(is_in(held, theirs).sum())):
            raise OverlapsValidation(f"{count:,} rows are in the {other.purpose} set as well.")

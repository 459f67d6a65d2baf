"""Reading a file into checked rows and digests, outside any transaction."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from contributors import files
from contributors.core import digests, sniff
from contributors.core.duplicates import SLICE_ROWS, is_in
from contributors.core.intake import read_rows
from contributors.core.records import Dialect, Intake
from contributors.core.texts import content_sha256, read_text, word_count
from contributors.errors import (
    EmptyFile,
    InvalidRows,
    NoAcceptedRows,
    NotInEncoding,
    OverlapsValidation,
    UnknownDialect,
)
from contributors.models import Batch, Programme, ValidationSet
from contributors.selectors.programmes import schema_of

SHOWN_IN_SENTENCE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A file that may be accepted: its rows and digests on disk, and what was counted."""

    intake: Intake
    digests: digests.Digests | digests.StoredDigests
    rows_path: Path
    digests_path: Path


def sniffed(file: BinaryIO, *, programme: Programme) -> sniff.Sniffed:
    """Return what the file is, from its first bytes; the file is left at its start."""
    file.seek(0)
    head = file.read(sniff.HEAD_BYTES)
    file.seek(0)
    if programme.kind == Programme.Kind.TEXT:
        return sniff.sniff(head, text=True)
    return sniff.sniff(head, names=schema_of(programme).names)


def confirmed(found: sniff.Sniffed, wishes: dict[str, str]) -> Dialect:
    """Return the dialect found, with what the sender said instead."""
    names = Dialect.__dataclass_fields__
    values = {name: wishes.get(name) or getattr(found.dialect, name) for name in names}
    offered = (
        values["encoding"] in sniff.ENCODINGS
        and values["delimiter"] in sniff.DELIMITERS
        and values["quote"] in ('"', "'")
        and values["decimal"] in (".", ",")
        and values["decimal"] != values["delimiter"]
    )
    if not offered or set(wishes) - set(names):
        raise UnknownDialect()
    return Dialect(**values)


def examine(
    file: BinaryIO,
    *,
    programme: Programme,
    folder: Path,
    dialect: dict[str, str] | None = None,
    invalid_rows: str = Batch.InvalidRows.REFUSE,
) -> Examined:
    """Return the file's rows, checked and digested in `folder`, or raise why not."""
    found = sniffed(file, programme=programme)
    chosen = confirmed(found, dialect or {})
    try:
        if programme.kind == Programme.Kind.TEXT:
            return examine_text(file, found, chosen, programme=programme, folder=folder)
        examined = examine_rows(file, found, chosen, programme=programme, folder=folder)
    except NotInEncoding as refusal:
        raise with_hint(refusal, found.encoding_hint) from refusal
    refuse_invalid(examined.intake, invalid_rows)
    return examined


def examine_rows(
    file: BinaryIO, found: sniff.Sniffed, dialect: Dialect, *, programme: Programme, folder: Path
) -> Examined:
    rows_path, digests_path = folder / "rows.parquet", folder / "rows.digests"
    intake = read_rows(
        file,
        file_format=found.file_format,
        gzipped=found.gzipped,
        dialect=dialect,
        schema=schema_of(programme),
        key=bytes(programme.digest_key),
        rows_path=rows_path,
        digests_path=digests_path,
    )
    return Examined(
        intake=intake,
        digests=digests.StoredDigests(digests_path),
        rows_path=rows_path,
        digests_path=digests_path,
    )


def examine_text(
    file: BinaryIO, found: sniff.Sniffed, dialect: Dialect, *, programme: Programme, folder: Path
) -> Examined:
    """A text is one row for the search for duplicates; its row count is its words."""
    text = read_text(file, gzipped=found.gzipped, dialect=dialect)
    rows_path, digests_path = folder / "text.txt", folder / "text.digests"
    rows_path.write_bytes(text.encode("utf-8"))
    digest = digests.text_digest(text, key=bytes(programme.digest_key))
    digests_path.write_bytes(digests.to_bytes(digest))
    intake = Intake(
        row_count=word_count(text),
        invalid_count=0,
        error_count=0,
        errors=(),
        content_sha256=content_sha256(text),
    )
    return Examined(intake=intake, digests=digest, rows_path=rows_path, digests_path=digests_path)


def with_hint(refusal: NotInEncoding, hint: str) -> NotInEncoding:
    if not hint:
        return refusal
    return NotInEncoding(f"{refusal.sentence} It may be {hint}.", **refusal.context)


def refuse_invalid(intake: Intake, invalid_rows: str) -> None:
    """Refuse the file for its rows: all errors at once, the first in the sentence."""
    if not intake.error_count and not intake.row_count:
        raise EmptyFile("The file has a header but no rows.")
    if not intake.error_count:
        return
    leave_out = invalid_rows == Batch.InvalidRows.LEAVE_OUT
    if leave_out and intake.row_count:
        return
    kind = NoAcceptedRows if leave_out else InvalidRows
    raise kind(summary(intake), errors=list(intake.errors), error_count=intake.error_count)


def summary(intake: Intake) -> str:
    """Return one sentence with the first error and how many more there are.

    The first error names its line and column, so the sentence alone is of use.
    """
    first = intake.errors[0]
    column = f", column “{first.column}”" if first.column else ""
    value = f" (“{first.value}”)" if first.value else ""
    others = intake.error_count - 1
    more = f" There {'is' if others == 1 else 'are'} {others:,} more." if others else ""
    return f"Line {first.line}{column}{value}: {first.message}{more}"


def refuse_overlap(examined: Examined, *, programme: Programme) -> None:
    """Refuse a file that holds a validation or sealed row; only the count is told."""
    purposes = [ValidationSet.Purpose.VALIDATION, ValidationSet.Purpose.SEALED]
    count = 0
    for held in ValidationSet.objects.filter(programme=programme, purpose__in=purposes):
        held_digests = files.read_digests(held.digests_name)
        for start in range(0, len(examined.digests), SLICE_ROWS):
            block = examined.digests[start : start + SLICE_ROWS]
            count += int(is_in(block, held_digests).sum())
    if count:
        raise OverlapsValidation(
            f"{count:,} of the rows belong to the validation set, which nobody may submit."
        )


def tombstone_digest(salt: bytes, content: str) -> str:
    return hashlib.sha256(bytes(salt) + content.encode("ascii")).hexdigest()

"""What a file would be read as, before it is sent for good: nothing is stored."""

import io
import uuid
from dataclasses import dataclass
from typing import BinaryIO

from contributors import files
from contributors.core import sniff
from contributors.core.records import Dialect, RowError
from contributors.core.streams import Unpacked, from_file
from contributors.errors import NotFound
from contributors.models import Programme, User
from contributors.selectors.programmes import schema_of
from contributors.services.examinations import confirmed, examine_rows, sniffed

HEAD_BYTES = 256 * 1024  # some thousand rows
EXAMPLES = 5
ERRORS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPreview:
    """A column, what it is to the programme, and its first values as they were read."""

    name: str
    kind: str
    role: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePreview:
    """Format, dialect and columns as detected, and what is wrong within the first rows."""

    file_format: str
    gzipped: bool
    dialect: Dialect
    encoding_hint: str
    columns: tuple[ColumnPreview, ...]
    rows_seen: int
    error_count: int
    errors: tuple[RowError, ...]


def file_preview(
    *,
    programme_id: uuid.UUID | str,
    file: BinaryIO,
    dialect: dict[str, str] | None = None,
    user: User,
) -> FilePreview:
    """Return what the file would be read as; of a large one, what its beginning would be.

    Raises
    ------
    FileRefused
        What would refuse the file whatever its rows.
    """
    programme = Programme.objects.visible_to(user).filter(pk=programme_id).first()
    if programme is None:
        raise NotFound("There is no such programme.")
    found = sniffed(file, programme=programme)
    chosen = confirmed(found, dialect or {})
    if programme.kind == Programme.Kind.TEXT:
        return preview_of(found, chosen)
    with files.scratch() as folder:
        if found.file_format == "parquet":
            head, read_as = file, found
        else:
            head = beginning(file, found.gzipped)
            read_as = sniff.Sniffed(file_format=found.file_format, gzipped=False, dialect=chosen)
        examined = examine_rows(head, read_as, chosen, programme=programme, folder=folder)
        columns = columns_of(programme, files.read_path(examined.rows_path).slice(0, EXAMPLES))
    return preview_of(
        found,
        chosen,
        columns=columns,
        rows_seen=examined.intake.row_count + examined.intake.invalid_count,
        error_count=examined.intake.error_count,
        errors=examined.intake.errors[:ERRORS_SHOWN],
    )


def preview_of(
    found: sniff.Sniffed,
    dialect: Dialect,
    *,
    columns: tuple[ColumnPreview, ...] = (),
    rows_seen: int = 0,
    error_count: int = 0,
    errors: tuple[RowError, ...] = (),
) -> FilePreview:
    return FilePreview(
        file_format=found.file_format,
        gzipped=found.gzipped,
        dialect=dialect,
        encoding_hint=found.encoding_hint,
        columns=columns,
        rows_seen=rows_seen,
        error_count=error_count,
        errors=errors,
    )


def beginning(file: BinaryIO, gzipped: bool) -> BinaryIO:
    """Return the first whole lines of the file, unpacked."""
    source = from_file(file)
    source = Unpacked(source) if gzipped else source
    head = b""
    while len(head) < HEAD_BYTES and (piece := source()):
        head += piece
    whole = head if len(head) < HEAD_BYTES else head[: head.rfind(b"\n") + 1]
    return io.BytesIO(whole)


def columns_of(programme: Programme, rows: object) -> tuple[ColumnPreview, ...]:
    roles = {
        **dict.fromkeys(programme.identity_columns, "identity"),
        **dict.fromkeys(programme.feature_columns, "feature"),
        programme.sensitive_column: "sensitive",
        programme.target_column: "target",
    }
    return tuple(
        ColumnPreview(
            name=column.name,
            kind=column.kind,
            role=roles[column.name],
            examples=tuple(str(value) for value in rows[column.name].to_pylist()),  # type: ignore[index]
        )
        for column in schema_of(programme).columns
    )

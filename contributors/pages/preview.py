"""How the beginning of a file was read, shown before anything is registered."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.parquet as pq

from contributors.core.records import shortened
from contributors.core.sniff import HEAD_BYTES, Sniffed, sniff, unpacked_head
from contributors.core.streams import Unpacked
from contributors.selectors.programmes import ProgrammeRecord, schema_of

ROWS_SHOWN = 20
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnShown:
    """One column of the file: what its first cells look like, and its part in the programme."""

    name: str
    type: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """The format found, the columns, the first rows, and columns that are missing."""

    format: str
    dialect: str
    columns: tuple[ColumnShown, ...]
    rows: tuple[tuple[str, ...], ...]
    missing: tuple[str, ...]


def file_shown(head: bytes, *, is_whole: bool, programme: ProgrammeRecord) -> FileShown:
    """Read the head of a file as intake will; Parquet only where the head is all of it.

    Raises
    ------
    FileRefused
        If it is no file that intake reads.
    """
    text = programme.kind == "text"
    names = () if text else schema_of(programme).names
    found = sniff(head[:HEAD_BYTES], names=names, text=text)
    table = [] if text else _table(head, found, is_whole)
    header = table[0] if table else ()
    rows = tuple(tuple(shortened(cell) for cell in row) for row in table[1 : ROWS_SHOWN + 1])
    return FileShown(
        format=found.file_format + (", gzip" if found.gzipped else ""),
        dialect=_dialect(found),
        columns=tuple(
            ColumnShown(name=name, type=_type(rows, index), role=_role(name, programme))
            for index, name in enumerate(header)
        ),
        rows=rows,
        missing=tuple(name for name in names if name not in header) if header else (),
    )


def _table(head: bytes, found: Sniffed, is_whole: bool) -> list[tuple[str, ...]]:
    """The header and the first rows as text; empty where they cannot be shown."""
    if found.file_format == "parquet":
        return _parquet(_unpacked(head) if found.gzipped else head) if is_whole else []
    plain = unpacked_head(head) if found.gzipped else head[:HEAD_BYTES]
    text = plain.decode(found.dialect.encoding, errors="replace")
    lines = text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines()
    # The last line of a head that is not all of the file may be cut.
    lines = lines[: ROWS_SHOWN + 1] if len(lines) > ROWS_SHOWN + 1 else lines
    return _jsonl(lines) if found.file_format == "jsonl" else _csv(lines, found)


def _csv(lines: Sequence[str], found: Sniffed) -> list[tuple[str, ...]]:
    dialect = found.dialect
    try:
        reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
        return [tuple(row) for row in reader if row]
    except csv.Error:
        return []


def _jsonl(lines: Sequence[str]) -> list[tuple[str, ...]]:
    rows = []
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            rows.append(record)
    header = tuple(rows[0]) if rows else ()
    return [header, *(tuple(str(row.get(name, "")) for name in header) for row in rows)]


def _unpacked(data: bytes) -> bytes:
    pieces = iter([data])
    source, whole = Unpacked(lambda: next(pieces, b"")), io.BytesIO()
    while piece := source():
        whole.write(piece)
    return whole.getvalue()


def _parquet(head: bytes) -> list[tuple[str, ...]]:
    try:
        file = pq.ParquetFile(io.BytesIO(head))
        batch = next(file.iter_batches(batch_size=ROWS_SHOWN), None)
    except Exception:  # noqa: BLE001 - pyarrow raises many kinds; intake itself will say which
        return []
    if batch is None:
        return [tuple(file.schema_arrow.names)]
    header = tuple(batch.schema.names)
    return [header, *(tuple(str(row[name]) for name in header) for row in batch.to_pylist())]


def _type(rows: Sequence[tuple[str, ...]], index: int) -> str:
    cells = [row[index] for row in rows if index < len(row) and row[index].strip()]
    if not cells:
        return "empty"
    return "number" if all(_is_number(cell) for cell in cells) else "text"


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _role(name: str, programme: ProgrammeRecord) -> str:
    roles = {
        "target": name == programme.target_column,
        "feature": name in programme.feature_columns,
        "identity": name in programme.identity_columns,
        "group": name == programme.sensitive_column,
    }
    return next((role for role, holds in roles.items() if holds), "")


def _dialect(found: Sniffed) -> str:
    if found.file_format != "csv":
        return found.dialect.encoding if found.file_format != "parquet" else ""
    parts = DELIMITER_NAMES[found.dialect.delimiter]
    comma = ", decimal comma" if found.dialect.decimal == "," else ""
    return f"parted by {parts}{comma}, {found.dialect.encoding}"

"""Files to chunks of columns, in one pass and bounded memory: CSV, JSON Lines, Parquet."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from contributors.core import sniff
from contributors.core.limits import (
    BLOCK_BYTES,
    CELL_CHARACTERS_MAX,
    CHUNK_ROWS,
    COLUMNS_MAX,
    HEADER_BYTES_MAX,
    ROWS_MAX,
    UNPACKED_BYTES_MAX,
)
from contributors.core.records import Dialect, ErrorList, RowError, row_error
from contributors.core.schema import Chunk, Column, Schema
from contributors.core.streams import Source, lines_of
from contributors.errors import (
    CellTooLong,
    DecompressesTooFar,
    DuplicateColumn,
    EmptyColumnName,
    EmptyFile,
    MalformedCsv,
    MalformedParquet,
    MissingColumns,
    NestedColumn,
    TooManyColumns,
    TooManyRows,
    UnknownColumns,
)

Chunks = Iterator[Chunk]
PARQUET_ROWS = 16_384  # texts of 1,000 characters each, spelled out, are 64 MB at most
NAMES_SHOWN = 10  # in a sentence; a file may have thousands of wrong columns


def check_names(names: Sequence[str], *, schema: Schema) -> None:
    """Refuse a header that is not, in any order, the declared columns."""
    if len(names) > COLUMNS_MAX:
        raise TooManyColumns(f"The file has {len(names):,} columns; at most 1,000 are read.")
    if empty := [i + 1 for i, name in enumerate(names) if not name.strip()]:
        raise EmptyColumnName(f"Line 1: column {empty[0]} has no name.", line=1)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DuplicateColumn(f"Line 1: {listed(twice)} is there more than once.", line=1)
    if missing := [name for name in schema.names if name not in names]:
        raise MissingColumns(
            f"Line 1: missing {listed(missing)}; found {listed(names)}.",
            line=1,
            errors=header_errors(missing, code="missing_column"),
        )
    if unknown := [name for name in names if name not in schema.names]:
        raise UnknownColumns(
            f"Line 1: the programme does not declare {listed(unknown)}.",
            line=1,
            errors=header_errors(unknown[:NAMES_SHOWN], code="unknown_column"),
        )


def header_errors(names: Sequence[str], *, code: str) -> list[RowError]:
    return [row_error(line=1, column=name, value="", code=code) for name in names]


def listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:40]}”" for name in names[:NAMES_SHOWN])
    return shown + (" …" if len(names) > NAMES_SHOWN else "")


def csv_header(lines: BinaryIO, dialect: Dialect) -> list[str]:
    first = lines.readline(HEADER_BYTES_MAX)
    if not first.strip():
        raise EmptyFile("The first line is empty; it should name the columns.")
    columns = first.count(dialect.delimiter.encode()) + 1
    if columns > COLUMNS_MAX:
        raise TooManyColumns(f"The header has {columns:,} columns or more; at most 1,000 are read.")
    text = first.decode("utf-8", errors="replace").rstrip("\r\n")
    return sniff.split(text, dialect.delimiter, dialect.quote)


def read_csv(source: Source, *, schema: Schema, dialect: Dialect, errors: ErrorList) -> Chunks:
    """Yield every column as text; ragged rows are errors and left out."""
    lines = lines_of(source)
    names = csv_header(lines, dialect)
    check_names(names, schema=schema)
    ragged = Ragged(errors, width=len(names))
    try:
        reader = open_csv(lines, names, dialect, ragged)
    except pa.ArrowInvalid as error:
        raise csv_refusal(error) from error
    first = 1
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            break
        except pa.ArrowInvalid as error:
            raise csv_refusal(error) from error
        numbers, first = ragged.numbers(batch.num_rows, first)
        yield from in_pieces(batch, numbers + 1, schema)
        if first > ROWS_MAX:
            raise TooManyRows()


def open_csv(
    lines: BinaryIO, names: list[str], dialect: Dialect, ragged: "Ragged"
) -> pacsv.CSVStreamingReader:
    return pacsv.open_csv(
        pa.PythonFile(lines, mode="r"),
        read_options=pacsv.ReadOptions(
            column_names=names, block_size=BLOCK_BYTES, use_threads=False
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=False,
            ignore_empty_lines=False,
            invalid_row_handler=ragged,
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )


def csv_refusal(error: pa.ArrowInvalid) -> Exception:
    """Return our refusal for what pyarrow could not read."""
    if "Empty CSV file" in str(error):
        return EmptyFile()
    return MalformedCsv()


def in_pieces(batch: pa.RecordBatch, lines: NDArray[np.int64], schema: Schema) -> Chunks:
    """Yield the rows in chunks, without lines that are empty or hold nothing but delimiters."""
    for start in range(0, batch.num_rows, CHUNK_ROWS):
        piece, numbers = batch.slice(start, CHUNK_ROWS), lines[start : start + CHUNK_ROWS]
        empty = np.ones(piece.num_rows, dtype=bool)
        for column in piece.columns:
            if not empty.any():
                break
            empty &= pc.equal(column, "").to_numpy(zero_copy_only=False)
        if empty.any():
            piece, numbers = piece.filter(pa.array(~empty)), numbers[~empty]
        yield Chunk(columns={name: piece[name] for name in schema.names}, lines=numbers)


class Ragged:
    """Collects rows with another number of cells; numbers the rows that are left."""

    def __init__(self, errors: ErrorList, *, width: int) -> None:
        self.errors = errors
        self.width = width
        self.skipped: list[int] = []

    def __call__(self, row: pacsv.InvalidRow) -> str:
        number = int(row.number)
        self.skipped.append(number)
        self.errors.row_count += 1
        count = f"{row.actual_columns} cells, not {row.expected_columns}"
        self.errors.add(row_error(line=number + 1, column="", value=count, code="ragged_row"))
        return "skip"

    def numbers(self, rows: int, first: int) -> tuple[NDArray[np.int64], int]:
        """Return the numbers of the next `rows` rows read, from `first`, without the skipped."""
        if not self.skipped:
            return np.arange(first, first + rows), first + rows
        span = first + rows + len(self.skipped)
        every = np.setdiff1d(np.arange(first, span), self.skipped)[:rows]
        last = int(every[-1]) if rows else first - 1
        self.skipped = [number for number in self.skipped if number > last]
        return every, last + 1


def read_jsonl(source: Source, *, schema: Schema, dialect: Dialect, errors: ErrorList) -> Chunks:
    """Yield numbers as float64 and the rest as text; lines that are no object are errors."""
    numbered = enumerate(lines_of(source), start=1)
    for piece in pieces(numbered):
        rows, lines = [], []
        for line, raw in piece:
            if line > ROWS_MAX:
                raise TooManyRows()
            if raw.strip() and (row := json_row(raw, line, schema, errors)) is not None:
                rows.append(row)
                lines.append(line)
        if rows:
            columns = {
                c.name: json_column([row[c.name] for row in rows], c) for c in schema.columns
            }
            yield Chunk(columns=columns, lines=np.array(lines, dtype=np.int64))


def pieces(numbered: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    while piece := list(itertools.islice(numbered, CHUNK_ROWS)):
        yield piece


def json_row(
    raw: bytes, line: int, schema: Schema, errors: ErrorList
) -> dict[str, float | str | None] | None:
    """Return the values of one line by column, or None after recording what is wrong."""
    before = errors.count
    record = json_object(raw, line, errors)
    if record is None:
        errors.row_count += 1
        return None
    for name in record.keys() - set(schema.names):
        errors.add(row_error(line=line, column=name, value="", code="unknown_key"))
    row = {c.name: json_value(record.get(c.name), c, line, errors) for c in schema.columns}
    if errors.count > before:
        errors.row_count += 1
        return None
    return row


def json_object(raw: bytes, line: int, errors: ErrorList) -> dict[str, Any] | None:
    try:
        pairs = json.loads(raw, object_pairs_hook=Pairs, parse_constant=not_json)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, Pairs):
        errors.add(row_error(line=line, column="", value=raw[:80].decode(), code="not_json"))
        return None
    record = dict(pairs)
    if len(record) < len(pairs):
        errors.add(row_error(line=line, column="", value="", code="duplicate_key"))
        return None
    return record


class Pairs(list):  # type: ignore[type-arg]
    """The key-value pairs of a JSON object, so that a key named twice is seen."""


def not_json(constant: str) -> None:
    raise ValueError(constant)


def json_value(value: Any, column: Column, line: int, errors: ErrorList) -> float | str | None:
    if value is None:
        return None
    code = ""
    if isinstance(value, list | dict):
        code = "nested"
    elif column.kind != "number":
        value = json_text(value)
        code = "" if encodable(value) else "lone_surrogate"
    elif isinstance(value, str):
        code = "not_a_number"
    else:
        value, code = json_number(value)
    if code:
        errors.add(row_error(line=line, column=column.name, value=value, code=code))
    return value


def json_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)


def json_number(value: float) -> tuple[float, str]:
    try:
        return float(value), ""
    except OverflowError:
        return float("inf"), "not_finite"


def encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def json_column(values: list[Any], column: Column) -> pa.Array:
    return pa.array(values, pa.float64() if column.kind == "number" else pa.string())


def read_parquet(file: BinaryIO, *, schema: Schema, dialect: Dialect, errors: ErrorList) -> Chunks:
    """Yield the declared columns; counts in the footer and bytes in memory are both capped."""
    parquet = opened_parquet(file)
    if parquet.metadata.num_columns > COLUMNS_MAX:
        raise TooManyColumns(f"The file has {parquet.metadata.num_columns:,} columns.")
    if parquet.metadata.num_rows > ROWS_MAX:
        raise TooManyRows(f"The file has {parquet.metadata.num_rows:,} rows.")
    check_names(parquet.schema_arrow.names, schema=schema)
    check_types(parquet.schema_arrow)
    seen = bytes_seen = 0
    for batch in parquet_batches(parquet):
        bytes_seen += batch.nbytes
        if bytes_seen > UNPACKED_BYTES_MAX:
            raise DecompressesTooFar()
        columns = {name: plain(batch[name]) for name in schema.names}
        lines = np.arange(seen + 1, seen + 1 + batch.num_rows)
        yield Chunk(columns=columns, lines=lines)
        seen += batch.num_rows


def opened_parquet(file: BinaryIO) -> pq.ParquetFile:
    """Return the file, its texts to be read as references: one long text may stand in millions."""
    limits = {"thrift_string_size_limit": 10**8, "thrift_container_size_limit": 10**6}
    first = parquet_or_refusal(lambda: pq.ParquetFile(file, **limits))
    arrow = parquet_or_refusal(lambda: first.schema_arrow)
    texts = [field.name for field in arrow if pa.types.is_string(field.type)]
    return parquet_or_refusal(lambda: pq.ParquetFile(file, read_dictionary=texts, **limits))


def parquet_batches(parquet: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    batches = parquet.iter_batches(batch_size=PARQUET_ROWS, use_threads=False)
    while (batch := parquet_or_refusal(lambda: next(batches, None))) is not None:
        yield batch


def parquet_or_refusal(read: Callable[[], Any]) -> Any:
    """Return what `read` returns; what pyarrow cannot read is refused, not raised."""
    try:
        return read()
    except (pa.ArrowException, OSError, ValueError, KeyError, NotImplementedError) as error:
        raise MalformedParquet() from error


def check_types(arrow: pa.Schema) -> None:
    for name, declared in zip(arrow.names, arrow.types, strict=True):
        kind = declared.value_type if pa.types.is_dictionary(declared) else declared
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise NestedColumn(f"The column “{name[:40]}” is of type {str(kind)[:40]}.")


def plain(array: pa.Array) -> pa.Array:
    """Return numbers and booleans as they are, anything else as text."""
    kind = array.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return array
    if pa.types.is_dictionary(kind):
        refuse_long(array.dictionary)
    return parquet_or_refusal(lambda: array.cast(pa.string()))


def refuse_long(values: pa.Array) -> None:
    """Refuse texts that would fill the memory once every reference is spelled out."""
    texts = parquet_or_refusal(lambda: values.cast(pa.string()))
    if (pc.max(pc.utf8_length(texts)).as_py() or 0) > CELL_CHARACTERS_MAX:
        raise CellTooLong()

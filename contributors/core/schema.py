"""A programme's columns, and the check of rows against them (pandera)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandera.errors import SchemaErrors

from contributors.core.limits import CELL_CHARACTERS_MAX, ISSUES_MAX
from contributors.core.records import ErrorList, row_error

MISSING = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None")
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?([iI][nN][fF]([iI][nN][iI][tT][yY])?)$"
# A text of pandas' own would be one Python object a cell.
TEXTS_AS_THEY_ARE = {pa.string(): pd.ArrowDtype(pa.string())}.get
CONTROL = r"[\p{Cc}\p{Cf}\p{Co}]"  # control, invisible and private-use characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: a `number`, a `text` (identity) or a `label` out of a list."""

    name: str
    kind: str
    minimum: float | None = None
    maximum: float | None = None
    impute: float | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All columns of a programme; `identity` names those that identify a row, if any do."""

    columns: tuple[Column, ...]
    identity: tuple[str, ...] = ()
    checks: pandera.DataFrameSchema = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        columns = {column.name: checked_column(column) for column in self.columns}
        object.__setattr__(self, "checks", pandera.DataFrameSchema(columns))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def judged_by(self) -> tuple[Column, ...]:
        """The columns that make a row the same row: identity if declared, else all."""
        return tuple(c for c in self.columns if not self.identity or c.name in self.identity)

    @property
    def arrow(self) -> pa.Schema:
        types = {"number": pa.float64()}
        return pa.schema([(c.name, types.get(c.kind, pa.string())) for c in self.columns])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows as they were read: columns by name, and the line of each row."""

    columns: dict[str, pa.Array]
    lines: NDArray[np.int64]


def checked_column(column: Column) -> pandera.Column:
    if column.kind == "number":
        return pandera.Column(float, number_checks(column), nullable=False)
    return pandera.Column(None, text_checks(column), nullable=False)


def named(code: str, holds: Callable[[pd.Series], object]) -> pandera.Check:
    return pandera.Check(holds, name=code, error=code)


def number_checks(column: Column) -> list[pandera.Check]:
    checks = [named("not_finite", np.isfinite)]
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    if column.minimum is not None or column.maximum is not None:
        checks.append(named("out_of_range", lambda s: ~np.isfinite(s) | ((s >= low) & (s <= high))))
    return checks


def text_checks(column: Column) -> list[pandera.Check]:
    if column.kind == "label":
        return [named("unknown_label", lambda s: s.isin(column.labels))]
    return [
        named("too_long", lambda s: s.str.len() <= CELL_CHARACTERS_MAX),
        named("control_character", free_of_control_characters),
    ]


def free_of_control_characters(series: pd.Series) -> pd.Series:
    values = pa.array(series, pa.string())
    if is_printable_ascii(values):
        return pd.Series(True, index=series.index)
    found = pc.match_substring_regex(values, CONTROL)
    return pd.Series(~filled(found, False), index=series.index)


def is_printable_ascii(values: pa.Array) -> bool:
    """Whether every byte is from space to tilde: most identities, seen without a regex.

    >>> is_printable_ascii(pa.array(["a", None])), is_printable_ascii(pa.array(["\u200f"]))
    (True, False)
    """
    offsets, data = text_buffers(values)
    used = data[offsets[0] : offsets[-1]]
    return len(used) == 0 or bool(used.min() >= ord(" ") and used.max() <= ord("~"))


def text_buffers(values: pa.Array) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Return where each text begins and ends, shape (n + 1,), and all bytes."""
    _, offsets_buffer, data_buffer = values.buffers()
    if offsets_buffer is None:
        return np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)
    offsets = offsets[values.offset : values.offset + len(values) + 1].astype(np.int64)
    data = np.frombuffer(data_buffer or b"", dtype=np.uint8)
    return offsets, data


def check(chunk: Chunk, *, schema: Schema, errors: ErrorList, decimal: str = ".") -> pa.Table:
    """Return the rows that are as the schema says; the others are in `errors`."""
    columns, refused = {}, np.zeros(len(chunk.lines), dtype=bool)
    for column in schema.columns:
        array = chunk.columns[column.name]
        if column.kind == "number":
            array, wrong = numbers(array, impute=column.impute, decimal=decimal)
            record(errors, chunk, column.name, np.flatnonzero(wrong), "not_a_number")
            refused |= wrong
        else:
            array = texts(array)
        columns[column.name] = array
    table = pa.table(columns, schema=schema.arrow)
    refused |= violations(table, chunk=chunk, schema=schema, errors=errors, known=refused)
    errors.row_count += int(refused.sum())
    return table.filter(pa.array(~refused)) if refused.any() else table


def violations(
    table: pa.Table, *, chunk: Chunk, schema: Schema, errors: ErrorList, known: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return a mask of the rows that pandera refuses, after recording why."""
    refused = np.zeros(table.num_rows, dtype=bool)
    try:
        schema.checks.validate(table.to_pandas(types_mapper=TEXTS_AS_THEY_ARE), lazy=True)
    except SchemaErrors as found:
        cases = found.failure_cases.dropna(subset=["index"])
        for (name, code), group in cases.groupby(["column", "check"], sort=False):
            rows = group["index"].to_numpy(dtype=np.int64)
            refused[rows] = True
            missing = str(code) == "not_nullable"
            record(
                errors,
                chunk,
                str(name),
                rows[~known[rows]] if missing else rows,
                "missing" if missing else str(code),
            )
    return refused


def record(errors: ErrorList, chunk: Chunk, name: str, rows: NDArray[np.int64], code: str) -> None:
    """Add an error for each row; past the limit they are only counted."""
    listed = max(0, ISSUES_MAX - len(errors.errors))
    for row in rows[:listed]:
        value = chunk.columns[name][int(row)].as_py()
        line = int(chunk.lines[row])
        errors.add(row_error(line=line, column=name, value=value, code=code))
    errors.count += len(rows[listed:])


def numbers(
    array: pa.Array, *, impute: float | None, decimal: str
) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Return float64 with nulls where a value is missing or wrong, and where it is wrong."""
    wrong = np.zeros(len(array), dtype=bool)
    if not pa.types.is_string(array.type):
        array = pc.cast(array, pa.float64(), safe=False)
    elif (clean := clean_numbers(array)) is not None:
        array = clean
    else:
        array, wrong = messy_numbers(array, decimal=decimal)
    if impute is not None:
        array = pc.if_else(pa.array(wrong), None, pc.fill_null(array, float(impute)))
    return array, wrong


def clean_numbers(array: pa.Array) -> pa.Array | None:
    """Return the numbers if all are there and written plainly: most chunks, in one step."""
    try:
        cast = pc.cast(array, pa.float64())
    except pa.ArrowInvalid:
        return None
    return None if np.isnan(cast.to_numpy(zero_copy_only=False)).any() else cast


def messy_numbers(array: pa.Array, *, decimal: str) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Return the numbers with nulls where one is missing or wrong, and where it is wrong."""
    wrong = np.zeros(len(array), dtype=bool)
    array = pc.utf8_trim_whitespace(array)
    array = pc.replace_substring(array, ",", ".") if decimal == "," else array
    array = pc.if_else(pc.is_in(array, pa.array(MISSING)), None, array)
    try:
        return pc.cast(array, pa.float64()), wrong
    except pa.ArrowInvalid:
        wrong = ~filled(pc.match_substring_regex(array, NUMBER), True)
        return pc.cast(pc.if_else(pa.array(wrong), None, array), pa.float64()), wrong


def filled(array: pa.Array, value: bool) -> NDArray[np.bool_]:
    return pc.fill_null(array, value).to_numpy(zero_copy_only=False).astype(bool)


def texts(array: pa.Array) -> pa.Array:
    """Return the values as text, trimmed; whole numbers without a point, empty as missing."""
    if pa.types.is_floating(array.type):
        array = pa.array([whole(value) for value in array.to_pylist()], pa.string())
    array = pc.utf8_trim_whitespace(pc.cast(array, pa.string()))
    return pc.if_else(pc.equal(array, ""), None, array)


def whole(value: float | None) -> str | None:
    if value is None:
        return None
    return str(int(value)) if float(value).is_integer() else repr(value)

"""core.sniff, core.readers, core.schema, core.intake, core.texts and core.records together."""

import io
import json

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributors import errors
from contributors.core.digests import StoredDigests
from contributors.core.intake import read_rows
from contributors.core.limits import VALUE_SHOWN_CHARACTERS
from contributors.core.readers import check_names, listed
from contributors.core.records import Dialect, shortened
from contributors.core.schema import Column, Schema
from contributors.core.sniff import sniff
from contributors.core.texts import read_text, read_works, word_count

SCHEMA = Schema(
    columns=(
        Column(name="record", kind="text"),
        Column(name="size", kind="number", minimum=-1e9, maximum=1e9),
        Column(name="late", kind="label", labels=("no", "yes")),
    ),
    identity=("record",),
)
names = st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=20).filter(
    lambda name: name not in ("NA", "NaN", "nan", "null", "NULL", "None")
)
rows = st.lists(
    st.tuples(names, st.floats(-1e9, 1e9), st.sampled_from(["no", "yes"])), min_size=1, max_size=30
)


def read(data: bytes, folder, file_format: str = "csv", dialect: Dialect | None = None):
    intake = read_rows(
        io.BytesIO(data),
        file_format=file_format,
        gzipped=False,
        dialect=dialect or Dialect(),
        schema=SCHEMA,
        key=b"k" * 32,
        rows_path=folder / "rows",
        digests_path=folder / "digests",
    )
    return intake, pq.read_table(folder / "rows")


@settings(max_examples=20, deadline=None)
@given(rows=rows, delimiter=st.sampled_from([",", ";", "\t", "|"]))
def test_what_is_written_as_csv_or_json_is_read_back_exactly(rows, delimiter, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    lines = [delimiter.join([name, repr(size), late]) for name, size, late in rows]
    header = delimiter.join(["record", "size", "late"])
    csv = "\n".join([header, *lines, ""]).encode()
    found = sniff(csv, names=SCHEMA.names)
    assert (found.file_format, found.dialect.delimiter) == ("csv", delimiter)
    intake, table = read(csv, folder, dialect=Dialect(delimiter=delimiter))
    assert (intake.row_count, intake.error_count) == (len(rows), 0)
    assert [tuple(row.values()) for row in table.to_pylist()] == rows
    assert len(StoredDigests(folder / "digests")) == len(rows)
    objects = [json.dumps(dict(zip(SCHEMA.names, row, strict=True))) for row in rows]
    same, _ = read("\n".join(objects).encode(), folder, "jsonl")
    assert same.content_sha256 == intake.content_sha256


def test_lines_are_counted_past_empty_and_ragged_ones(tmp_path):
    data = b"record,size,late\nr1,1,no\n\nr2,1\nr3,1,no\nr4,x,no\n\n"
    intake, table = read(data, tmp_path)
    assert [(e.line, e.column, e.code) for e in intake.errors] == [
        (4, "", "ragged_row"),
        (6, "size", "not_a_number"),
    ]
    assert (intake.row_count, intake.invalid_count) == (2, 2)
    assert table["record"].to_pylist() == ["r1", "r3"]


def test_a_row_with_two_errors_is_one_invalid_row(tmp_path):
    intake, _ = read(b"record,size,late\nr1,x,maybe\nr2,1,no\n", tmp_path)
    assert (intake.error_count, intake.invalid_count, intake.row_count) == (2, 1, 1)


def test_errors_are_listed_up_to_a_limit_and_counted_beyond(tmp_path):
    data = b"record,size,late\n" + b"r,x,no\n" * 1_500
    intake, _ = read(data, tmp_path)
    assert (len(intake.errors), intake.error_count) == (1_000, 1_500)


@pytest.mark.parametrize(
    ("found", "refusal"),
    [
        (["record", "size"], errors.MissingColumns),
        (["record", "size", "late", "x"], errors.UnknownColumns),
        (["record", "size", "late", ""], errors.EmptyColumnName),
        (["record", "size", "late", "late"], errors.DuplicateColumn),
        (["c"] * 1_001, errors.TooManyColumns),
    ],
)
def test_a_header_must_hold_the_declared_columns(found, refusal):
    with pytest.raises(refusal):
        check_names(found, schema=SCHEMA)
    check_names(["late", "record", "size"], schema=SCHEMA)


def test_a_column_that_is_missing_is_told_like_any_other_error():
    with pytest.raises(errors.MissingColumns) as refusal:
        check_names(["record", "size"], schema=SCHEMA)
    (told,) = refusal.value.context["errors"]
    assert (told.line, told.column, told.code) == (1, "late", "missing_column")
    assert told.message == "The programme needs this column."


def test_a_long_list_of_names_is_cut():
    assert listed(["a"] * 12).endswith("…")


@given(st.text(max_size=200))
def test_a_shown_value_is_short_and_printable(value):
    shown = shortened(value)
    assert len(shown) <= VALUE_SHOWN_CHARACTERS and shown.isprintable()


def test_a_text_is_read_whole_and_its_works_line_by_line():
    text = read_text(io.BytesIO(b"To be\r\nor not"), gzipped=False, dialect=Dialect())
    assert (text, word_count(text)) == ("To be\nor not", 4)
    works = read_works('{"author": "ann", "text": "a"}\n\n{"author": "bob", "text": "b"}')
    assert [work.author for work in works] == ["ann", "bob"]


@pytest.mark.parametrize("line", ["5", "[]", "{}", '{"author": 1, "text": "a"}', "{", "[" * 99_999])
def test_a_line_that_is_no_work_is_refused(line):
    with pytest.raises(errors.InvalidRows, match="Line 1"):
        read_works(line)

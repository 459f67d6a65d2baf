"""Make the hostile files: `python -m tests.contributors.hostile.make FOLDER`.

Each entry of CORPUS names a file, what it must come to, and how to make it. What it
comes to is the code of a refusal, or `accepted` if it must be read right.
The columns are those of `SCHEMA`: record, size, weight, late.
"""

import gzip
import io
import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HEADER = b"record,size,weight,late\n"
GOOD = HEADER + b"r1,1.5,2,no\nr2,-3,4e2,yes\n"


@dataclass(frozen=True)
class Hostile:
    """A file, and what must come of it."""

    name: str
    outcome: str
    make: Callable[[], bytes]


def rows(*lines: bytes) -> Callable[[], bytes]:
    return lambda: HEADER + b"\n".join(lines) + b"\n"


def cell(value: bytes, column: int = 1) -> Callable[[], bytes]:
    """A good file with one cell replaced."""
    cells = [b"r9", b"1", b"2", b"no"]
    cells[column] = value
    return lambda: GOOD + b",".join(cells) + b"\n"


def exactly(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def gzip_bomb() -> bytes:
    """300 MB of one digit in 300 kB."""
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", mtime=0) as file:
        file.write(HEADER)
        for _ in range(300):
            file.write(b"r,1,1,no\n" * 116_508)
    return target.getvalue()


def endless_line() -> bytes:
    return gzip.compress(HEADER + b"9" * 50_000_000, mtime=0)


def zip_bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 10_000_000)
    return target.getvalue()


def parquet(**columns: object) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def parquet_of_sixty_million() -> bytes:
    """60 million rows in a quarter of a megabyte, one row group after the other."""
    target = io.BytesIO()
    zeros = pa.array(np.zeros(1_000_000, dtype=np.int8))
    table = pa.table({"record": zeros, "size": zeros, "weight": zeros, "late": zeros})
    with pq.ParquetWriter(target, table.schema, compression="zstd") as writer:
        for _ in range(60):
            writer.write_table(table)
    return target.getvalue()


def parquet_dictionary_bomb() -> bytes:
    """Half a million references to one text of 20,000 characters: 10 GB as text."""
    codes = pa.array(np.zeros(500_000, dtype=np.int32))
    text = pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 20_000]))
    zeros = pa.array(np.zeros(500_000))
    return parquet(record=text, size=zeros, weight=zeros, late=text)


def parquet_repeated_text() -> bytes:
    """The same without saying that it is a dictionary; the pages are one all the same."""
    texts = pa.array(["x" * 20_000] * 20_000)
    zeros = pa.array(np.zeros(20_000))
    return parquet(record=texts, size=zeros, weight=zeros, late=texts)


def parquet_broken() -> bytes:
    data = bytearray(good_parquet())
    data[len(data) // 2 : len(data) // 2 + 40] = b"\xff" * 40
    return bytes(data)


def good_parquet() -> bytes:
    return parquet(record=["r1", "r2"], size=[1.5, -3.0], weight=[2, 400], late=["no", "yes"])


def jsonl(*values: object) -> Callable[[], bytes]:
    lines = [v if isinstance(v, str) else json.dumps(v) for v in values]
    return lambda: "\n".join(lines).encode() + b"\n"


def record(**changes: object) -> dict[str, object]:
    return {"record": "r1", "size": 1, "weight": 2, "late": "no", **changes}


def wide() -> bytes:
    return b",".join(b"c%d" % i for i in range(200_000)) + b"\n" + b"1," * 199_999 + b"1\n"


TEXT = "record,size,weight,late\nr\N{LATIN SMALL LETTER E WITH ACUTE},1,2,no\n"
CORPUS = [
    Hostile("good.csv", "accepted", exactly(GOOD)),
    Hostile("good.csv.gz", "accepted", lambda: gzip.compress(GOOD, mtime=0)),
    Hostile(
        "two-members.csv.gz",
        "accepted",
        lambda: 2 * b"" + gzip.compress(GOOD[:40]) + gzip.compress(GOOD[40:]),
    ),
    Hostile("good.parquet", "accepted", good_parquet),
    Hostile("good.jsonl", "accepted", jsonl(record(), record(record="r2", late="yes"))),
    Hostile("semicolons.csv", "accepted", lambda: GOOD.replace(b",", b";")),
    Hostile("tabs.csv", "accepted", lambda: GOOD.replace(b",", b"\t")),
    Hostile("decimal-comma.csv", "accepted", lambda: GOOD.replace(b",", b";").replace(b".", b",")),
    Hostile("crlf.csv", "accepted", lambda: GOOD.replace(b"\n", b"\r\n")),
    Hostile("cr.csv", "accepted", lambda: GOOD.replace(b"\n", b"\r")),
    Hostile("no-last-newline.csv", "accepted", GOOD.rstrip),
    Hostile("empty-lines.csv", "accepted", lambda: GOOD + b"\n\n\n"),
    Hostile("quoted.csv", "accepted", lambda: HEADER + b'"r1","1","2","no"\n'),
    Hostile("bom-utf8.csv", "accepted", lambda: b"\xef\xbb\xbf" + GOOD),
    Hostile("bom-utf16.csv", "accepted", lambda: TEXT.encode("utf-16")),
    Hostile(
        "columns-in-another-order.csv", "accepted", exactly(b"late,weight,size,record\nno,1,2,r\n")
    ),
    Hostile("huge-integer.csv", "accepted", cell(b"9" * 30)),
    Hostile("year-zero.csv", "accepted", cell(b"0000-00-00", 0)),
    Hostile("formula.csv", "accepted", cell(b"=1+1", 0)),
    Hostile("html.csv", "accepted", cell(b"<script>alert(1)</script>", 0)),
    Hostile("path-name.csv", "accepted", cell(b"../../../etc/passwd", 0)),
    Hostile(
        "boolean.parquet",
        "accepted",
        lambda: parquet(record=["r"], size=[True], weight=[1], late=["no"]),
    ),
    Hostile("huge-integer.jsonl", "accepted", jsonl(record(size=10**40))),
    Hostile("empty.csv", "empty_file", exactly(b"")),
    Hostile("header-only.csv", "empty_file", exactly(HEADER)),
    Hostile("blank.csv", "empty_file", exactly(b"\n\n\n")),
    Hostile("empty.csv.gz", "empty_file", lambda: gzip.compress(b"", mtime=0)),
    Hostile(
        "empty.parquet",
        "empty_file",
        lambda: parquet(
            record=pa.array([], pa.string()),
            size=pa.array([], pa.float64()),
            weight=pa.array([], pa.float64()),
            late=pa.array([], pa.string()),
        ),
    ),
    Hostile("bomb.csv.gz", "decompresses_too_far", gzip_bomb),
    Hostile("endless-line.csv.gz", "line_too_long", endless_line),
    Hostile("cut.csv.gz", "malformed_gzip", lambda: gzip.compress(GOOD * 100, mtime=0)[:-20]),
    Hostile("broken.csv.gz", "unknown_format", exactly(b"\x1f\x8b" + b"\x00" * 30)),
    Hostile("gzip-in-gzip.csv.gz", "unknown_format", lambda: gzip.compress(gzip.compress(GOOD))),
    Hostile("good.parquet.gz", "accepted", lambda: gzip.compress(good_parquet(), mtime=0)),
    Hostile(
        "cut.parquet.gz", "malformed_gzip", lambda: gzip.compress(good_parquet(), mtime=0)[:-9]
    ),
    Hostile("bomb.zip", "unknown_format", zip_bomb),
    Hostile("pickle.csv", "unknown_format", lambda: pickle.dumps({"late": "no"})),
    Hostile("old-pickle.csv", "missing_columns", lambda: pickle.dumps({"late": "no"}, protocol=0)),
    Hostile("pdf.csv", "unknown_format", exactly(b"%PDF-1.7\n")),
    Hostile("sixty-million.parquet", "too_many_rows", parquet_of_sixty_million),
    Hostile("plain-dictionary-bomb.parquet", "cell_too_long", parquet_repeated_text),
    Hostile("dictionary-bomb.parquet", "cell_too_long", parquet_dictionary_bomb),
    Hostile("broken.parquet", "malformed_parquet", parquet_broken),
    Hostile("cut.parquet", "malformed_parquet", lambda: good_parquet()[:-30]),
    Hostile("magic-only.parquet", "malformed_parquet", exactly(b"PAR1")),
    Hostile(
        "nested.parquet",
        "nested_column",
        lambda: parquet(record=["r"], size=[[1.0, 2.0]], weight=[1], late=["no"]),
    ),
    Hostile(
        "binary.parquet",
        "nested_column",
        lambda: parquet(record=[b"\xff"], size=[1.0], weight=[1], late=["no"]),
    ),
    Hostile("missing.parquet", "missing_columns", lambda: parquet(record=["r"])),
    Hostile(
        "nan.parquet",
        "invalid_rows",
        lambda: parquet(record=["r"], size=[float("nan")], weight=[1], late=["no"]),
    ),
    Hostile(
        "inf.parquet",
        "invalid_rows",
        lambda: parquet(record=["r"], size=[float("inf")], weight=[1], late=["no"]),
    ),
    Hostile("two-hundred-thousand-columns.csv", "too_many_columns", wide),
    Hostile("ragged.csv", "invalid_rows", rows(b"r1,1,2,no", b"r2,1,2", b"r3,1,2,no,5")),
    Hostile(
        "duplicate-column.csv",
        "duplicate_column",
        exactly(b"record,size,size,weight,late\nr,1,1,1,no\n"),
    ),
    Hostile(
        "empty-column.csv", "empty_column_name", exactly(b"record,size,,weight,late\nr,1,1,1,no\n")
    ),
    Hostile(
        "unknown-column.csv",
        "unknown_columns",
        exactly(b"record,size,weight,late,name\nr,1,1,no,x\n"),
    ),
    Hostile("missing-column.csv", "missing_columns", exactly(b"record,size,late\nr,1,no\n")),
    Hostile("no-header.csv", "missing_columns", exactly(b"r1,1,2,no\nr2,1,2,no\n")),
    Hostile("nul.csv", "nul_byte", cell(b"1\x002")),
    Hostile("latin1.csv", "not_in_encoding", lambda: TEXT.encode("latin-1")),
    Hostile("mixed-encodings.csv", "not_in_encoding", lambda: TEXT.encode() + b"\xe9,1,2,no\n"),
    Hostile("utf16-without-mark.csv", "nul_byte", lambda: GOOD.decode().encode("utf-16-le")),
    Hostile("surrogate.csv", "not_in_encoding", cell(b"\xed\xa0\x80", 0)),
    Hostile("ten-megabyte-cell.csv", "line_too_long", cell(b"x" * 10_000_000, 0)),
    Hostile("long-cell.csv", "invalid_rows", cell(b"x" * 2_000, 0)),
    Hostile("newline-in-cell.csv", "invalid_rows", cell(b'"two\nlines"', 0)),
    Hostile(
        "unclosed-quote.csv", "invalid_rows", lambda: GOOD + b'"r3,1,2,no\n' + b"r,1,2,no\n" * 10
    ),
    Hostile("nan.csv", "invalid_rows", cell(b"nan")),
    Hostile("infinity.csv", "invalid_rows", cell(b"-Infinity")),
    Hostile("too-large-a-float.csv", "invalid_rows", cell(b"1e999")),
    Hostile("hexadecimal.csv", "invalid_rows", cell(b"0x10")),
    Hostile("thousands.csv", "invalid_rows", cell(b'"1,000"')),
    Hostile("arabic-digits.csv", "invalid_rows", cell("\N{ARABIC-INDIC DIGIT ONE}".encode())),
    Hostile("empty-cell.csv", "invalid_rows", cell(b"")),
    Hostile("unknown-label.csv", "invalid_rows", cell(b"maybe", 3)),
    Hostile("right-to-left.csv", "invalid_rows", cell("r\N{RIGHT-TO-LEFT OVERRIDE}1".encode(), 0)),
    Hostile("zero-width.csv", "invalid_rows", cell("r\N{ZERO WIDTH SPACE}1".encode(), 0)),
    Hostile("escape-codes.csv", "invalid_rows", cell(b"\x1b[31mred", 0)),
    Hostile("nested.jsonl", "invalid_rows", jsonl(record(size=[1, 2]))),
    Hostile(
        "deep.jsonl", "invalid_rows", jsonl('{"record":' + "[" * 100_000 + "]" * 100_000 + "}")
    ),
    Hostile("not-json.jsonl", "invalid_rows", jsonl(record(), "{oops")),
    Hostile("array.jsonl", "invalid_rows", jsonl(record(), "[1, 2]")),
    Hostile("nan.jsonl", "invalid_rows", jsonl('{"record":"r","size":NaN,"weight":1,"late":"no"}')),
    Hostile(
        "too-large.jsonl",
        "invalid_rows",
        jsonl('{"record":"r","size":1e999,"weight":1,"late":"no"}'),
    ),
    Hostile(
        "too-long-an-integer.jsonl",
        "invalid_rows",
        jsonl('{"record":"r","size":' + "9" * 5000 + ',"weight":1,"late":"no"}'),
    ),
    Hostile(
        "lone-surrogate.jsonl",
        "invalid_rows",
        jsonl('{"record":"\\ud800","size":1,"weight":1,"late":"no"}'),
    ),
    Hostile(
        "key-twice.jsonl",
        "invalid_rows",
        jsonl('{"record":"r","record":"s","size":1,"weight":1,"late":"no"}'),
    ),
    Hostile("unknown-key.jsonl", "invalid_rows", jsonl(record(extra=1))),
    Hostile("missing-key.jsonl", "invalid_rows", jsonl({"record": "r1"})),
    Hostile("text-for-number.jsonl", "invalid_rows", jsonl(record(size="1"))),
]


def main(folder: Path) -> None:
    """Write every file into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for hostile in CORPUS:
        (folder / hostile.name).write_bytes(hostile.make())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

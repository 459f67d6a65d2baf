"""One pass over a file: read, check, digest, write. Nothing is kept unless all is well."""

import hashlib
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contributors.core.digests import row_digests, to_bytes
from contributors.core.readers import Chunks, read_csv, read_jsonl, read_parquet
from contributors.core.records import Dialect, ErrorList, Intake
from contributors.core.schema import Schema, check, text_buffers
from contributors.core.streams import Source, Unpacked, Utf8, from_file

READERS = {"csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet}


def read_rows(
    file: BinaryIO,
    *,
    file_format: str,
    gzipped: bool,
    dialect: Dialect,
    schema: Schema,
    key: bytes,
    rows_path: Path,
    digests_path: Path,
) -> Intake:
    """Write the rows that are as they should be as Parquet, and their digests; count the rest."""
    errors = ErrorList()
    reader, content = READERS[file_format], ContentHash(schema)
    with (
        tempfile.TemporaryFile(dir=rows_path.parent) as scratch,
        pq.ParquetWriter(
            rows_path,
            schema.arrow,
            compression="lz4",
            use_dictionary=False,
            write_statistics=False,
        ) as writer,
        digests_path.open("wb") as digests,
        ThreadPoolExecutor(max_workers=1) as beside,
    ):

        def keep(table: pa.Table) -> None:
            content.add(table)
            writer.write_table(table)
            digests.write(to_bytes(row_digests(table, columns=schema.judged_by, key=key)))

        if file_format == "parquet":
            source: Any = unpacked(file, scratch) if gzipped else file
        else:
            source = text_source(file, gzipped, dialect)
        chunks: Chunks = reader(  # type: ignore[operator]
            source, schema=schema, dialect=dialect, errors=errors
        )
        keeping = beside.submit(lambda: None)
        for chunk in chunks:
            table = check(chunk, schema=schema, errors=errors, decimal=dialect.decimal)
            keeping.result()  # one chunk is written while the next is read
            keeping = beside.submit(keep, table)
        keeping.result()
    return Intake(
        row_count=content.rows,
        invalid_count=errors.row_count,
        error_count=errors.count,
        errors=tuple(sorted(errors.errors, key=lambda e: (e.line, e.column))),
        content_sha256=content.hexdigest(),
    )


def unpacked(file: BinaryIO, scratch: BinaryIO) -> BinaryIO:
    """Return the scratch file with what the gzip holds: Parquet is read from its end."""
    source = Unpacked(from_file(file))
    while piece := source():
        scratch.write(piece)
    scratch.seek(0)
    return scratch


def text_source(file: BinaryIO, gzipped: bool, dialect: Dialect) -> Source:
    """Return the file's text as verified UTF-8."""
    source: Source = from_file(file)
    return Utf8(Unpacked(source) if gzipped else source, dialect.encoding)


class ContentHash:
    """SHA-256 of the values, the same for the same rows in any format and chunking."""

    def __init__(self, schema: Schema) -> None:
        self.columns = schema.columns
        self.hashes = {c.name: (hashlib.sha256(), hashlib.sha256()) for c in schema.columns}
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        self.rows += table.num_rows
        for column in self.columns:
            lengths, data = self.hashes[column.name]
            values = table[column.name].combine_chunks()
            if column.kind == "number":
                data.update((values.to_numpy(zero_copy_only=False) + 0.0).astype("<f8").tobytes())
            elif len(values):
                offsets, text = text_buffers(values)
                lengths.update(np.diff(offsets).astype("<i4").tobytes())
                data.update(text[offsets[0] : offsets[-1]].tobytes())

    def hexdigest(self) -> str:
        columns = [
            [c.name, c.kind, *(part.hexdigest() for part in self.hashes[c.name])]
            for c in self.columns
        ]
        text = json.dumps([self.rows, columns], ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

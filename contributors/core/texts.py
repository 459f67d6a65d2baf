"""Plain texts: batches of language programmes, held-out works, background."""

import hashlib
import json
from dataclasses import dataclass
from typing import BinaryIO

from contributors.core.limits import TEXT_BYTES_MAX
from contributors.core.records import Dialect, row_error
from contributors.core.streams import Unpacked, Utf8, from_file
from contributors.errors import EmptyFile, FileTooLarge, InvalidRows

WORKS_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A held-out text, its name in the programme, and who wrote it."""

    key: str
    author: str
    text: str


def read_text(file: BinaryIO, *, gzipped: bool, dialect: Dialect) -> str:
    """Return the whole text; line ends become one line feed."""
    source = from_file(file)
    checked = Utf8(Unpacked(source) if gzipped else source, dialect.encoding)
    pieces, size = [], 0
    while piece := checked():
        size += len(piece)
        if size > TEXT_BYTES_MAX:
            raise FileTooLarge("A text may have 64 MiB at most.")
        pieces.append(piece)
    text = b"".join(pieces).decode("utf-8").replace("\r\n", "\n")
    if not text.strip():
        raise EmptyFile("The file holds no words.")
    return text


def read_works(text: str) -> tuple[Work, ...]:
    """Return the works of a JSON Lines text, one object with `author` and `text` a line."""
    works = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            works.append(work_of(line, number))
    if not works or len(works) > WORKS_MAX:
        raise EmptyFile("The file holds no works, or too many.")
    return tuple(works)


def work_of(line: str, number: int) -> Work:
    try:
        record = json.loads(line)
        assert isinstance(record, dict)
        work = Work(
            key=str(record.get("work", number)), author=record["author"], text=record["text"]
        )
        assert isinstance(work.author, str) and isinstance(work.text, str)
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError) as error:
        raise InvalidRows(
            f"Line {number} is not an object with the texts “author” and “text”.",
            errors=[row_error(line=number, column="", value="", code="not_json")],
        ) from error
    return work


def word_count(text: str) -> int:
    return len(text.split())


def content_sha256(text: str) -> str:
    """SHA-256 of the text with line feeds and without a byte order mark."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()

"""What kind of file this is, told from its first bytes; never from its name."""

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from charset_normalizer import from_bytes

from contributors.core.records import Dialect
from contributors.core.streams import GZIP_MAGIC, Unpacked
from contributors.errors import EmptyFile, UnknownFormat

HEAD_BYTES = 256 * 1024
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15")
# A guess must be one of those that can be chosen, by the name that the codec gives it.
GUESSED = {codecs.lookup(name).name: name for name in ENCODINGS if name.startswith(("w", "i"))}
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8"}
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
# What people send by mistake, and what to say about it.
FOREIGN = {
    b"PK\x03\x04": "This is a zip archive or a spreadsheet; save it as CSV.",
    b"PK\x05\x06": "This is an empty zip archive.",
    b"\xd0\xcf\x11\xe0": "This is an old spreadsheet; save it as CSV.",
    b"%PDF": "This is a PDF; send the table itself.",
    b"\x89PNG": "This is a picture; send the data as a table.",
    b"\xff\xd8\xff": "This is a picture; send the data as a table.",
    b"BZh": "This is bzip2; use gzip.",
    b"\xfd7zXZ": "This is xz; use gzip.",
    b"(\xb5/\xfd": "This is zstd; use gzip.",
    b"SQLite": "This is a database; save the table as CSV.",
    b"\x80\x02": "This is a pickle, which is never read.",
    b"\x80\x03": "This is a pickle, which is never read.",
    b"\x80\x04": "This is a pickle, which is never read.",
    b"\x80\x05": "This is a pickle, which is never read.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sniffed:
    """What the first bytes say: `csv`, `jsonl`, `parquet` or `text`, gzipped or not."""

    file_format: str
    gzipped: bool
    dialect: Dialect
    encoding_hint: str = ""


def sniff(head: bytes, *, names: Sequence[str] = (), text: bool = False) -> Sniffed:
    """Return the format and dialect; `names` are the columns to look for in the header."""
    if not head:
        raise EmptyFile()
    gzipped = head.startswith(GZIP_MAGIC)
    if gzipped:
        head = unpacked_head(head)
    refuse_foreign(head)
    if head.startswith(b"PAR1"):
        return Sniffed(file_format="parquet", gzipped=gzipped, dialect=Dialect())
    encoding, hint = encoding_of(head)
    decoded = head.decode(encoding, errors="replace").lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
    if text:
        file_format, dialect = "text", Dialect(encoding=encoding)
    elif decoded.lstrip().startswith("{"):
        file_format, dialect = "jsonl", Dialect(encoding=encoding)
    else:
        file_format, dialect = "csv", dialect_of(decoded, encoding=encoding, names=names)
    return Sniffed(file_format=file_format, gzipped=gzipped, dialect=dialect, encoding_hint=hint)


def unpacked_head(head: bytes) -> bytes:
    pieces = iter([head])
    try:
        unpacked = Unpacked(lambda: next(pieces, b""))()
    except Exception as error:
        raise UnknownFormat("This looks like gzip but cannot be unpacked.") from error
    if not unpacked:
        raise EmptyFile()
    if unpacked.startswith(GZIP_MAGIC):
        raise UnknownFormat("This is gzip within gzip; pack it once.")
    return unpacked[:HEAD_BYTES]


def refuse_foreign(head: bytes) -> None:
    for magic, sentence in FOREIGN.items():
        if head.startswith(magic):
            raise UnknownFormat(sentence)


def encoding_of(head: bytes) -> tuple[str, str]:
    """Return the encoding to try, and a guess to offer if that is not UTF-8."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding, ""
    try:
        # A character may be cut at the end of the head: three bytes at most.
        head[: len(head) - 3].decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8", guessed(head[:4096])
    return "utf-8", ""


def guessed(head: bytes) -> str:
    """Return which of the encodings on offer it may be; nothing where none makes sense.

    >>> guessed("name\\nJosé Müller".encode("windows-1252")), guessed(bytes(range(0x80, 0x100)))
    ('windows-1252', '')
    """
    best = from_bytes(head, cp_isolation=list(GUESSED)).best()
    return GUESSED[codecs.lookup(best.encoding).name] if best else ""


def dialect_of(text: str, *, encoding: str, names: Sequence[str]) -> Dialect:
    """Return the delimiter that finds most of the names, or else splits the header most."""
    lines = text.splitlines()[:2] + ["", ""]
    quote = "'" if lines[0].lstrip().startswith("'") else '"'

    def score(delimiter: str) -> tuple[int, int]:
        cells = split(lines[0], delimiter, quote)
        return len(set(cells) & set(names)), len(cells)

    delimiter = max(DELIMITERS, key=score)
    cells = split(lines[1], delimiter, quote)
    comma = delimiter != "," and any(DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    return Dialect(
        encoding=encoding, delimiter=delimiter, quote=quote, decimal="," if comma else "."
    )


def split(line: str, delimiter: str, quote: str) -> list[str]:
    """Split one line; a line that cannot be split is one cell.

    >>> split('a,"b,c"', ",", '"')
    ['a', 'b,c']
    """
    try:
        return next(csv.reader([line], delimiter=delimiter, quotechar=quote), [])
    except csv.Error:
        return [line]

"""Bytes from outside, under limits: gzip unpacked with a cap, text verified as it passes."""

import codecs
import io
import zlib
from collections.abc import Callable
from typing import BinaryIO

from contributors.core.limits import (
    LINE_BYTES_MAX,
    UNPACKED_BYTES_FREE,
    UNPACKED_BYTES_MAX,
    UNPACKED_RATIO_MAX,
)
from contributors.errors import (
    DecompressesTooFar,
    LineTooLong,
    MalformedGzip,
    NotInEncoding,
    NulByte,
)

GZIP_MAGIC = b"\x1f\x8b"
READ_BYTES = 256 * 1024
Source = Callable[[], bytes]  # the next bytes, b"" at the end


def from_file(file: BinaryIO) -> Source:
    return lambda: file.read(READ_BYTES)


class Unpacked:
    """Gunzips a source, several members too, and refuses what unpacks too far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.unpacker = zlib.decompressobj(wbits=31)
        self.waiting = b""
        self.bytes_in = 0
        self.bytes_out = 0

    def __call__(self) -> bytes:
        while True:
            if not self.waiting and not self._refill():
                return b""
            try:
                out = self.unpacker.decompress(self.waiting, READ_BYTES * 4)
            except zlib.error as error:
                raise MalformedGzip() from error
            self._next_member() if self.unpacker.eof else self._rest()
            self._count(len(out))
            if out:
                return out

    def _refill(self) -> bool:
        self.waiting = self.source()
        self.bytes_in += len(self.waiting)
        if not self.waiting and self.bytes_in and not self._between_members():
            raise MalformedGzip()
        return bool(self.waiting)

    def _between_members(self) -> bool:
        return self.fresh

    fresh = False

    def _next_member(self) -> None:
        self.waiting = self.unpacker.unused_data
        self.unpacker = zlib.decompressobj(wbits=31)
        self.fresh = True
        # Some writers pad the end with zeros.
        self.waiting = self.waiting.lstrip(b"\0")

    def _rest(self) -> None:
        self.waiting = self.unpacker.unconsumed_tail
        self.fresh = False

    def _count(self, size: int) -> None:
        self.bytes_out += size
        allowed = max(UNPACKED_BYTES_FREE, self.bytes_in * UNPACKED_RATIO_MAX)
        if self.bytes_out > min(allowed, UNPACKED_BYTES_MAX):
            raise DecompressesTooFar()


class Utf8:
    """Passes text on as UTF-8 without a mark and with line feeds alone.

    Refuses other bytes, NUL and endless lines.
    """

    def __init__(self, source: Source, encoding: str) -> None:
        self.source = source
        self.encoding = encoding
        strict = codecs.getincrementaldecoder(encoding)("strict")
        self.decoder = io.IncrementalNewlineDecoder(strict, translate=True)
        self.rest = self.decoder.getstate()  # no half character and no carriage return waits
        self.lines_passed = 0
        self.line_bytes = 0
        self.started = False
        self.ended = False

    def __call__(self) -> bytes:
        out = b""
        while not out and not self.ended:
            data = self.source()
            self.ended = not data
            out = self._decoded(data)
        return out

    def _decoded(self, data: bytes) -> bytes:
        plain = data.isascii() and self.encoding == "utf-8" and b"\r" not in data
        if data and plain and self.decoder.getstate() == self.rest:
            self.started = True
            self._check(data)
            return data
        try:
            text = self.decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            line = self.lines_passed + 1 + error.object[: error.start].count(b"\n")
            raise NotInEncoding(
                f"Line {line} is not {self.encoding}: the byte {error.object[error.start]:#04x}"
                " does not fit.",
                line=line,
            ) from error
        if text and not self.started:
            self.started = True
            text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        out = text.encode("utf-8")
        self._check(out)
        return out

    def _check(self, out: bytes) -> None:
        if (at := out.find(b"\0")) >= 0:
            line = self.lines_passed + 1 + out.count(b"\n", 0, at)
            raise NulByte(f"Line {line} holds a NUL byte, which no text has.", line=line)
        self._check_lines(out)

    def _check_lines(self, out: bytes) -> None:
        """Refuse a line that began here or before and is too long; pieces are shorter than it."""
        first = out.find(b"\n")
        longest = self.line_bytes + (len(out) if first < 0 else first)
        if longest > LINE_BYTES_MAX:
            line = self.lines_passed + 1
            raise LineTooLong(f"Line {line} is longer than 1 MiB.", line=line)
        self.lines_passed += out.count(b"\n")
        self.line_bytes = longest if first < 0 else len(out) - out.rfind(b"\n") - 1
        if first >= 0 and self.line_bytes > LINE_BYTES_MAX:
            line = self.lines_passed + 1
            raise LineTooLong(f"Line {line} is longer than 1 MiB.", line=line)


class Readable(io.RawIOBase):
    """A source as a file, for parsers that read(n)."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.buffer = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: "memoryview | bytearray") -> int:  # type: ignore[override]
        if not self.buffer:
            self.buffer = self.source()
        size = min(len(target), len(self.buffer))
        target[:size] = self.buffer[:size]
        self.buffer = self.buffer[size:]
        return size


def lines_of(source: Source) -> "io.BufferedReader":
    return io.BufferedReader(Readable(source), buffer_size=READ_BYTES)

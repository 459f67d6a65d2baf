import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributors import errors
from contributors.core.streams import Readable, Unpacked, Utf8, lines_of


def source(*pieces: bytes):
    waiting = list(pieces)
    return lambda: waiting.pop(0) if waiting else b""


def drained(source) -> bytes:
    return b"".join(iter(source, b""))


def cut(data: bytes, at: list[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(i % (len(data) + 1) for i in at)})
    return [data[a:b] for a, b in zip(ends, ends[1:], strict=False)]


cuts = st.lists(st.integers(0, 10_000), max_size=8)


@given(st.binary(min_size=1, max_size=2_000), cuts)
def test_gzip_is_unpacked_wherever_it_is_cut(data, at):
    packed = gzip.compress(data, mtime=0)
    assert drained(Unpacked(source(*cut(packed, at)))) == data


@given(st.binary(min_size=1, max_size=500), st.binary(min_size=1, max_size=500), cuts)
def test_several_members_are_one_text(one, two, at):
    packed = gzip.compress(one, mtime=0) + gzip.compress(two, mtime=0)
    assert drained(Unpacked(source(*cut(packed, at)))) == one + two


@given(st.binary(min_size=20, max_size=500), st.integers(1, 15))
def test_gzip_cut_short_is_refused(data, missing):
    packed = gzip.compress(data, mtime=0)[:-missing]
    with pytest.raises(errors.MalformedGzip):
        drained(Unpacked(source(packed)))


@settings(deadline=None)
@given(st.text(max_size=500), cuts, st.sampled_from(["utf-8", "utf-16"]))
def test_text_passes_as_utf8_with_line_feeds_wherever_it_is_cut(text, at, encoding):
    text = text.replace("\0", "").encode("utf-8", "ignore").decode()
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    passed = drained(Utf8(source(*cut(text.encode(encoding), at)), encoding))
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    assert passed.decode("utf-8").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}") == expected


def test_the_line_of_a_wrong_byte_is_told_across_pieces():
    with pytest.raises(errors.NotInEncoding, match="Line 3"):
        drained(Utf8(source(b"a\nb", b"\n\xff"), "utf-8"))
    with pytest.raises(errors.NulByte, match="Line 2"):
        drained(Utf8(source(b"a\n\0"), "utf-8"))


def test_a_line_that_never_ends_is_refused():
    with pytest.raises(errors.LineTooLong, match="Line 2"):
        drained(Utf8(source(b"a\n", *[b"x" * 100_000] * 11), "utf-8"))


def test_a_source_is_read_like_a_file():
    assert list(lines_of(source(b"a\nb", b"c\n"))) == [b"a\n", b"bc\n"]
    assert Readable(source(b"ab")).read(1) == b"a"

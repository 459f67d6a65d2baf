import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributors.core import duplicates
from contributors.core.digests import StoredDigests, row_digests, text_digest, to_bytes
from contributors.core.duplicates import first_occurrences, is_in
from contributors.core.schema import Column

TEXTS = (Column(name="t", kind="text"),)
NUMBERS = (Column(name="a", kind="number"), Column(name="b", kind="number"))
KEY = b"k" * 32
texts = st.lists(st.text(max_size=90), min_size=1, max_size=30)
pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40)


def of_texts(values, key=KEY):
    return row_digests(pa.table({"t": pa.array(values, pa.string())}), columns=TEXTS, key=key)


def as_digests(rows):
    return np.array(rows, dtype=np.uint64).reshape(-1, 2)


@given(texts)
def test_equal_rows_have_equal_digests_and_others_do_not(values):
    digests = [tuple(row) for row in of_texts(values).tolist()]
    for one, a in zip(values, digests, strict=True):
        for other, b in zip(values, digests, strict=True):
            assert (a == b) == (one == other)


@given(texts, st.integers(0, 29))
def test_a_digest_does_not_depend_on_the_chunk_the_row_is_in(values, cut):
    whole = of_texts(values)
    parts = [of_texts(part) for part in (values[:cut], values[cut:]) if part]
    assert np.array_equal(whole, np.concatenate(parts))


def test_digests_cannot_be_made_without_the_key():
    assert not np.array_equal(of_texts(["a"]), of_texts(["a"], key=b"x" * 32))


def test_minus_zero_is_zero_and_columns_are_told_apart():
    table = pa.table({"a": [0.0, -0.0, 1.0, 2.0], "b": [1.0, 1.0, 2.0, 1.0]})
    digests = row_digests(table, columns=NUMBERS, key=KEY)
    assert np.array_equal(digests[0], digests[1])
    assert not np.array_equal(digests[2], digests[3])


def test_texts_are_the_same_whatever_their_case_and_spaces():
    one, two = text_digest("To be\n or not", key=KEY), text_digest("to be or NOT", key=KEY)
    assert np.array_equal(one, two)


@given(st.lists(pairs, max_size=4), st.sampled_from([2, 3, 1000]))
def test_first_occurrences_are_those_of_a_set(batches, at_once):
    """The same with everything in memory and with slices spilled to disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "SLICE_ROWS", at_once)
        patch.setattr(duplicates, "SPILLED_ROWS", at_once)
        masks = first_occurrences([as_digests(rows) for rows in batches])
    seen = set()
    for rows, mask in zip(batches, masks, strict=True):
        for row, first in zip(rows, mask, strict=True):
            assert bool(first) == (row not in seen)
            seen.add(row)


@given(pairs, pairs)
def test_membership_is_that_of_a_set(rows, others):
    found = is_in(as_digests(rows), as_digests(others))
    assert found.tolist() == [row in set(others) for row in rows]


def test_stored_digests_are_read_slice_by_slice(tmp_path):
    digests = as_digests([(1, 2), (3, 4), (5, 6)])
    (tmp_path / "d").write_bytes(to_bytes(digests))
    stored = StoredDigests(tmp_path / "d")
    assert len(stored) == 3
    assert stored[1:9].tolist() == [[3, 4], [5, 6]]
    assert stored[3:].tolist() == []

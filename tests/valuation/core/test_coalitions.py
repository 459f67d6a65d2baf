"""Keys, cuts and digests of coalitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from valuation.core.coalitions import (
    coalitions_of,
    distinct,
    ends,
    enumerated,
    keys,
    memo_digest,
    shard_cut,
)

ROWS = st.tuples(st.integers(1, 40), st.integers(1, 130)).flatmap(
    lambda shape: arrays(np.bool_, shape)
)


@given(ROWS)
def test_a_key_gives_back_its_coalition_for_any_number_of_players(coalitions):
    assert np.array_equal(coalitions_of(keys(coalitions), coalitions.shape[1]), coalitions)


@given(ROWS)
def test_keys_are_equal_exactly_where_rows_are(coalitions):
    names = keys(coalitions)
    assert len(set(names)) == len(np.unique(coalitions, axis=0))
    assert np.array_equal(distinct(coalitions), distinct(distinct(coalitions)))


@given(ROWS, st.integers(1, 50))
def test_shards_put_together_are_the_round(coalitions, size):
    shards = list(shard_cut(coalitions, size))
    assert np.array_equal(np.concatenate(shards), coalitions)
    assert all(len(shard) == size for shard in shards[:-1])


def test_coalition_number_b_holds_the_players_of_its_bits():
    assert enumerated(5, 19, 20).tolist() == [[True, True, False, False, True]]
    assert np.array_equal(enumerated(9)[[0, -1]], ends(9))


def test_a_memo_digest_depends_on_what_is_known_and_not_on_its_order():
    known = {b"\x01": 0.25, b"\x02": 0.5}
    turned = dict(reversed(known.items()))
    assert memo_digest(known) == memo_digest(turned)
    assert memo_digest(known) != memo_digest({**known, b"\x02": 0.75})

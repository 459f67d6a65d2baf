import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contributors.core.players import data_digest, groups

names = st.sets(st.sampled_from("abcdefgh"), min_size=1)
pairs = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")))


@given(names, pairs)
def test_groups_are_the_connected_components(names, pairs):
    found = groups(names, pairs)
    assert sorted(name for group in found for name in group) == sorted(names)
    place = {name: index for index, group in enumerate(found) for name in group}
    for one, other in pairs:
        if one in names and other in names:
            assert place[one] == place[other]


@given(names, pairs, st.randoms())
def test_groups_do_not_depend_on_the_order_of_the_evidence(names, pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    assert groups(names, pairs) == groups(sorted(names, reverse=True), shuffled)


def test_the_data_digest_is_of_the_sorted_content_digests():
    whole = np.ones(2, dtype=bool)
    expected = hashlib.sha256(b"a\nb").hexdigest()
    assert data_digest([("b", whole), ("a", whole)]) == expected


def test_the_data_digest_tells_which_rows_are_left_out():
    masks = [np.array(m) for m in ([True, True], [True, False], [False, True])]
    assert len({data_digest([("a", mask)]) for mask in masks}) == 3

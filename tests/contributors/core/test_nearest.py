import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer

from contributors.core.nearest import (
    copied_rows,
    honest_share,
    mutual_share,
    nearer_than,
    nearest,
)
from contributors.core.shingles import COPIED_CUT, contained_share, sketch

X = load_breast_cancer().data
SCALE = X.std(axis=0)


def batches(seed, *sizes):
    order = np.random.default_rng(seed).permutation(len(X))
    ends = np.cumsum([0, *sizes])
    return [X[order[a:b]] for a, b in zip(ends, ends[1:], strict=False)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("sizes", [(250, 250), (100, 400), (30, 300)])
def test_honest_batches_are_not_suspected_whatever_their_sizes(seed, sizes):
    one, other = batches(seed, *sizes)
    assert not mutual_share(one, other, scale=SCALE).looks_copied(0.5)


@pytest.mark.parametrize("sigma", [0.0, 0.1, 0.3])
def test_a_jittered_copy_is_suspected(sigma):
    (one,) = batches(1, 250)
    noise = np.random.default_rng(2).normal(size=one.shape)
    assert mutual_share(one, one + sigma * SCALE * noise, scale=SCALE).looks_copied(0.5)


def test_a_batch_of_which_half_is_copied_is_suspected():
    one, rest = batches(3, 240, 120)
    half = np.concatenate([one[:120], rest])
    assert mutual_share(one, half, scale=SCALE).looks_copied(0.5)


@pytest.mark.parametrize("sigma", [0.01, 0.1, 0.3])
def test_of_a_jittered_copy_nearly_every_row_is_named(sigma):
    (one,) = batches(1, 250)
    copy = one + sigma * SCALE * np.random.default_rng(2).normal(size=one.shape)
    assert copied_rows(one, copy, scale=SCALE, cut=0.5).mean() >= 0.97


def test_of_half_a_copy_every_copied_row_is_named_and_most_honest_ones_are_not():
    one, rest = batches(3, 240, 120)
    named = copied_rows(one, np.concatenate([one[:120], rest]), scale=SCALE, cut=0.5)
    assert named[:120].all() and named[120:].mean() <= 0.35


def test_of_honest_batches_no_row_is_named():
    one, other = batches(5, 200, 200)
    assert not copied_rows(one, other, scale=SCALE, cut=0.5).any()


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_with_disguised_validation_rows_is_nearer_to_them_than_to_the_sealed_ones(seed):
    own, validation, sealed = batches(seed, 150, 205, 205)
    control = mutual_share(own, sealed, scale=SCALE)
    assert not nearer_than(mutual_share(own, validation, scale=SCALE), control)
    noise = 0.1 * SCALE * np.random.default_rng(seed).normal(size=(100, X.shape[1]))
    aimed = np.concatenate([own[:50], validation[:100] + noise])
    control = mutual_share(aimed, sealed, scale=SCALE)
    assert nearer_than(mutual_share(aimed, validation, scale=SCALE), control)


def test_a_handful_of_rows_proves_nothing():
    one, other = batches(4, 4, 4)
    assert not mutual_share(one, other, scale=SCALE).looks_copied(0.5)
    assert mutual_share(X[:0], one).share == 0


@given(st.floats(1, 1e6))
def test_the_honest_share_grows_with_the_ratio_of_sizes(ratio):
    assert 0.3499 < honest_share(ratio) < 1
    assert honest_share(ratio) <= honest_share(ratio * 2)


def test_the_nearest_row_is_found_and_ties_go_to_the_lower_index():
    among = np.array([[0.0], [5.0], [5.0], [9.0]])
    assert nearest(np.array([[4.0], [8.0]]), among).tolist() == [1, 3]


WORDS = [f"word{i}" for i in range(2_000)]


def test_a_text_that_holds_a_third_of_another_is_suspected_and_others_are_not():
    one = " ".join(WORDS[:600])
    copied = " ".join([*WORDS[400:600], *WORDS[1000:1400]])
    other = " ".join(WORDS[1400:2000])
    assert contained_share(sketch(one), sketch(copied)) >= COPIED_CUT
    assert contained_share(sketch(one), sketch(other)) < 0.05
    assert contained_share(sketch(one), sketch(one.upper())) == 1

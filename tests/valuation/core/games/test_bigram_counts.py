"""Counts of words and of pairs of words."""

import numpy as np

from valuation.core.games.bigram_counts import Needed, Vocabulary, documents, tables_of, tokens


def test_words_keep_their_apostrophes_and_lose_their_case():
    found = tokens("It's America’s; we'll SEE, 2013!")
    assert found == ["it's", "america’s", "we'll", "see", "2013"]


def test_a_string_is_one_document():
    assert documents("a b") == [["a", "b"]]
    assert documents(["a b", ["c"]]) == [["a", "b"], ["c"]]
    assert documents(None) == []


def test_pairs_that_only_works_need_are_counted_by_work():
    vocabulary = Vocabulary.of([["a", "b"]])
    needed = Needed.of([["a", "b", "a"], ["a", "b"]], vocabulary)
    assert needed.pair_uses.tolist() == [[1.0, 1.0], [1.0, 0.0]]  # ab, ba
    assert needed.context_uses.tolist() == [[1.0, 1.0], [1.0, 0.0]]


def test_what_nobody_said_is_a_constant():
    tables = tables_of(
        texts=[["a", "b"], ["x", "y"]], owners=np.array([0, 1]), works=[["a", "b", "c"]],
        background=[], n_players=2, strength=2.0, background_strength=1.0,
    )  # fmt: skip
    assert tables.pairs.tolist() == [[1.0], [0.0]] and tables.contexts.tolist() == [[1.0], [0.0]]
    np.testing.assert_allclose(tables.constants, [np.log(2.0 / 3.0) - np.log(2.0)])

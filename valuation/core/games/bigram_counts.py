"""Counts of words and pairs of words: what a bigram game needs of its texts, counted once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Floats
from valuation.errors import ShapeMismatch

Text = str | Sequence[Any]
Documents = list[list[str]]

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What the works need of all texts; J pairs and K contexts that some player has used.

    pairs : (n_players, J) counts of each pair of words
    priors : (J,) strength times the background's probability
    pair_uses : (J, works) occurrences in each work
    contexts : (n_players, K) counts of each first word
    context_uses : (K, works)
    constants : (works,) the share of the log probability that no coalition changes
    """

    pairs: Floats
    priors: Floats
    pair_uses: Floats
    contexts: Floats
    context_uses: Floats
    constants: Floats


def tokens(text: Text) -> list[str]:
    """Lower-case words of a string, or the tokens as given.

    >>> tokens("To be, or not to be?")
    ['to', 'be', 'or', 'not', 'to', 'be']
    """
    if isinstance(text, str):
        return WORD.findall(text.lower())
    return [str(token) for token in text]


def documents(texts: Sequence[Text] | str | None) -> Documents:
    """Each text as its tokens; a string is one text."""
    if texts is None:
        return []
    return [tokens(texts)] if isinstance(texts, str) else [tokens(text) for text in texts]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Numbers of the words of works and background; all other words share one.

    >>> Vocabulary.of([["to", "be"]]).pairs(["be", "or", "to"])
    array([5, 6])
    """

    number: dict[str, int]

    @classmethod
    def of(cls, texts: Iterable[list[str]]) -> Vocabulary:
        number: dict[str, int] = {}
        for text in texts:
            for word in text:
                number.setdefault(word, len(number))
        return cls(number)

    @property
    def base(self) -> int:
        """One more than the largest number."""
        return len(self.number) + 1

    def encode(self, text: list[str]) -> NDArray:
        other = len(self.number)
        return np.array([self.number.get(word, other) for word in text], dtype=np.int64)

    def pairs(self, text: list[str]) -> NDArray:
        """Successive words as one number each: first * base + second."""
        codes = self.encode(text)
        return codes[:-1] * self.base + codes[1:]


@dataclass(frozen=True, slots=True)
class Needed:
    """The pairs and first words of the works, sorted, and how often each work uses them."""

    pairs: NDArray
    pair_uses: Floats
    contexts: NDArray
    context_uses: Floats

    @classmethod
    def of(cls, works: Documents, vocabulary: Vocabulary) -> Needed:
        codes = [vocabulary.pairs(work) for work in works]
        pairs, which = np.unique(np.concatenate(codes), return_inverse=True)
        uses = np.zeros((len(pairs), len(works)))
        work_of = np.repeat(np.arange(len(works)), [len(own) for own in codes])
        np.add.at(uses, (which, work_of), 1.0)
        contexts, context_of = np.unique(pairs // vocabulary.base, return_inverse=True)
        context_uses = np.zeros((len(contexts), len(works)))
        np.add.at(context_uses, context_of, uses)
        return cls(pairs, uses, contexts, context_uses)


def tables_of(
    *,
    texts: Documents,
    owners: NDArray,
    works: Documents,
    background: Documents,
    n_players: int,
    strength: float,
    background_strength: float,
) -> Tables:
    """Count once what every coalition needs.

    Raises
    ------
    ShapeMismatch : no work has two words
    """
    if not any(len(work) > 1 for work in works):
        raise ShapeMismatch("There is no work of at least two words to attribute.")
    vocabulary = Vocabulary.of([*background, *works])
    needed = Needed.of(works, vocabulary)
    prior = strength * background_model(background, needed, vocabulary, background_strength)
    pairs = np.zeros((n_players, len(needed.pairs)))
    contexts = np.zeros((n_players, len(needed.contexts)))
    for text, owner in zip(texts, owners, strict=True):
        codes = vocabulary.pairs(text)
        pairs[owner] += _lookup(codes, needed.pairs)
        contexts[owner] += _lookup(codes // vocabulary.base, needed.contexts)
    said, met = pairs.any(axis=0), contexts.any(axis=0)
    constants = np.log(prior[~said]) @ needed.pair_uses[~said]
    constants -= np.log(strength) * needed.context_uses[~met].sum(axis=0)
    return Tables(
        pairs=pairs[:, said],
        priors=prior[said],
        pair_uses=needed.pair_uses[said],
        contexts=contexts[:, met],
        context_uses=needed.context_uses[met],
        constants=constants,
    )


def background_model(
    background: Documents, needed: Needed, vocabulary: Vocabulary, strength: float
) -> Floats:
    """p(w | u) of the needed pairs: pairs of words, behind them words plus one, each of them > 0.

    Works do not enter it, so every work has the same background.
    """
    words = np.concatenate([np.empty(0, np.int64), *map(vocabulary.encode, background)])
    if not len(words):
        return np.full(len(needed.pairs), 1.0 / len(vocabulary.number))
    size = len(words) + len(np.unique(words)) + 1
    pairs = np.concatenate([vocabulary.pairs(text) for text in background])
    contexts = np.bincount(pairs // vocabulary.base, minlength=vocabulary.base)
    first, second = np.divmod(needed.pairs, vocabulary.base)
    behind = (np.bincount(words, minlength=vocabulary.base)[second] + 1.0) / size
    return (_lookup(pairs, needed.pairs) + strength * behind) / (contexts[first] + strength)


def _lookup(found: NDArray, sought: NDArray) -> Floats:
    """How often each of the sorted numbers `sought` occurs in `found`."""
    counts = np.zeros(len(sought))
    at = np.searchsorted(sought, found)
    hit = at < len(sought)
    hit[hit] = sought[at[hit]] == found[hit]
    np.add.at(counts, at[hit], 1.0)
    return counts

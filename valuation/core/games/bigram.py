"""BigramGame: authors are worth what their texts add to the probability of given works.

The model of a coalition S is a bigram language model whose counts add up over players and whose
prior is a background model of other people's texts (MacKay & Peto 1995):

    p_S(w | u) = (c_S(u, w) + s · p(w | u)) / (c_S(u) + s)

v(S) = Σ ln p_S(w | u) over the works, in nats, so v(∅) is the background's own log probability: plain
language is nobody's contribution. The split follows Wang et al. 2024, "An Economic Solution to
Copyright Challenges of Generative AI" (Shapley royalty share).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Bools, Floats, as_coalitions, checked_utilities
from valuation.errors import ShapeMismatch

Text = str | Sequence[Any]

STRENGTH = 4.0  # pseudo-counts per context. Small, so that another's habits cost an author as much
# as they help: on State-of-the-Union addresses the true author's share falls from .76 (4) to .27 (400)
BACKGROUND_STRENGTH = 300.0  # the same, of the background's words behind its pairs of words
CHUNK_ELEMENTS = 2**20  # probabilities per chunk: 8 MB
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


class BigramGame:
    """A game of authors; v(S) is the log probability of the works under the model of S.

    Parameters
    ----------
    texts : documents of the players, each a string or a sequence of tokens
    owners : int (texts,), the player of each text
    works : documents to attribute
    background : documents of nobody in the game; none of them makes the prior uniform
    n_players : int; one more than the largest owner by default
    strength, background_strength : float, pseudo-counts of the two priors

    >>> game = BigramGame(["to be or not to be", "two bees"], [0, 1], ["to be"], ["be to"])
    >>> bool(np.diff(game(np.array([[False, False], [True, False]])))[0] > 0)
    True
    """

    cheap = True

    def __init__(
        self,
        texts: Sequence[Text],
        owners: Any,
        works: Sequence[Text] | str,
        background: Sequence[Text] | str | None = None,
        *,
        n_players: int | None = None,
        strength: float = STRENGTH,
        background_strength: float = BACKGROUND_STRENGTH,
    ) -> None:
        owners = np.asarray(owners, dtype=np.int64)
        count = int(n_players if n_players is not None else owners.max(initial=-1) + 1)
        if len(texts) != len(owners) or count < 1 or not (owners >= 0).all():
            raise ShapeMismatch(f"{len(texts)} texts need as many owners, from 0 on.")
        if owners.max(initial=0) >= count:
            raise ShapeMismatch(f"owners must lie in 0…{count - 1}.")
        self.n_players, self.strength = count, strength
        self._tables = tables_of(
            [tokens(text) for text in texts], owners, _documents(works), _documents(background),
            count, strength, background_strength,
        )  # fmt: skip
        self.empty = float(self.by_work(np.zeros((1, count), dtype=bool)).sum())

    def __call__(self, coalitions: Bools, /) -> Floats:
        return checked_utilities(self.by_work(coalitions).sum(axis=1), len(coalitions))

    def by_work(self, coalitions: Bools, /) -> Floats:
        """Log probability of each work, float64 (b, works), nats; they sum to the utility."""
        members = as_coalitions(coalitions, self.n_players).astype(np.float64)
        tables, found = self._tables, []
        width = len(tables.priors) + tables.contexts.shape[1]
        step = max(CHUNK_ELEMENTS // max(width, 1), 16)
        for start in range(0, len(members), step):
            present = members[start : start + step]
            pairs = np.log(present @ tables.pairs + tables.priors)
            contexts = np.log(present @ tables.contexts + self.strength)
            found.append(pairs @ tables.pair_uses - contexts @ tables.context_uses)
        if not found:
            return np.zeros((0, len(tables.constants)))
        return np.concatenate(found) + tables.constants

    def work_game(self, work: int) -> BigramGame:
        """The game of one work alone; the values of all of them sum to the whole game's."""
        whole, game = self._tables, object.__new__(BigramGame)
        game.n_players, game.strength = self.n_players, self.strength
        used, seen = whole.pair_uses[:, work] > 0, whole.context_uses[:, work] > 0
        game._tables = Tables(
            pairs=whole.pairs[:, used],
            priors=whole.priors[used],
            pair_uses=whole.pair_uses[used, work : work + 1],
            contexts=whole.contexts[:, seen],
            context_uses=whole.context_uses[seen, work : work + 1],
            constants=whole.constants[work : work + 1],
        )
        game.empty = float(game.by_work(np.zeros((1, self.n_players), dtype=bool)).sum())
        return game

    @property
    def n_works(self) -> int:
        return len(self._tables.constants)

    def untrainable(self, coalitions: Bools, /) -> Bools:
        """None: every coalition has at least the background model."""
        return np.zeros(len(coalitions), dtype=bool)

    def closed_form(self) -> Floats | None:
        return None


def tokens(text: Text) -> list[str]:
    """Lower-case words of a string, or the tokens as given.

    >>> tokens("To be, or not to be?")
    ['to', 'be', 'or', 'not', 'to', 'be']
    """
    if isinstance(text, str):
        return WORD.findall(text.lower())
    return [str(token) for token in text]


def _documents(texts: Sequence[Text] | str | None) -> list[list[str]]:
    if texts is None:
        return []
    return [tokens(texts)] if isinstance(texts, str) else [tokens(text) for text in texts]


def tables_of(
    texts: list[list[str]],
    owners: NDArray,
    works: list[list[str]],
    background: list[list[str]],
    n_players: int,
    strength: float,
    background_strength: float,
) -> Tables:
    """Count once what every coalition needs.

    Raises
    ------
    ShapeMismatch : no work has two words
    """
    if not works or not any(len(work) > 1 for work in works):
        raise ShapeMismatch("There is no work of at least two words to attribute.")
    number: dict[str, int] = {}
    for document in (*background, *works):
        for word in document:
            number.setdefault(word, len(number))
    other = len(number)  # every word of the texts that neither works nor background have
    base = other + 1

    def encode(document: Iterable[str]) -> NDArray:
        return np.array([number.get(word, other) for word in document], dtype=np.int64)

    codes = [_pairs(encode(work), base) for work in works]
    needed, which = np.unique(np.concatenate(codes), return_inverse=True)
    uses = np.zeros((len(needed), len(works)))
    work_of = np.repeat(np.arange(len(works)), [len(pairs) for pairs in codes])
    np.add.at(uses, (which, work_of), 1.0)
    first = needed // base
    contexts, context_of = np.unique(first, return_inverse=True)
    context_uses = np.zeros((len(contexts), len(works)))
    np.add.at(context_uses, context_of, uses)

    prior = strength * _background_model(
        [encode(document) for document in background], needed, base, background_strength
    )
    pair_counts = np.zeros((n_players, len(needed)))
    context_counts = np.zeros((n_players, len(contexts)))
    for text, owner in zip(texts, owners, strict=True):
        pairs = _pairs(encode(text), base)
        pair_counts[owner] += _lookup(pairs, needed)
        context_counts[owner] += _lookup(pairs // base, contexts)
    said, met = pair_counts.any(axis=0), context_counts.any(axis=0)
    constants = np.log(prior[~said]) @ uses[~said]
    constants -= np.log(strength) * context_uses[~met].sum(axis=0)
    return Tables(
        pairs=pair_counts[:, said],
        priors=prior[said],
        pair_uses=uses[said],
        contexts=context_counts[:, met],
        context_uses=context_uses[met],
        constants=constants,
    )


def _pairs(codes: NDArray, base: int) -> NDArray:
    """Successive words as one number each."""
    return codes[:-1] * base + codes[1:]


def _lookup(found: NDArray, sought: NDArray) -> Floats:
    """How often each of the sorted numbers `sought` occurs in `found`."""
    counts = np.zeros(len(sought))
    at = np.searchsorted(sought, found)
    hit = at < len(sought)
    hit[hit] = sought[at[hit]] == found[hit]
    np.add.at(counts, at[hit], 1.0)
    return counts


def _background_model(
    documents: list[NDArray], needed: NDArray, base: int, strength: float
) -> Floats:
    """p(w | u) of the needed pairs: pairs of words, behind them words plus one, each of them > 0.

    Works do not enter it, so every work has the same background.
    """
    words = np.concatenate([np.empty(0, np.int64), *documents])
    if not len(words):
        return np.full(len(needed), 1.0 / (base - 1))
    size = len(words) + len(np.unique(words)) + 1
    singles = np.bincount(words, minlength=base)
    pairs = np.concatenate([_pairs(document, base) for document in documents])
    contexts = np.bincount(pairs // base, minlength=base)
    first, second = needed // base, needed % base
    behind = (singles[second] + 1.0) / size
    return (_lookup(pairs, needed) + strength * behind) / (contexts[first] + strength)

"""The bigram game equals its formula, word by word, and pays the true author."""

import json
from pathlib import Path

import numpy as np
import pytest

from contributors import samples
from valuation.core import value
from valuation.core.games import BigramGame
from valuation.errors import ShapeMismatch

SPEECHES = Path(samples.__file__).parent / "speeches"

TEXTS = ["the cat sat on the mat", "the dog sat on the log the dog ran", "a cat ran"]
WORKS = ["the cat sat on the log", "a dog ran"]
BACKGROUND = ["the sun sat on a log", "a mat"]


def by_hand(members, work, strength, background_strength):
    """ln p of one work, from dictionaries of counts."""
    background = [text.split() for text in BACKGROUND]
    words = [word for text in background for word in text]
    size = len(words) + len(set(words)) + 1

    def pairs(texts):
        return [pair for text in texts for pair in zip(text, text[1:], strict=False)]

    own = pairs([TEXTS[player].split() for player in np.flatnonzero(members)])
    base, total = pairs(background), 0.0
    for u, w in pairs([work.split()]):
        behind = (words.count(w) + 1) / size
        prior = (base.count((u, w)) + background_strength * behind) / (
            sum(a == u for a, _ in base) + background_strength
        )
        total += np.log((own.count((u, w)) + strength * prior) / (
            sum(a == u for a, _ in own) + strength
        ))  # fmt: skip
    return total


@pytest.mark.parametrize("strength", [0.5, 4.0])
def test_the_game_equals_its_formula(strength):
    game = BigramGame(TEXTS, [0, 1, 2], WORKS, BACKGROUND,
                      strength=strength, background_strength=7.0)  # fmt: skip
    coalitions = (np.arange(8)[:, None] >> np.arange(3)) & 1 == 1
    expected = [[by_hand(c, work, strength, 7.0) for work in WORKS] for c in coalitions]
    np.testing.assert_allclose(game.by_work(coalitions), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(game(coalitions), np.sum(expected, axis=1), rtol=0, atol=1e-12)
    assert game.empty == pytest.approx(sum(expected[0]), abs=1e-12)


def test_the_values_of_the_works_sum_to_the_values_of_the_game():
    game = BigramGame(TEXTS, [0, 1, 2], WORKS, BACKGROUND)
    whole = value(game, method="exact", budget=8).values
    works = [value(game.work_game(i), method="exact", budget=8).values for i in range(2)]
    np.testing.assert_allclose(sum(works), whole, rtol=0, atol=1e-12)


def test_a_work_alone_has_the_same_game_as_among_others():
    among = BigramGame(TEXTS, [0, 1, 2], WORKS, BACKGROUND).work_game(1)
    alone = BigramGame(TEXTS, [0, 1, 2], [WORKS[1]], BACKGROUND)
    coalitions = (np.arange(8)[:, None] >> np.arange(3)) & 1 == 1
    np.testing.assert_allclose(among(coalitions), alone(coalitions), rtol=0, atol=1e-12)


def test_several_texts_of_one_player_add_up():
    apart = BigramGame([*TEXTS, "the log ran"], [0, 1, 2, 0], WORKS, BACKGROUND, n_players=4)
    assert apart.n_players == 4
    null = np.array([[True, True, False, False], [True, True, False, True]])
    assert np.ptp(apart(null)) == 0.0


def test_texts_may_be_tokens():
    words = BigramGame(TEXTS, [0, 1, 2], WORKS, BACKGROUND)
    split = BigramGame([t.split() for t in TEXTS], [0, 1, 2], [w.split() for w in WORKS],
                       [b.split() for b in BACKGROUND])  # fmt: skip
    everyone = np.ones((1, 3), bool)
    assert words(everyone) == split(everyone)


def test_without_background_the_prior_is_uniform():
    game = BigramGame(TEXTS, [0, 1, 2], ["the cat sat"])
    assert game.empty == pytest.approx(2 * np.log(1 / 3))


@pytest.mark.parametrize(
    ("texts", "owners", "works"),
    [(TEXTS, [0, 1], WORKS), (TEXTS, [0, 1, -1], WORKS), (TEXTS, [0, 1, 2], []),
     (TEXTS, [0, 1, 2], ["word"]), ([], [], WORKS)],
)  # fmt: skip
def test_texts_without_owners_and_works_without_words_are_refused(texts, owners, works):
    with pytest.raises(ShapeMismatch):
        BigramGame(texts, owners, works, BACKGROUND)


@pytest.mark.parametrize(("left_out", "first", "share"), [(0, 0.75, 0.6), (2, 0.8, 0.7)])
def test_speeches_are_attributed_to_their_authors(left_out, first, share):
    names = sorted(path.stem for path in (SPEECHES / "training").glob("*.txt"))
    names = names[: len(names) - left_out]
    works = [json.loads(line) for line in (SPEECHES / "works.jsonl").read_text().splitlines()]
    works = [work for work in works if work["author"] in names]
    game = BigramGame(
        [(SPEECHES / "training" / f"{name}.txt").read_text() for name in names],
        range(len(names)),
        [work["text"] for work in works],
        (SPEECHES / "background.txt").read_text().splitlines(),
    )
    firsts, shares = [], []
    for at, work in enumerate(works):
        values = value(game.work_game(at), method="exact", budget=2 ** len(names)).values
        true, positive = names.index(work["author"]), np.maximum(values, 0.0)
        firsts.append(values.argmax() == true)
        shares.append(positive[true] / positive.sum() if positive.any() else 0.0)
    assert np.mean(firsts) >= first and np.mean(shares) >= share

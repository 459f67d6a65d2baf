"""The closed form of nearest neighbours equals enumeration, and reaches many players."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from tests.valuation.core.games.data import sample
from valuation.core import DataGame, value
from valuation.core.games import closed_form
from valuation.core.utilities import UTILITIES, Utility

CLOSED = ["probability", "log-loss", "brier", "log-loss-skill", "brier-skill"]


def neighbours(s, utility, k, **kwargs):
    options = {"n_neighbors": k}
    return s.game(model="k-nearest-neighbours", utility=utility, options=options, **kwargs)


def enumerated(game):
    return value(game, method="exact", budget=2**game.n_players).values


@pytest.mark.parametrize("k", [1, 3, 5, 7])
@pytest.mark.parametrize("utility", CLOSED)
@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_closed_form_equals_enumeration(load, utility, k):
    game = neighbours(sample(load, n_players=7), utility, k)
    np.testing.assert_allclose(game.closed_form(), enumerated(game), rtol=0, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 4, 5])
def test_closed_form_of_accuracy_equals_enumeration_for_two_classes(k):
    game = neighbours(sample(load_breast_cancer, n_players=7), "accuracy", k)
    np.testing.assert_allclose(game.closed_form(), enumerated(game), rtol=0, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_players=st.integers(1, 6),
    rows=st.integers(1, 25),
    k=st.integers(1, 8),
    classes=st.integers(2, 3),
    utility=st.sampled_from(CLOSED[:3]),
)
def test_any_small_game_has_its_closed_form(seed, n_players, rows, k, classes, utility):
    random = np.random.default_rng(seed)
    x = random.integers(0, 4, (rows + 6, 1)).astype(float)  # ties in plenty
    y = random.integers(0, classes, rows + 6)
    owners = random.integers(0, n_players, rows)
    options = {"n_neighbors": k}
    game = DataGame(x[:rows], y[:rows], owners, x[rows:], y[rows:], n_players=n_players,
                    model="k-nearest-neighbours", utility=utility, options=options)  # fmt: skip
    np.testing.assert_allclose(game.closed_form(), enumerated(game), rtol=0, atol=1e-12)


def test_counts_too_large_to_divide_are_counted_anew(monkeypatch):
    game = neighbours(sample(load_wine, n_players=7), "log-loss", 5)
    expected = game.closed_form()
    monkeypatch.setattr(closed_form, "EXACT_MAX", 0)
    np.testing.assert_allclose(game.closed_form(), expected, rtol=0, atol=1e-13)


def test_many_neighbours_are_counted_only_where_weights_suffice():
    s = sample(load_wine, n_players=4)
    game = neighbours(s, "probability", 20)
    np.testing.assert_allclose(game.closed_form(), enumerated(game), rtol=0, atol=1e-12)
    assert neighbours(s, "log-loss", 20).closed_form() is None


def test_blocks_and_chunks_change_nothing(monkeypatch):
    game = neighbours(sample(load_wine, n_players=7), "log-loss", 5)
    expected = game.closed_form()
    monkeypatch.setattr(closed_form, "BLOCK_NUMBERS", 1000)
    monkeypatch.setattr(closed_form, "CHUNK_ENTRIES", 7)
    np.testing.assert_allclose(game.closed_form(), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("utility", ["probability", "log-loss"])
def test_a_hundred_players_share_out_the_grand_value(utility):
    game = neighbours(sample(load_digits, n_players=100, rows=600), utility, 5)
    grand = game(np.ones((1, 100), bool))[0]
    assert game.closed_form().sum() == pytest.approx(grand - game.empty, abs=1e-11)


def test_identical_players_have_the_same_value_and_null_players_none():
    s = sample(load_wine, n_players=4)
    twin = s.owners == 0
    game = DataGame(
        np.vstack([s.x, s.x[twin]]), np.concatenate([s.y, s.y[twin]]),
        np.concatenate([s.owners, np.full(twin.sum(), 4)]), s.x_validation, s.y_validation,
        model="k-nearest-neighbours", utility="probability", n_players=6,
    )  # fmt: skip
    values = game.closed_form()
    # a copy is as near as its original but comes later in row order: equal in every coalition
    assert values[4] == pytest.approx(values[0], abs=1e-12)
    assert values[5] == 0.0


def test_a_sum_of_closed_forms_is_closed():
    s = sample(load_wine, n_players=5)
    whole = neighbours(s, 0.5 * UTILITIES["brier"] + 2.0 * UTILITIES["probability"], 3)
    brier, probability = (neighbours(s, name, 3).closed_form() for name in ("brier", "probability"))
    np.testing.assert_allclose(whole.closed_form(), 0.5 * brier + 2 * probability, atol=1e-15)


@pytest.mark.parametrize(
    ("load", "kwargs"),
    [
        (load_wine, {"model": "gaussian-naive-bayes", "utility": "probability"}),
        (load_wine, {"model": "k-nearest-neighbours", "utility": "accuracy"}),
        (load_wine, {"model": "k-nearest-neighbours", "utility": "auc"}),
        (load_diabetes, {"model": "k-nearest-neighbours", "utility": "r2"}),
        (load_wine, {"model": "k-nearest-neighbours",
                     "utility": Utility("brier", lambda y, p: 0.0, task="classification")}),
    ],
)  # fmt: skip
def test_no_closed_form_is_made_up(load, kwargs):
    assert sample(load, n_players=3).game(**kwargs).closed_form() is None

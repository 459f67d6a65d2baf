"""What a data game declares, refuses and leaves alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.svm import LinearSVC

from tests.valuation.core.games.data import coalitions, sample
from valuation.core import value
from valuation.core.games import DataGame
from valuation.core.utilities import Utility
from valuation.errors import (
    NotFinite,
    ShapeMismatch,
    UnknownModel,
    UnknownUtility,
    UnsuitableOption,
    UnsuitableUtility,
    UtilityNotFinite,
)

N = 5


BATCHED = ["logistic-regression", "gaussian-naive-bayes", "k-nearest-neighbours"]


@pytest.fixture(scope="module")
def wine():
    return sample(load_wine, n_players=N)


@pytest.fixture(scope="module")
def diabetes():
    return sample(load_diabetes, n_players=N)


@pytest.mark.parametrize("model", BATCHED)
def test_the_empty_coalition_is_worth_the_constant_predictor(wine, model):
    game = wine.game(model=model)
    f = np.bincount(wine.y_validation) / len(wine.y_validation)
    assert game.empty == pytest.approx(f @ np.log(f), abs=1e-14)
    assert game(np.zeros((1, N), bool))[0] == game.empty


@pytest.mark.parametrize("model", BATCHED)
def test_the_same_batch_gives_the_same_bits(wine, model):
    chosen = coalitions(N)
    np.testing.assert_array_equal(wine.game(model=model)(chosen), wine.game(model=model)(chosen))


@pytest.mark.parametrize("model", [*BATCHED, "decision-tree"])
def test_mixing_coalitions_differently_moves_nothing_but_the_last_bits(wine, model):
    game, chosen = wine.game(model=model), coalitions(N)
    one_by_one = np.concatenate([game(c[None]) for c in chosen])
    np.testing.assert_allclose(game(chosen), one_by_one, rtol=0, atol=1e-12)


@pytest.mark.parametrize("model", [*BATCHED, "decision-tree"])
def test_a_player_without_rows_is_null(wine, model):
    game = wine.game(model=model, n_players=N + 1)
    without = coalitions(N + 1)
    without[:, N] = False
    with_ = without.copy()
    with_[:, N] = True
    np.testing.assert_allclose(game(without), game(with_), rtol=0, atol=1e-12)


@pytest.mark.parametrize("model", BATCHED)
def test_renaming_the_players_renames_the_utilities(wine, model):
    names = np.random.default_rng(3).permutation(N)
    renamed = DataGame(
        wine.x, wine.y, names[wine.owners], wine.x_validation, wine.y_validation, model=model
    )
    chosen = coalitions(N)
    moved = np.zeros_like(chosen)
    moved[:, names] = chosen
    np.testing.assert_allclose(wine.game(model=model)(chosen), renamed(moved), rtol=0, atol=1e-10)


def test_coalitions_that_cannot_train_have_the_empty_value():
    x = np.array([[0.0], [1.0], [2.0], [3.0], [0.5]])
    y, owners = np.array([0, 0, 1, 1, 1]), np.array([0, 0, 1, 2, 2])
    game = DataGame(x, y, owners, x, y, n_players=4)
    chosen = np.array(
        [[0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [1, 1, 0, 0]], dtype=bool
    )
    np.testing.assert_array_equal(game.untrainable(chosen), [True, True, True, True, False])
    assert (game(chosen)[:4] == game.empty).all() and game(chosen)[4] != game.empty


def test_rows_of_one_class_are_worth_nothing_and_are_counted():
    x = np.arange(8.0).reshape(4, 2)
    game = DataGame(x, [1, 1, 1, 1], [0, 0, 1, 1], x, [0, 1, 0, 1])
    result = value(game, "exact", budget=4)
    assert result.empty == result.grand and not result.values.any()
    assert result.untrainable == 4


def test_nearest_neighbours_train_on_a_single_row():
    x, y = np.array([[0.0], [1.0]]), np.array([0, 1])
    game = DataGame(x, y, [0, 1], x, y, model="k-nearest-neighbours", utility="probability",
                    options={"n_neighbors": 2})  # fmt: skip
    chosen = np.array([[True, False], [True, True]])
    assert not game.untrainable(chosen).any()
    # a single row of class 0 votes once, the prior one half once
    np.testing.assert_array_equal(game(chosen), [(0.75 + 0.25) / 2, 0.5])


def test_equal_distances_go_by_row_order():
    x, y = np.array([[1.0], [-1.0], [1.0]]), np.array([1, 0, 0])
    game = DataGame(x, y, [0, 1, 2], np.array([[0.0], [0.0]]), np.array([0, 1]),
                    model="k-nearest-neighbours", utility="probability",
                    options={"n_neighbors": 1})  # fmt: skip
    chosen = np.array([[True, True, True], [False, True, True]])
    predicted = game._model.predict(chosen)
    np.testing.assert_array_equal(predicted[0, :, 0], [0.0, 1.0])


def test_a_class_that_nobody_has_gets_probability_zero(wine):
    game = DataGame(wine.x[wine.y < 2], wine.y[wine.y < 2], wine.owners[wine.y < 2],
                    wine.x_validation, wine.y_validation, utility="log-loss")  # fmt: skip
    assert (game._model.predict(np.ones((1, N), bool))[2] == 0).all()
    assert game(np.ones((1, N), bool))[0] < -0.1 * np.log(1000)


def test_a_custom_utility_sees_labels_and_probabilities(wine):
    mine = Utility("mine", lambda y, p: p[np.arange(len(y)), y].mean(), empty=0.25)
    game, named = wine.game(utility=mine), wine.game(utility="probability")
    chosen = coalitions(N)[1:]
    trained = ~game.untrainable(chosen) & chosen.any(axis=1)
    np.testing.assert_allclose(game(chosen)[trained], named(chosen)[trained], atol=1e-15)
    assert game.empty == 0.25


@pytest.mark.parametrize(
    ("refusal", "change"),
    [
        (NotFinite, {"x": np.array([[np.nan], [1.0]])}),
        (NotFinite, {"x_validation": np.array([[np.inf], [1.0]])}),
        (NotFinite, {"x": [["much"], ["little"]]}),
        (NotFinite, {"x": [[1.0], [1.0, 2.0]]}),
        (NotFinite, {"y": np.array([np.nan, 1.0]), "model": "ridge", "utility": "r2"}),
        (ShapeMismatch, {"y": [0, 1, 1]}),
        (ShapeMismatch, {"owners": [0]}),
        (ShapeMismatch, {"owners": [0, -1]}),
        (ShapeMismatch, {"owners": [0, 2], "n_players": 2}),
        (ShapeMismatch, {"owners": [0.5, 1.0]}),
        (ShapeMismatch, {"x_validation": np.zeros((2, 3))}),
        (ShapeMismatch, {"x_validation": np.zeros((0, 1)), "y_validation": []}),
        (ShapeMismatch, {"x": np.zeros(2)}),
        (UnknownModel, {"model": "oracle"}),
        (UnknownModel, {"model": object()}),
        (UnknownUtility, {"utility": "karma"}),
        (UnsuitableUtility, {"model": "ridge"}),
        (UnsuitableUtility, {"utility": "r2"}),
        (UnsuitableUtility, {"model": LinearSVC()}),
        (UnsuitableUtility, {"y_validation": [1, 1], "utility": "auc"}),
        (UnsuitableUtility, {"y_validation": [1, 1], "utility": "log-loss-skill"}),
        (UnsuitableUtility, {"y_validation": [1, 1], "utility": "r2", "model": "ridge"}),
        (UnsuitableUtility, {"y": [0.5, 1.0]}),
        (UnsuitableOption, {"options": {"depth": 3}}),
        (UnsuitableOption, {"options": {"depth": 3}, "model": "k-nearest-neighbours"}),
        (UnsuitableOption, {"options": {"n_neighbors": 0}, "model": "k-nearest-neighbours"}),
        (UnsuitableOption, {"options": {"C": -1.0}}),
        (UnsuitableOption, {"transform": {"kind": "magic"}}),
        (UtilityNotFinite, {"utility": Utility("nan", lambda y, p: 0.0, empty=np.nan)}),
    ],
)  # fmt: skip
def test_bad_input_is_refused(refusal, change):
    given = {
        "x": np.array([[0.0], [1.0]]),
        "y": [0, 1],
        "owners": [0, 1],
        "x_validation": np.array([[0.0], [1.0]]),
        "y_validation": [0, 1],
    } | change
    with pytest.raises(refusal) as caught:
        DataGame(**given)
    assert caught.value.sentence and caught.value.code


def test_a_utility_that_returns_nan_is_refused(wine):
    game = wine.game(utility=Utility("broken", lambda y, p: np.nan, empty=0.0))
    with pytest.raises(UtilityNotFinite):
        game(np.ones((1, N), bool))


def test_coalitions_of_another_width_are_refused(wine):
    with pytest.raises(ShapeMismatch):
        wine.game()(np.ones((1, N + 1), bool))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(0, 12),
    features=st.integers(1, 4),
    classes=st.integers(2, 3),
    magnitude=st.sampled_from([1e-6, 1.0, 1e6]),
    model=st.sampled_from(BATCHED),
)
def test_any_small_data_have_finite_utilities(seed, rows, features, classes, magnitude, model):
    random = np.random.default_rng(seed)
    x = np.round(random.normal(size=(rows + 4, features)), 1) * magnitude
    y, owners = random.integers(0, classes, rows + 4), random.integers(0, 3, rows)
    game = DataGame(x[:rows], y[:rows], owners, x[rows:], y[rows:], model=model, n_players=3)
    chosen = coalitions(3)
    utilities = game(chosen)
    assert np.isfinite(utilities).all()
    assert (utilities[game.untrainable(chosen)] == game.empty).all()


def test_the_classes_of_training_rows_do_not_move_averages(wine):
    iris = sample(load_iris, n_players=N)
    two = iris.y_validation < 2
    for utility in ("auc", "f1"):
        judged = (iris.x_validation[two], iris.y_validation[two])
        few = iris.y < 2
        narrow = DataGame(iris.x[few], iris.y[few], iris.owners[few], *judged, utility=utility)
        wide = DataGame(iris.x, iris.y, iris.owners, *judged, utility=utility)
        assert narrow.empty == wide.empty
        assert wide(np.ones((1, N), bool))[0] == pytest.approx(1.0)


def test_breast_cancer_is_worth_learning_from():
    game = sample(load_breast_cancer, n_players=N).game()
    assert game(np.ones((1, N), bool))[0] > 0.7 * game.empty > game.empty

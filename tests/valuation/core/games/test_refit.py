"""Any estimator is cloned, seeded and fitted to every coalition."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from tests.valuation.core.games.data import coalitions, sample
from valuation.core.games import DataGame
from valuation.errors import (
    FitFailed,
)

N = 5


TREES = ["decision-tree", "random-forest", "gradient-boosting"]


@pytest.fixture(scope="module")
def wine():
    return sample(load_wine, n_players=N)


@pytest.fixture(scope="module")
def diabetes():
    return sample(load_diabetes, n_players=N)


@pytest.mark.parametrize("model", TREES)
def test_trees_serve_classes_and_numbers(model, wine, diabetes):
    assert wine.game(model=model)(np.ones((1, N), bool))[0] > wine.game(model=model).empty
    assert diabetes.game(model=model, utility="r2")(np.ones((1, N), bool))[0] > 0


def test_an_estimator_is_cloned_and_seeded(wine):
    forest = RandomForestClassifier(5)
    first, again = (wine.game(model=forest)(coalitions(N)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert forest.random_state is None and not hasattr(forest, "estimators_")


def test_a_pipeline_is_an_estimator(wine):
    game = wine.game(model=make_pipeline(StandardScaler(), LogisticRegression()))
    assert game(np.ones((1, N), bool))[0] > game.empty


def test_a_failed_fit_names_the_players(wine):
    game = wine.game(model=LogisticRegression(solver="newton-cg", l1_ratio=1.0, C=1.0))
    with pytest.raises(FitFailed, match="players"):
        game(np.ones((1, N), bool))


def test_hard_labels_suffice_for_accuracy(wine):
    assert wine.game(model=LinearSVC(), utility="accuracy")(np.ones((1, N), bool))[0] > 0.9


def test_options_may_name_the_labels_as_they_were_given(wine):
    names = np.array(["ann", "bob", "cleo"])
    weighted = DataGame(
        wine.x, names[wine.y], wine.owners, wine.x_validation, names[wine.y_validation],
        options={"class_weight": {"ann": 5.0, "bob": 1.0, "cleo": 1.0}},
    )  # fmt: skip
    numbered = wine.game(options={"class_weight": {0: 5.0, 1: 1.0, 2: 1.0}})
    np.testing.assert_array_equal(weighted(coalitions(N)), numbered(coalitions(N)))


def test_a_failed_prediction_names_the_players(wine):
    game = wine.game(model=KNeighborsClassifier(10_000))
    with pytest.raises(FitFailed, match="Predicting from the rows of the players"):
        game(np.ones((1, N), bool))

"""Any estimator is cloned, seeded and fitted to every coalition."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from tests.valuation.core.games.data import coalitions, sample
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

"""The arrays of a game are checked before anything is computed."""

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from tests.valuation.core.games.data import coalitions, sample
from valuation.core.games import DataGame

N = 5


@pytest.fixture(scope="module")
def wine():
    return sample(load_wine, n_players=N)


def test_labels_may_be_any_integers_or_strings(wine):
    plain = wine.game()(coalitions(N))
    for names in (np.array([-5, 0, 1000]), np.array(["ann", "bob", "cleo"])):
        named = DataGame(wine.x, names[wine.y], wine.owners, wine.x_validation,
                         names[wine.y_validation])  # fmt: skip
        np.testing.assert_array_equal(named(coalitions(N)), plain)
        np.testing.assert_array_equal(named.y_validation, names[wine.y_validation])


def test_a_transform_sees_training_and_validation_rows(wine):
    by_hand = (wine.x_validation.mean(axis=0), wine.x_validation.std(axis=0))
    moved = [(x - by_hand[0]) / by_hand[1] for x in (wine.x, wine.x_validation)]
    expected = DataGame(moved[0], wine.y, wine.owners, moved[1], wine.y_validation)
    for transform in (
        {"kind": "standardise"},
        {"kind": "standardise", "mean": list(by_hand[0]), "scale": list(by_hand[1])},
        lambda x: (x - by_hand[0]) / by_hand[1],
        StandardScaler().fit(wine.x_validation),
    ):
        game = wine.game(transform=transform)
        np.testing.assert_allclose(game(coalitions(N)), expected(coalitions(N)), atol=1e-9)

"""Fairness and latency are parts of a utility, and weigh as declared."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from tests.valuation.core.games.data import sample
from valuation.core import DataGame, value
from valuation.core.utilities import UTILITIES
from valuation.core.utility_parts import (
    demographic_parity_gap,
    equalised_odds_gap,
    latency_excess,
)
from valuation.errors import ShapeMismatch, UnsuitableUtility


def test_parity_gap_is_the_difference_of_positive_rates():
    y = np.array([0, 1, 1, 1])
    p = np.array([[[0.9, 0.1, 0.4, 0.2]]])
    p = np.concatenate([p, 1 - p])
    gap = demographic_parity_gap(["a", "a", "b", "b"])
    np.testing.assert_array_equal(gap.function(y, p), [0.5])
    odds = equalised_odds_gap(["a", "a", "b", "b"])
    np.testing.assert_array_equal(odds.function(y, p), [0.0])
    odds = equalised_odds_gap(["a", "b", "a", "b"])
    np.testing.assert_array_equal(odds.function(np.array([1, 1, 1, 0]), p), [0.5])


def test_a_biased_contributor_falls_as_fairness_weighs_more():
    x, y = load_breast_cancer(return_X_y=True)
    random = np.random.default_rng(0)
    sensitive = random.integers(0, 2, len(x))
    x = np.column_stack([(x[:, :4] - x[:, :4].mean(0)) / x[:, :4].std(0), sensitive])
    owners = random.integers(0, 5, len(x))
    cut = 300
    y = np.where((owners == 0) & (np.arange(len(x)) < cut), sensitive, y)
    gap = demographic_parity_gap(sensitive[cut:])

    def value_of_bias(weight):
        game = DataGame(x[:cut], y[:cut], owners[:cut], x[cut:], y[cut:],
                        utility=UTILITIES["accuracy"] - weight * gap)  # fmt: skip
        return value(game, method="exact", budget=32).values[0]

    falling = [value_of_bias(weight) for weight in (0.0, 0.5, 1.0, 2.0)]
    assert falling == sorted(falling, reverse=True) and falling[0] - falling[-1] > 0.05


def test_sensitive_values_must_match_the_validation_rows():
    s = sample(load_breast_cancer, n_players=3)
    with pytest.raises(ShapeMismatch):
        s.game(utility=UTILITIES["accuracy"] - demographic_parity_gap([0, 1]))


def test_gaps_are_for_two_classes():
    s = sample(load_wine, n_players=3)
    with pytest.raises(UnsuitableUtility):
        s.game(utility=demographic_parity_gap(np.zeros(len(s.y_validation))))


def test_a_large_redundant_contributor_falls_as_latency_weighs_more():
    s = sample(load_breast_cancer, n_players=4)
    many = np.repeat(np.flatnonzero(s.owners == 0)[:5], 40)
    x, y = np.vstack([s.x, s.x[many]]), np.concatenate([s.y, s.y[many]])
    owners = np.concatenate([s.owners, np.zeros(len(many), int)])

    def value_of_bulk(weight):
        utility = UTILITIES["brier"] - weight * latency_excess(budget=100)
        game = DataGame(x, y, owners, s.x_validation, s.y_validation,
                        model="k-nearest-neighbours", utility=utility)  # fmt: skip
        return value(game, method="exact", budget=16).values[0]

    falling = [value_of_bulk(weight) for weight in (0.0, 0.1, 0.2)]
    assert falling == sorted(falling, reverse=True) and len(set(falling)) == 3


def test_the_cost_of_a_tree_is_its_nodes_on_the_way():
    s = sample(load_breast_cancer, n_players=3)
    game = s.game(model="decision-tree", utility=latency_excess(1))
    excess = game(np.ones((1, 3), bool))[0]
    fitted = game._model._fit(np.ones(3, bool))
    assert excess == pytest.approx(fitted.decision_path(s.x_validation).sum() / 60 - 1)

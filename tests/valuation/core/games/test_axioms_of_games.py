"""The axioms of the Shapley value hold on games of real rows and of random ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from tests.valuation.core.games.data import Sample, sample
from valuation.core import DataGame, value
from valuation.core.utilities import UTILITIES

KINDS = [
    ("logistic-regression", "log-loss", load_breast_cancer),
    ("logistic-regression", "brier", load_wine),
    ("gaussian-naive-bayes", "log-loss", load_wine),
    ("k-nearest-neighbours", "probability", load_wine),
    ("k-nearest-neighbours", "r2", load_diabetes),
    ("ridge", "r2", load_diabetes),
    ("linear-regression", "absolute-error-skill", load_diabetes),
    ("decision-tree", "brier", load_wine),
]


def exact(s: Sample, **kwargs):
    game = s.game(**kwargs)
    return value(game, method="exact", budget=2**game.n_players)


@pytest.mark.parametrize(("model", "utility", "load"), KINDS)
def test_values_share_out_the_grand_value(model, utility, load):
    s = sample(load, n_players=5)
    result = exact(s, model=model, utility=utility)
    spread = result.grand - result.empty
    assert result.values.sum() == pytest.approx(spread, abs=1e-9 * abs(spread))


@pytest.mark.parametrize(("model", "utility", "load"), KINDS)
def test_players_with_the_same_rows_have_the_same_value(model, utility, load):
    s = sample(load, n_players=4, rows=120)
    twin = s.owners == 1
    doubled = Sample(
        np.vstack([s.x, s.x[twin]]),
        np.concatenate([s.y, s.y[twin]]),
        np.concatenate([s.owners, np.full(twin.sum(), 4)]),
        s.x_validation,
        s.y_validation,
    )
    values = exact(doubled, model=model, utility=utility).values
    if model == "decision-tree":  # ties between splits go by row order
        assert values[4] == pytest.approx(values[1], abs=0.05)
    else:
        assert values[4] == pytest.approx(values[1], abs=1e-12)


@pytest.mark.parametrize(("model", "utility", "load"), KINDS)
def test_a_player_without_rows_has_no_value(model, utility, load):
    s = sample(load, n_players=4, rows=120)
    values = exact(s, model=model, utility=utility, n_players=5).values
    assert abs(values[4]) < 1e-12 < abs(values[:4]).min()


@pytest.mark.parametrize(("model", "utility", "load"), KINDS)
def test_renaming_players_renames_values(model, utility, load):
    s = sample(load, n_players=5, rows=120)
    names = np.array([3, 0, 4, 1, 2])
    renamed = Sample(s.x, s.y, names[s.owners], s.x_validation, s.y_validation)
    values = exact(s, model=model, utility=utility).values
    moved = exact(renamed, model=model, utility=utility).values
    np.testing.assert_allclose(moved[names], values, rtol=0, atol=1e-10)


@pytest.mark.parametrize("model", ["logistic-regression", "gaussian-naive-bayes"])
def test_values_add_up_over_parts_of_the_validation_rows(model):
    s = sample(load_wine, n_players=4, rows=120)
    whole = exact(s, model=model).values
    halves = [
        exact(
            Sample(s.x, s.y, s.owners, s.x_validation[half], s.y_validation[half]), model=model
        ).values
        for half in (slice(0, 30), slice(30, 60))
    ]
    # v(∅) is another for other class frequencies: it moves all players alike
    shift = whole - np.mean(halves, axis=0)
    np.testing.assert_allclose(shift, shift.mean(), rtol=0, atol=1e-10)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(0, 15),
    model=st.sampled_from(["logistic-regression", "gaussian-naive-bayes", "k-nearest-neighbours"]),
    utility=st.sampled_from([name for name, u in UTILITIES.items() if u.task == "classification"]),
)
def test_random_games_share_out_and_pay_nothing_for_nothing(seed, rows, model, utility):
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(rows + 6, 2)), np.arange(rows + 6) % 3
    game = DataGame(x[:rows], y[:rows], random.integers(0, 3, rows), x[rows:], y[rows:],
                    model=model, utility=utility, n_players=4)  # fmt: skip
    result = value(game, method="exact", budget=16)
    assert result.values.sum() == pytest.approx(result.grand - result.empty, abs=1e-12)
    assert abs(result.values[3]) < 1e-12

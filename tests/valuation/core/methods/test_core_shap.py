"""core-shap: the coreset's game, rescaled."""

import importlib

import numpy as np
import pytest

from tests.valuation.core.played import random_table
from valuation.core import DataGame, value
from valuation.core.methods.core_shap import coreset, coreset_game
from valuation.errors import BudgetTooSmall, NoRows

MODULE = importlib.import_module("valuation.core.methods.core_shap")


def game(rows: int = 400, n_players: int = 5) -> DataGame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows + 200, 4))
    y = (x[:, 0] + x[:, 1] + 0.5 * rng.normal(size=rows + 200) > 0).astype(int)
    owners = rng.choice(n_players, p=np.arange(1, n_players + 1) / 15, size=rows)
    return DataGame(
        x[:rows], y[:rows], owners, x[rows:], y[rows:],
        model="gaussian-naive-bayes", utility="brier",
    )  # fmt: skip


def test_a_coreset_of_everything_gives_the_exact_values(monkeypatch):
    monkeypatch.setattr(MODULE, "RATIO", 1.0)
    exact = value(game(), "exact", budget=32).values
    result = value(game(), "core-shap", budget=66)
    assert np.allclose(result.values, exact, atol=1e-12, rtol=0)
    assert np.abs(result.standard_errors).max() < 1e-12
    assert result.details["rescale_factor"] == pytest.approx(1.0)


def test_values_are_rescaled_to_the_full_data_and_the_budget_holds():
    result = value(game(), "core-shap", budget=66)
    assert result.values.sum() == pytest.approx(result.grand - result.empty, abs=1e-12)
    assert result.evaluations == 2 + 2 * 32
    assert result.details["inner_method"] == "exact"
    assert np.all(result.standard_errors > 0)


def test_intervals_hold_the_exact_values():
    exact = value(game(), "exact", budget=32).values
    result = value(game(), "core-shap", budget=66)
    assert np.mean(np.abs(result.values - exact) <= 1.96 * result.standard_errors) >= 0.8


def test_a_coreset_keeps_its_share_of_every_players_rows_of_every_class():
    whole = game()
    small = coreset_game(whole, 0.1)
    for player in range(5):
        for label in (0, 1):
            of_all = np.sum((whole.owners == player) & (whole.y == label))
            kept = np.sum((small.owners == player) & (small.y == label))
            assert kept == int(np.ceil(0.1 * of_all))


def test_a_coreset_has_no_row_twice():
    rows = coreset(game(), 0.5)
    assert len(set(rows.tolist())) == len(rows)


def test_the_error_falls_as_the_coreset_grows(monkeypatch):
    exact = value(game(), "exact", budget=32).values
    apart = []
    for ratio in (0.05, 0.25, 1.0):
        monkeypatch.setattr(MODULE, "RATIO", ratio)
        apart.append(np.linalg.norm(value(game(), "core-shap", budget=66).values - exact))
    assert apart[0] > apart[1] > apart[2]


def test_a_game_without_rows_is_refused():
    with pytest.raises(NoRows):
        value(random_table(4), "core-shap", budget=100)


def test_a_budget_below_what_the_coreset_needs_is_refused():
    with pytest.raises(BudgetTooSmall):
        value(game(), "core-shap", budget=10)

"""core-shap: the coreset's game, rescaled."""

import importlib

import numpy as np
import pytest

from tests.valuation.core.played import random_table
from valuation.core import DataGame, value
from valuation.core.methods.core_shap import coreset, coreset_game
from valuation.errors import BudgetTooSmall, NoRows, TooManyPlayers

MODULE = importlib.import_module("valuation.core.methods.core_shap")


def game(rows: int = 400, n_players: int = 5, seed: int = 0) -> DataGame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows + 200, 4))
    y = (x[:, 0] + x[:, 1] + 0.5 * rng.normal(size=rows + 200) > 0).astype(int)
    shares = np.arange(1.0, n_players + 1)
    owners = rng.choice(n_players, p=shares / shares.sum(), size=rows)
    return DataGame(
        x[:rows], y[:rows], owners, x[rows:], y[rows:],
        model="gaussian-naive-bayes", utility="brier",
    )  # fmt: skip


def test_a_coreset_of_everything_gives_the_exact_values(monkeypatch):
    monkeypatch.setattr(MODULE, "RATIO", 1.0)
    exact = value(game(), "exact", budget=32).values
    result = value(game(), "core-shap", budget=10)
    assert np.allclose(result.values, exact, atol=1e-12, rtol=0)
    assert not result.standard_errors.any()


def test_values_sum_to_those_of_all_rows_and_the_budget_holds():
    result = value(game(), "core-shap", budget=20)
    assert result.values.sum() == pytest.approx(result.grand - result.empty, abs=1e-12)
    assert result.evaluations == 20
    assert result.details["controls"] == 1 and len(result.details["coreset_values"]) == 5
    assert np.all(result.standard_errors > 0)


def test_values_are_exact_once_every_coalition_of_all_rows_is_evaluated():
    result = value(game(), "core-shap", budget=32)
    assert np.allclose(result.values, value(game(), "exact", budget=32).values, atol=1e-15)
    assert not result.standard_errors.any()


def test_intervals_hold_the_exact_values():
    exact = value(game(), "exact", budget=32).values
    held = []
    for seed in range(10):
        result = value(game(), "core-shap", budget=16, seed=seed)
        held.append(np.abs(result.values - exact) <= 1.96 * result.standard_errors)
    assert np.mean(held) >= 0.8


def test_a_coreset_is_made_once():
    whole = game()
    assert coreset_game(whole, 0.1) is coreset_game(whole, 0.1)


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
    apart = {ratio: [] for ratio in (0.05, 0.25, 0.5, 0.9, 1.0)}
    for seed in range(10):
        whole = game(rows=900, n_players=6, seed=seed)
        exact = value(whole, "exact", budget=64).values
        for ratio, errors in apart.items():
            monkeypatch.setattr(MODULE, "RATIO", ratio)
            values = value(whole, "core-shap", budget=20, seed=seed).values
            errors.append(np.linalg.norm(values - exact) / np.linalg.norm(exact))
    means = [np.mean(errors) for errors in apart.values()]
    assert means == sorted(means, reverse=True) and means[-1] < 1e-12


def test_too_many_players_to_tabulate_are_refused():
    with pytest.raises(TooManyPlayers):
        value(game(n_players=17), "core-shap", budget=100)


def test_a_game_without_rows_is_refused():
    with pytest.raises(NoRows):
        value(random_table(4), "core-shap", budget=100)


def test_a_budget_below_what_the_surrogate_needs_is_refused():
    with pytest.raises(BudgetTooSmall):
        value(game(), "core-shap", budget=6)

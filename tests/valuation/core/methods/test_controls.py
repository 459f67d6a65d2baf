"""Controls: what they cost, what they are, and that a bad one does little harm."""

import numpy as np
import pytest

from valuation.core import DataGame, FunctionGame, ShapeMismatch, TableGame, value
from valuation.core.coalitions import enumerated
from valuation.core.methods.controls import Chosen, Control
from valuation.core.methods.controls_of_data import LEAF_ROWS_MIN, PRIOR_ROWS, TREES, LeafGame
from valuation.core.methods.exact import semivalues, shapley_weights


def classified(model="logistic-regression", n_players=7, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(130, 3))
    y = (x[:, 0] + 0.5 * random.normal(size=130) > 0).astype(int)
    owners = np.arange(70) % n_players
    return DataGame(x[:70], y[:70], owners, x[70:], y[70:], model=model, utility="log-loss")


def measured(model="ridge"):
    random = np.random.default_rng(1)
    x = random.normal(size=(100, 3))
    y = x[:, 0] ** 2 + random.normal(size=100)
    return DataGame(x[:60], y[:60], np.arange(60) % 6, x[60:], y[60:], model=model, utility="r2")


class Counted:
    """A game that counts the coalitions it is asked for."""

    cheap = True

    def __init__(self, game):
        self.n_players, self.empty, self._game, self.count = game.n_players, game.empty, game, 0

    def __call__(self, coalitions):
        self.count += len(coalitions)
        return self._game(coalitions)


def test_a_game_is_not_its_own_control():
    models = [getattr(game, "model", "leaves") for game in Chosen(classified())]
    assert models == ["k-nearest-neighbours", "gaussian-naive-bayes", "leaves"]
    models = [getattr(game, "model", "leaves") for game in Chosen(measured())]
    assert models == ["k-nearest-neighbours", "leaves"]


def test_games_without_rows_choose_none():
    assert len(Chosen(FunctionGame(3, lambda members: members.sum(axis=1)))) == 0
    assert len(Chosen(TableGame(np.arange(8.0)))) == 0


def test_controls_are_chosen_once_per_game():
    game = classified()
    assert Chosen(game)[0] is Chosen(game)[0]


def test_what_a_control_costs_is_paid_once():
    control = Counted(TableGame(np.random.default_rng(0).normal(size=128)))
    game = classified()
    for budget in (30, 50):
        result = value(game, "surrogate", budget=budget, controls=[control])
        assert result.evaluations == budget
    assert control.count == 128


def test_a_control_of_other_players_is_refused():
    with pytest.raises(ShapeMismatch):
        value(classified(), "surrogate", budget=30, controls=[TableGame(np.arange(8.0))])


def test_leaves_average_the_rows_of_the_coalition():
    game = measured()
    leaves = LeafGame(game)
    members = np.array([[True, False, True, False, False, True]])
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        TREES, min_samples_leaf=LEAF_ROWS_MIN, max_features="sqrt", random_state=0
    ).fit(game.x, game.y)
    rows = members[0][game.owners]
    seen, at = forest.apply(game.x)[rows], forest.apply(game.x_validation)
    prior = game.y_validation.mean()
    predicted = np.zeros(len(at))
    for tree in range(TREES):
        same = at[:, None, tree] == seen[None, :, tree]
        sums = same @ game.y[rows] + PRIOR_ROWS * prior
        predicted += sums / (same.sum(axis=1) + PRIOR_ROWS) / TREES
    errors = ((game.y_validation - predicted) ** 2).sum()
    spread = ((game.y_validation - prior) ** 2).sum()
    assert leaves(members)[0] == pytest.approx(max(1 - errors / spread, -1))


def test_leaves_give_probabilities():
    leaves = LeafGame(classified())
    chances = leaves._predictions(enumerated(7)[1:])
    np.testing.assert_allclose(chances.sum(axis=0), 1.0)
    assert leaves(enumerated(7)[:1])[0] == classified().empty


def test_a_drifting_control_has_the_values_of_its_product():
    random = np.random.default_rng(0)
    control, sizes = Control(random.normal(size=32)), enumerated(5).sum(axis=1)
    drift = np.exp(-np.abs(np.subtract.outer(np.arange(6), np.arange(6))) / 3.0)
    scaled = control.scaled(enumerated(5))
    for size, found in enumerate(control.drifted(drift)):
        expected = semivalues(drift[size, sizes] * scaled, shapley_weights(5))
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_useless_control_does_little_harm():
    members = enumerated(10)
    table = 1 - np.exp(-(members @ np.linspace(0.1, 0.4, 10)))
    exact = semivalues(table, shapley_weights(10))
    noise = TableGame(np.random.default_rng(0).normal(size=1024))

    def error(controls):
        runs = [value(TableGame(table), "surrogate", 60, seed, controls) for seed in range(4)]
        return np.median([np.linalg.norm(run.values - exact) for run in runs])

    assert error([noise]) < 2 * error(()) + 1e-3 * np.linalg.norm(exact)


def test_a_constant_control_is_left_out():
    table = np.random.default_rng(0).normal(size=256)
    result = value(TableGame(table), "surrogate", budget=60, controls=[TableGame(np.ones(256))])
    assert result.details["controls"] == 0

"""closed-form: the game's own formula, or a refusal."""

import numpy as np
import pytest

from tests.valuation.core.played import random_table
from valuation.core import DataGame, value
from valuation.errors import NoClosedForm


def test_nearest_neighbours_are_valued_at_two_evaluations():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(80, 3)), random.integers(0, 2, 80)
    game = DataGame(
        x[:60], y[:60], np.arange(60) % 6, x[60:], y[60:],
        model="k-nearest-neighbours", utility="probability",
    )  # fmt: skip
    result = value(game, "closed-form", budget=2)
    assert np.allclose(result.values, value(game, "exact", budget=64).values, atol=1e-12, rtol=0)
    assert result.evaluations == 2
    assert not result.standard_errors.any()


def test_a_game_without_a_formula_is_refused():
    with pytest.raises(NoClosedForm):
        value(random_table(4), "closed-form")

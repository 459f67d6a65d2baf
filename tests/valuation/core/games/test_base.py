"""What every game checks."""

import numpy as np
import pytest

from valuation.core.games import BigramGame, FunctionGame, Game, TableGame
from valuation.core.games.base import as_coalitions, checked_utilities
from valuation.errors import ShapeMismatch, UtilityNotFinite


def test_all_games_are_games():
    table = TableGame([0.0, 1.0])
    function = FunctionGame(1, table)
    bigram = BigramGame(["a b"], [0], ["a b"])
    assert all(isinstance(game, Game) for game in (table, function, bigram))


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 2, 3)])
def test_coalitions_have_a_column_per_player(shape):
    with pytest.raises(ShapeMismatch):
        as_coalitions(np.zeros(shape, bool), 3)


def test_zeros_and_ones_are_coalitions():
    assert as_coalitions([[0, 1]], 2).tolist() == [[False, True]]


def test_utilities_are_finite_and_one_each():
    assert checked_utilities([1, 2], 2).dtype == np.float64
    with pytest.raises(ShapeMismatch):
        checked_utilities([1.0], 2)
    with pytest.raises(UtilityNotFinite, match="coalition 1 of the batch is inf"):
        checked_utilities([0.0, np.inf], 2)

"""Games given by a function or a table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from valuation.core.games import FunctionGame, TableGame
from valuation.errors import ShapeMismatch, UtilityNotFinite


def test_a_function_is_called_with_the_coalitions_as_they_are():
    seen = []

    def function(coalitions):
        seen.append(coalitions)
        return coalitions @ np.array([1.0, 2.0])

    game, asked = FunctionGame(2, function), np.array([[True, False], [True, True]])
    np.testing.assert_array_equal(game(asked), [1.0, 3.0])
    assert seen[0] is asked and game.empty == 0.0 and not game.untrainable(asked).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_function_must_return_finite_numbers(bad):
    with pytest.raises(UtilityNotFinite, match="coalition 1"):
        FunctionGame(1, lambda c: np.array([0.0, bad]))(np.array([[False], [True]]))


def test_a_function_must_return_one_number_per_coalition():
    with pytest.raises(ShapeMismatch):
        FunctionGame(1, lambda c: np.zeros(3))(np.array([[False], [True]]))


@pytest.mark.parametrize("size", [0, 1, 3, 6])
def test_a_table_has_a_power_of_two_of_utilities(size):
    with pytest.raises(ShapeMismatch):
        TableGame(np.zeros(size))


def test_a_table_with_nan_is_refused():
    with pytest.raises(UtilityNotFinite):
        TableGame([0.0, np.nan])


@given(table=arrays(float, 16, elements=st.floats(-1e6, 1e6)))
def test_player_i_is_bit_i(table):
    game = TableGame(table)
    indices = np.arange(16)
    coalitions = (indices[:, None] >> np.arange(4)) & 1 == 1
    np.testing.assert_array_equal(game(coalitions), table)
    assert game.empty == table[0]

"""auto: which method, and the reason it gives."""

import numpy as np
import pytest

from tests.valuation.core.played import random_table
from valuation.core import FunctionGame, value
from valuation.errors import BudgetTooSmall


class WithFormula(FunctionGame):
    def closed_form(self):
        return np.full(self.n_players, 2.0)


def linear(n_players: int) -> FunctionGame:
    return FunctionGame(n_players, lambda members: 2.0 * members.sum(axis=1))


def test_a_closed_form_is_taken_at_any_number_of_players():
    result = value(WithFormula(300, linear(300).function), budget=2)
    assert (result.method, result.evaluations) == ("closed-form", 2)
    assert "closed form" in result.reason
    assert not result.standard_errors.any()


def test_a_deadline_takes_a_method_that_has_an_answer_before_all_are_in():
    result = value(random_table(4), deadline_s=60.0)
    assert result.method != "exact"
    assert "deadline" in result.reason
    assert result.evaluations == 16
    assert not result.standard_errors.any()


def test_a_cheap_game_is_told_that_exact_would_be_cheap():
    assert "cheap and exact" in value(random_table(9), budget=100).reason


def test_many_players_are_not_given_to_the_surrogate():
    assert value(linear(100), budget=400).method == "stratified"
    assert value(linear(100), budget=250).method == "permutation"


def test_a_budget_below_every_method_is_refused():
    with pytest.raises(BudgetTooSmall):
        value(linear(100), budget=50)

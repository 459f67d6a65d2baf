"""The register: every method says what it is, and means the budget it asks for."""

import pytest

from tests.valuation.core.played import random_table
from valuation.core import METHODS, value
from valuation.errors import BudgetTooSmall, Refusal

NAMES = [name for name in METHODS if name not in {"auto", "closed-form", "core-shap"}]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_names_its_source_cost_and_use(method):
    assert all((method.citation, method.cost, method.good_for))


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_budget_is_enough_and_one_less_is_refused(name):
    game = random_table(7)
    least = max(METHODS[name].budget_min(7), 2)
    if name != "kernel":  # pairs drawn with replacement may still not determine the values
        value(game, name, budget=least)
    with pytest.raises(BudgetTooSmall, match=str(least)):
        value(game, name, budget=least - 1)


@pytest.mark.parametrize("budget", range(8, 40, 4))
def test_kernel_gives_values_or_says_that_the_budget_is_too_small(budget):
    try:
        assert value(random_table(7), "kernel", budget=budget).evaluations <= budget
    except Refusal as refusal:
        assert refusal.code == "budget_too_small"

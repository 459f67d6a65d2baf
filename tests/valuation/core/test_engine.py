"""value and Plan: the budget, the memo, the deadline, the same bits."""

import time

import numpy as np
import pytest

from tests.valuation.core.played import Counting, random_table
from valuation.core import (
    METHODS,
    FunctionGame,
    Plan,
    Result,
    TableGame,
    evaluate,
    keys,
    shard_cut,
    value,
)
from valuation.core.coalitions import enumerated
from valuation.errors import BudgetTooSmall, DeadlinePassed, UnknownMethod, UtilityNotFinite

ALWAYS = [name for name in METHODS if name not in {"closed-form", "core-shap"}]


def replayed(plan: Plan, game, size: int, known: dict[bytes, float]) -> Result:
    while not isinstance(step := plan.advance(known), Result):
        for shard in reversed(list(shard_cut(step, size))):  # any order
            known.update(zip(keys(shard), evaluate(game, shard).utilities.tolist(), strict=True))
    return step


@pytest.mark.parametrize("method", ALWAYS)
@pytest.mark.parametrize("budget", [64, 65, 100])
def test_no_coalition_is_asked_for_twice_and_the_budget_holds(method, budget):
    game = Counting(random_table(6))
    result = value(game, method=method, budget=budget)
    assert len(game.asked) == len(set(game.asked)) == result.evaluations <= budget


@pytest.mark.parametrize("method", ALWAYS)
def test_a_replayed_run_has_the_bits_of_the_run_in_process(method):
    game, budget = random_table(7), 100 if method != "exact" else 128
    live = value(game, method=method, budget=budget, seed=3)
    plan = Plan.of(game, method=method, budget=budget, seed=3)
    stored = replayed(plan, game, 5, {})
    assert stored.values.tobytes() == live.values.tobytes()
    assert stored.standard_errors.tobytes() == live.standard_errors.tobytes()
    assert (stored.evaluations, stored.method) == (live.evaluations, live.method)


@pytest.mark.parametrize("method", ALWAYS)
def test_a_second_run_with_the_memo_of_the_first_needs_nothing_new(method):
    game, known = random_table(6), {}
    plan = Plan.of(game, method=method, budget=64)
    first = replayed(plan, game, 8, known)
    again = plan.advance(known)
    assert isinstance(again, Result)
    assert again.values.tobytes() == first.values.tobytes()


@pytest.mark.parametrize("method", ALWAYS)
def test_what_is_given_is_not_counted_and_not_asked_for_again(method):
    game = random_table(6)
    given = enumerated(6)[[0, 3, 5, 5, 17, 63]]
    plan = Plan.of(game, method=method, budget=64, given=given)
    known = dict(zip(keys(given), game(given).tolist(), strict=True))
    before = set(known)
    result = replayed(plan, game, 7, known)
    assert before <= set(known) and len(known) == result.evaluations <= 64 + 3
    assert result.values.sum() == pytest.approx(value(game, method, budget=64).values.sum())


def test_exact_values_ask_only_for_what_is_not_given():
    game, old = random_table(6), enumerated(5)
    given = np.hstack([old, np.zeros((32, 1), dtype=bool)])
    known = dict(zip(keys(given), game(given).tolist(), strict=True))
    counted = Counting(game)
    result = replayed(Plan.of(game, method="exact", budget=64, given=given), counted, 8, known)
    assert len(counted.asked) == 32
    np.testing.assert_allclose(result.values, value(game, "exact", budget=64).values, atol=1e-15)


@pytest.mark.parametrize("method", ALWAYS)
def test_one_player_alone_has_everything(method):
    result = value(TableGame([0.25, 1.0]), method=method, budget=2)
    assert result.values.tolist() == [0.75]
    assert result.standard_errors.tolist() == [0.0]
    assert (result.empty, result.grand, result.evaluations) == (0.25, 1.0, 2)


@pytest.mark.parametrize("method", ALWAYS)
def test_a_budget_too_small_is_refused_without_a_number(method):
    with pytest.raises(BudgetTooSmall) as refused:
        value(game := Counting(random_table(8)), method=method, budget=1)
    assert refused.value.code == "budget_too_small"
    assert not game.asked


def test_an_unknown_method_is_refused_with_the_list():
    with pytest.raises(UnknownMethod, match="permutation"):
        value(random_table(2), method="guess")


def test_a_utility_that_is_not_a_number_is_refused():
    def broken(coalitions):
        return np.where(coalitions[:, 0], np.nan, 0.0)

    class Broken:
        n_players = 3

        def __call__(self, coalitions):
            return broken(coalitions)

    with pytest.raises(UtilityNotFinite):
        value(Broken(), method="exact", budget=8)


def test_a_passed_deadline_refuses_what_cannot_be_partial():
    with pytest.raises(DeadlinePassed):
        value(random_table(6), method="exact", budget=64, deadline_s=0.0)


def test_a_deadline_ends_a_run_with_the_rounds_that_are_complete():
    def slow(coalitions):
        time.sleep(0.001 * len(coalitions))
        return coalitions.sum(axis=1) ** 0.5

    result = value(FunctionGame(8, slow), method="permutation", budget=100_000, deadline_s=0.05)
    assert result.evaluations < 256
    assert np.all(result.standard_errors > 0)


def test_a_tolerance_ends_a_run_once_it_is_met():
    game = random_table(10)
    loose = value(game, method="permutation", budget=1000, tolerance=5.0)
    tight = value(game, method="permutation", budget=1000, tolerance=1e-6)
    assert loose.uncertainty <= 5.0 < tight.uncertainty * 1e6
    assert loose.evaluations < tight.evaluations


def test_a_stopped_plan_concludes_with_what_it_has():
    game, known = random_table(8), {}
    plan = Plan.of(game, method="permutation", budget=200, stoppable=True)
    for _ in range(2):
        step = plan.advance(known)
        known.update(zip(keys(step), game(step).tolist(), strict=True))
    result = plan.advance(known, stop=True)
    assert isinstance(result, Result)
    assert result.evaluations == len(known) < 200


def test_a_larger_budget_continues_an_earlier_permutation_run():
    game, known = random_table(9), {}
    replayed(Plan.of(game, method="permutation", budget=60), game, 8, known)
    step = Plan.of(game, method="permutation", budget=120).advance(known)
    assert len(step) + len(known) <= 120


def test_auto_takes_what_is_exact_and_says_why():
    result = value(random_table(5))
    assert (result.method, result.reason) == (
        "exact",
        "the budget of 200 covers all 2**5 coalitions",
    )


@pytest.mark.parametrize(
    "method", ["kernel", "leverage", "stratified", "banzhaf", "beta", "least-core"]
)
def test_a_run_in_small_rounds_is_exact_once_every_coalition_is_in(method):
    game = random_table(6)
    at_once = value(game, method, budget=64)
    in_rounds = value(game, method, budget=64, tolerance=1e-12)
    assert in_rounds.evaluations == 64
    assert in_rounds.values.tobytes() == at_once.values.tobytes()
    assert not in_rounds.standard_errors.any()


def test_a_round_too_small_to_determine_the_values_is_not_the_end():
    result = value(random_table(12), "kernel", budget=400, tolerance=1e-6)
    assert result.evaluations == 400

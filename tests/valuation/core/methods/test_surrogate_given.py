"""What an earlier run evaluated is learned from, whether the surrogate asks for it or not."""

import numpy as np
import pytest

from tests.valuation.core.played import Counting, smooth_table
from valuation.core import Plan, Result, TableGame, keys, value
from valuation.core.coalitions import coalitions_of

N = 9
OLD_BUDGET, BUDGET = 100, 60


def replayed(plan: Plan, game: Counting, known: dict[bytes, float]) -> Result:
    while not isinstance(step := plan.advance(known), Result):
        known.update(zip(keys(step), game(step).tolist(), strict=True))
    return step


def continued(seed: int, budget: int = BUDGET) -> tuple[TableGame, Result, Counting]:
    """The game, the run with one player more, and what it asked for."""
    game = smooth_table(N, seed)
    before = Counting(TableGame(game.utilities[: 1 << (N - 1)]))
    value(before, "surrogate", budget=OLD_BUDGET, seed=seed, controls=())
    old = coalitions_of(before.asked, N - 1)
    given = np.hstack([old, np.zeros((len(old), 1), dtype=bool)])
    known = dict(zip(keys(given), game(given).tolist(), strict=True))
    now = Counting(game)
    plan = Plan.of(now, method="surrogate", budget=budget, seed=seed, controls=(), given=given)
    return game, replayed(plan, now, known), now


def error(game: TableGame, result: Result) -> float:
    exact = value(game, "exact", budget=1 << N).values
    return float(np.linalg.norm(result.values - exact) / np.linalg.norm(exact))


def test_what_is_given_lowers_the_error():
    errors, without = [], []
    for seed in range(5):
        game, result, now = continued(seed)
        assert len(now.asked) == BUDGET - 1  # ∅ is among what is given
        errors.append(error(game, result))
        without.append(error(game, value(game, "surrogate", BUDGET, seed, controls=())))
    assert np.median(errors) < 0.7 * np.median(without)


def test_values_are_exact_once_what_is_given_and_the_budget_are_everything():
    game, result, now = continued(0, budget=(1 << N) - OLD_BUDGET + 2)
    assert error(game, result) < 1e-12
    assert not result.standard_errors.any()
    assert len(set(now.asked)) == len(now.asked) == (1 << N) - OLD_BUDGET


@pytest.mark.parametrize("given", [0, 3])
def test_little_that_is_given_is_no_hindrance(given):
    game = smooth_table(N)
    members = np.eye(N, dtype=bool)[:given]
    known = dict(zip(keys(members), game(members).tolist(), strict=True))
    plan = Plan.of(game, method="surrogate", budget=BUDGET, controls=(), given=members)
    result = replayed(plan, Counting(game), known)
    assert result.values.sum() == pytest.approx(result.grand - result.empty)

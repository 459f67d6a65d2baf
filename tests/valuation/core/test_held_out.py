"""Shares on two held-out sets by the same fits: what is the same agrees, what leaked stands out."""

import numpy as np
import pytest

from valuation.core import DataGame, value
from valuation.core.held_out import GROUPS, held_out_shares, jackknife_variance
from valuation.core.utilities import utility_named
from valuation.errors import UnsuitableUtility

ROWS, FEATURES, PLAYERS = 150, 6, 4
SCORE = utility_named("probability")


def rows(generator, count):
    x = generator.normal(size=(count, FEATURES))
    return x, (x[:, 0] + x[:, 1] + 1.5 * generator.normal(size=count) > 0).astype(int)


def scene(seed, *, leaked=0):
    """Return a builder of games, and both held-out sets; player 0 may hold leaked rows."""
    generator = np.random.default_rng(seed)
    x, y = rows(generator, ROWS * PLAYERS)
    owners = np.repeat(np.arange(PLAYERS), ROWS)
    validation, sealed = rows(generator, 300), rows(generator, 300)
    if leaked:
        wrong = (x[:, 0] + x[:, 1] > 0).astype(int)[:ROWS]
        x[:leaked], y[:leaked] = validation[0][:leaked], validation[1][:leaked]
        y[leaked:ROWS] = wrong[leaked:]

    def build(x_held, y_held, utility):
        options = {"n_neighbors": 1}  # a row seen before is answered as it was
        return DataGame(
            x, y, owners, x_held, y_held,
            utility=utility, model="k-nearest-neighbours", options=options,
        )  # fmt: skip

    return build, validation, sealed


def compared(build, validation, sealed, utility=SCORE, budget=16):
    return held_out_shares(
        build, validation=validation, sealed=sealed, utility=utility, budget=budget
    )


def test_both_shares_are_those_of_the_games_on_each_set_alone():
    build, validation, sealed = scene(1)
    found = compared(build, validation, sealed)
    for held, shares in ((validation, found.shares), (sealed, found.sealed_shares)):
        values = value(build(*held, SCORE), method="exact", budget=16, controls=()).values
        paid = np.maximum(values, 0)
        assert shares == pytest.approx(paid / paid.sum(), abs=1e-12)
    assert found.evaluations <= 2**PLAYERS


def test_the_same_set_twice_differs_by_nothing_and_flags_nobody():
    build, validation, _ = scene(2)
    found = compared(build, validation, validation)
    assert np.array_equal(found.shares, found.sealed_shares)
    assert not found.flagged.any() and (found.standard_errors > 0).any()


def test_two_standard_errors_are_two_standard_errors_and_leaked_rows_are_beyond():
    honest = np.array([distance(compared(*scene(seed))) for seed in range(20)])
    assert 0.8 <= np.sqrt((honest**2).mean()) <= 1.3, "of honest players"
    leaks = [distance(compared(*scene(seed, leaked=150)))[0] for seed in range(12)]
    assert np.mean(leaks) >= 2


def test_a_player_of_noise_is_not_told_from_zero_and_honest_players_are():
    build, validation, sealed = scene(6)
    assert compared(build, validation, sealed).above_zero.any()
    generator = np.random.default_rng(7)
    noise = generator.integers(0, 2, len(validation[1])), generator.integers(0, 2, len(sealed[1]))
    found = compared(build, (validation[0], noise[0]), (sealed[0], noise[1]))
    assert found.above_zero.mean() <= 0.25


def distance(found):
    return (found.shares - found.sealed_shares) / found.standard_errors


def test_coalitions_are_sampled_where_the_budget_does_not_cover_all_coalitions():
    build, validation, sealed = scene(3)
    found = compared(build, validation, sealed, budget=14)
    assert found.evaluations <= 14
    assert found.shares.sum() == pytest.approx(1)


def test_the_jackknife_gives_the_variance_of_a_mean():
    numbers = np.random.default_rng(4).normal(size=(GROUPS, 50))
    without = np.array([np.delete(numbers, group, axis=0).mean(axis=0) for group in range(GROUPS)])
    expected = numbers.var(axis=0, ddof=1) / GROUPS
    assert jackknife_variance(without) == pytest.approx(expected)


def test_a_composed_utility_is_refused():
    build, validation, sealed = scene(5)
    with pytest.raises(UnsuitableUtility):
        compared(build, validation, sealed, utility=0.5 * SCORE + 0.5 * SCORE)

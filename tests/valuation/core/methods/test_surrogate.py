"""The surrogate: closed forms against enumeration, what it asks for, what it promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuation.core import FunctionGame, TableGame, value
from valuation.core.coalitions import enumerated, keys
from valuation.core.methods import surrogate, surrogate_kernel, surrogate_posterior
from valuation.core.methods.controls import Control
from valuation.core.methods.exact import semivalues, shapley_weights
from valuation.core.methods.surrogate_design import shares, spread, telling
from valuation.core.methods.surrogate_posterior import Gram, Posterior, asked, fitted
from valuation.core.problem import Problem

N = 6
EVERYTHING = enumerated(N)


def exact_of(table):
    return semivalues(np.asarray(table, dtype=float), shapley_weights(len(table).bit_length() - 1))


def data_like(n_players, seed, noise=0.0):
    """Utilities that saturate with the players' unequal weights, and some of their own."""
    random = np.random.default_rng(seed)
    weights, members = random.random(n_players) + 0.2, enumerated(n_players)
    smooth = 1 - np.exp(-2 * members @ weights / weights.sum())
    fading = 1 / (1 + members.sum(axis=1))
    return smooth + noise * fading * random.normal(size=len(members))


def hyper_parameters(seed, n_controls=0):
    mean, deviation = surrogate_kernel.prior_of(n_controls)
    return mean + 0.4 * deviation * np.random.default_rng(seed).normal(size=len(mean))


def posterior_of(seed, controls=()):
    random = np.random.default_rng(seed)
    members = EVERYTHING[random.choice(64, 20, replace=False)]
    sample = asked(members, controls)
    sample = type(sample)(
        members=sample.members, utilities=random.normal(size=20), controls=sample.controls
    )
    return members, Posterior(sample, hyper_parameters(seed, len(controls)), controls)


@pytest.mark.parametrize("with_control", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_closed_form_values_are_those_of_the_enumerated_posterior_mean(seed, with_control):
    controls = (Control(data_like(N, seed)),) if with_control else ()
    members, posterior = posterior_of(seed, controls)
    table = posterior.predict(EVERYTHING)
    seen = members @ (1 << np.arange(N))
    table[seen] = posterior.sample.utilities  # white is part of the game: what is seen is known
    np.testing.assert_allclose(posterior.values, exact_of(table), atol=1e-9)


def test_prior_variance_is_that_of_the_enumerated_game():
    controls = (Control(data_like(N, 1)),)
    _, posterior = posterior_of(0, controls)
    everything = Gram(asked(EVERYTHING, controls))(posterior.theta)
    sizes = EVERYTHING.sum(axis=1)
    joining = np.append(shapley_weights(N), 0.0)
    for player in range(N):
        inside = EVERYTHING[:, player]
        weights = np.where(inside, joining[sizes - 1], -joining[sizes])
        expected = weights @ everything @ weights
        assert posterior._prior_variances()[player] == pytest.approx(expected, rel=1e-9)


def test_slope_of_the_evidence_is_its_derivative():
    controls = (Control(data_like(N, 1)),)
    _, posterior = posterior_of(0, controls)
    gram, sample = Gram(posterior.sample), posterior.sample
    mean, deviation = surrogate_kernel.prior_of(1)

    def objective(theta):
        return surrogate_posterior._objective(gram, sample.utilities, mean, deviation, theta)

    theta = hyper_parameters(7, 1)
    for at, slope in enumerate(objective(theta)[1]):
        step = np.zeros_like(theta)
        step[at] = 1e-5
        difference = (objective(theta + step)[0] - objective(theta - step)[0]) / 2e-5
        assert slope == pytest.approx(difference, rel=1e-4, abs=1e-5)


def test_weights_count_every_coalition_once():
    flat = np.zeros(len(surrogate_kernel.PRIOR_MEAN))
    found = surrogate_kernel.functional(flat, 9)
    sizes = np.arange(10)
    towards_all = surrogate_kernel.covariance(flat, 9, sizes, np.full(10, 9), sizes)
    towards_none = surrogate_kernel.covariance(flat, 9, sizes, np.zeros(10, dtype=int), 0 * sizes)
    summed = sizes * found.inside + (9 - sizes) * found.outside  # efficiency of k(S, ·)
    np.testing.assert_allclose(summed, towards_all - towards_none, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(n_players=st.integers(2, 8), extra=st.integers(0, 80), seed=st.integers(0, 10**6))
def test_values_add_up_and_the_budget_holds(n_players, extra, seed):
    table = np.random.default_rng(seed).normal(size=1 << n_players)
    budget = surrogate.budget_min(n_players) + extra
    result = value(TableGame(table), "surrogate", budget=budget, seed=seed)
    assert result.evaluations <= budget
    assert result.values.sum() == pytest.approx(table[-1] - table[0], abs=1e-9)
    if budget >= 1 << n_players:
        np.testing.assert_allclose(result.values, exact_of(table), atol=1e-12)
        assert not result.standard_errors.any()


def test_rounds_that_end_in_every_coalition_are_exact():
    table = data_like(7, 3, noise=0.1)
    result = value(TableGame(table), "surrogate", budget=1 << 7, tolerance=1e-12)
    np.testing.assert_allclose(result.values, exact_of(table), atol=1e-12)
    assert not result.standard_errors.any()


def test_a_tolerance_ends_the_run_early():
    game = TableGame(data_like(10, 3))
    result = value(game, "surrogate", budget=1000, tolerance=0.05)
    assert result.evaluations < 1000
    assert result.uncertainty <= 0.05


def test_no_coalition_is_asked_for_twice():
    problem = Problem(n_players=9, budget=150, seed=0, empty=0.0, grand=1.0)
    table, seen = data_like(9, 0), set(keys(enumerated(9)[[0, -1]]))
    run = surrogate.surrogate(problem)
    asked_for = next(run)
    with pytest.raises(StopIteration):
        while True:
            names = keys(asked_for)
            assert len(set(names)) == len(names) and not seen & set(names)
            seen.update(names)
            asked_for = run.send(table[asked_for @ (1 << np.arange(9))])
    assert len(seen) == 150


def test_the_same_seed_gives_the_same_bits():
    game = TableGame(data_like(10, 5, noise=0.2))
    one, other = (value(game, "surrogate", budget=150, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.standard_errors, other.standard_errors)


def test_renaming_players_renames_their_values():
    table, order = data_like(5, 2, noise=0.3), np.array([3, 0, 4, 1, 2])
    numbers = enumerated(5)[:, order] @ (1 << np.arange(5))
    renamed = value(TableGame(table[numbers]), "surrogate", budget=32, tolerance=1e-9)
    plain = value(TableGame(table), "surrogate", budget=32, tolerance=1e-9)
    np.testing.assert_allclose(renamed.values[order], plain.values, atol=1e-12)


def test_an_additive_game_is_found_out():
    worth = np.arange(12.0) - 3
    game = FunctionGame(12, lambda members: members @ worth)
    result = value(game, "surrogate", budget=60)
    np.testing.assert_allclose(result.values, worth, atol=1e-3)


def test_a_constant_game_is_worth_nothing():
    result = value(FunctionGame(9, lambda members: np.full(len(members), 2.0)), "surrogate", 50)
    np.testing.assert_allclose(result.values, 0.0, atol=1e-12)


def test_symmetric_and_null_players_are_told_within_their_error():
    members = enumerated(10)
    table = np.sqrt(members[:, 0] + members[:, 1] + 2.0 * members[:, 2:8].sum(axis=1))
    result = value(TableGame(table), "surrogate", budget=150)
    scale = np.abs(result.values).max()
    assert abs(result.values[0] - result.values[1]) < 0.01 * scale
    assert np.abs(result.values[8:]).max() < 0.01 * scale


def test_error_is_far_below_that_of_permutations():
    table = data_like(12, 0, noise=0.05)
    exact = exact_of(table)

    def error(method):
        runs = [value(TableGame(table), method, budget=120, seed=seed) for seed in range(3)]
        return np.median([np.linalg.norm(run.values - exact) for run in runs])

    assert error("surrogate") < 0.25 * error("permutation")


def test_intervals_hold_the_exact_value_about_as_often_as_they_say():
    table = data_like(8, 1, noise=0.3)
    exact = exact_of(table)
    runs = [value(TableGame(table), "surrogate", budget=40, seed=seed) for seed in range(40)]
    inside = [(run.intervals[:, 0] <= exact) & (exact <= run.intervals[:, 1]) for run in runs]
    assert 0.88 <= np.mean(inside) <= 0.99


def test_residuals_correct_a_surrogate_that_is_full(monkeypatch):
    monkeypatch.setattr(surrogate, "SAMPLE_MAX", 60)
    table = data_like(9, 2, noise=0.5)
    exact = exact_of(table)
    runs = [value(TableGame(table), "surrogate", budget=240, seed=seed) for seed in range(12)]
    assert runs[0].details["corrected_by"] == 180
    gaps = np.array([(run.values - exact) / run.standard_errors for run in runs])
    assert np.abs(gaps.mean(axis=0)).max() < 1.5  # unbiased: the mean of 12 has deviation 0.3
    assert np.mean(np.abs(gaps) < 1.96) > 0.85


def test_a_control_that_is_the_game_itself_leaves_nothing_to_ask():
    table = data_like(10, 4, noise=0.5)
    control = Control(table)
    posterior = fitted(
        enumerated(10)[np.random.default_rng(0).choice(1024, 60, replace=False)],
        table[np.random.default_rng(0).choice(1024, 60, replace=False)],
        (control,),
    )
    np.testing.assert_allclose(posterior.values, exact_of(table), atol=0.02 * np.ptp(table))


def test_many_players_need_no_table():
    game = FunctionGame(70, lambda members: np.log1p(members @ np.arange(1.0, 71.0)))
    result = value(game, "surrogate", budget=150)
    assert result.values.sum() == pytest.approx(np.log1p(70 * 71 / 2), rel=1e-9)
    assert np.corrcoef(result.values, np.arange(70))[0, 1] > 0.8


@given(n_players=st.integers(2, 12), count=st.integers(0, 400), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_a_spread_is_of_new_and_distinct_coalitions(n_players, count, seed):
    generator = np.random.default_rng(seed)
    first = spread(n_players, count // 3, set(), generator)
    second = spread(n_players, count, set(keys(first)), generator)
    names = keys(first) + keys(second)
    assert len(set(names)) == len(names)
    assert len(second) == min(count, (1 << n_players) - 2 - len(first))


def test_small_coalitions_come_first():
    taken = shares(12, 300, {})
    assert sum(taken.values()) == 300
    assert taken[1] == 12  # exhausted: 1/12 of all sizes would be 27
    assert taken[3] > taken[9]


def test_the_telling_candidates_lower_variances_more_than_any_others():
    members, posterior = posterior_of(2)
    unseen = [row for row in range(1, 63) if row not in set(members @ (1 << np.arange(N)))]
    candidates = EVERYTHING[unseen]
    picked = telling(posterior, asked(candidates, ()), 5)

    def left(rows):
        return posterior.given(candidates[rows]).variances.sum()

    random = np.random.default_rng(0)
    others = [left(random.choice(len(candidates), 5, replace=False)) for _ in range(20)]
    scale = posterior.scale**2
    assert left(picked) * scale < min(others) * scale

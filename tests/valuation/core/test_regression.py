"""Weighted least squares over pairs."""

import numpy as np
import pytest

from valuation.core.regression import fit_pairs
from valuation.errors import BudgetTooSmall


def draw(count: int, n_players: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, n_players)) < 0.5


def test_a_line_is_found_exactly_and_sums_to_the_range():
    values = np.array([1.0, -2.0, 3.0, 0.5, 0.0])
    members = draw(20, 5)
    fit = fit_pairs(members, (2.0 * members - 1) @ values, np.ones(20), values.sum())
    assert np.allclose(fit.values, values, atol=1e-12, rtol=0)
    assert fit.standard_errors.max() < 1e-12


def test_pairs_that_do_not_tell_two_players_apart_are_refused():
    members = draw(20, 5)
    members[:, 1] = members[:, 0]
    with pytest.raises(BudgetTooSmall):
        fit_pairs(members, np.ones(20), np.ones(20), 1.0)


def test_fewer_pairs_than_values_are_refused():
    with pytest.raises(BudgetTooSmall):
        fit_pairs(draw(3, 5), np.ones(3), np.ones(3), 1.0)


def test_standard_errors_are_those_of_repeated_samples():
    values, noise = np.linspace(0, 1, 6), 0.3
    fits = []
    for seed in range(400):
        members = draw(60, 6, seed)
        blur = np.random.default_rng(1000 + seed).normal(size=60) * noise
        fits.append(fit_pairs(members, (2.0 * members - 1) @ values + blur, np.ones(60), 3.0))
    spread = np.std([fit.values for fit in fits], axis=0)
    printed = np.mean([fit.standard_errors for fit in fits], axis=0)
    assert np.allclose(printed, spread, rtol=0.15)

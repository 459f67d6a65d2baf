"""Standard errors hold what they say."""

import numpy as np

from valuation.core.result import Z_95
from valuation.core.spread import errors_by_position, small_sample_factor


def test_no_spread_is_no_error():
    positions = np.tile(np.arange(3), (4, 1))
    assert errors_by_position(np.ones((4, 3)), positions).tolist() == [0.0, 0.0, 0.0]


def test_large_samples_have_the_plain_standard_error():
    random = np.random.default_rng(0)
    parts = random.normal(size=(4000, 5)) * [1, 2, 3, 4, 5]
    positions = random.random((4000, 5)).argsort(axis=1)
    plain = parts.std(axis=0, ddof=1) / np.sqrt(4000)
    assert np.allclose(errors_by_position(parts, positions), plain, rtol=0.03)


def test_a_rare_large_part_is_in_the_error_of_who_has_not_met_it():
    positions = np.array([[0, 1, 2], [0, 2, 1]])  # player 0 came first both times
    parts = np.where(positions == 0, 10.0, 0.0)
    errors = errors_by_position(parts, positions)
    assert np.all(errors > 2.0)


def test_what_players_are_worth_is_no_spread_between_positions():
    random = np.random.default_rng(2)
    worth = np.array([0.0, 5.0, 10.0, 20.0, 40.0])
    errors, plain = [], []
    for _ in range(300):
        positions = random.random((12, 5)).argsort(axis=1)
        parts = worth + 2.0 * positions + random.normal(size=(12, 5))
        errors.append(errors_by_position(parts, positions) / small_sample_factor(24))
        plain.append(np.sqrt((4 * 2 + 1) / 12))  # positions' variance 2, twice their step; noise 1
    assert np.allclose(np.mean(errors, axis=0), np.mean(plain), rtol=0.15)


def test_intervals_from_few_normal_parts_cover_what_they_print():
    random = np.random.default_rng(1)
    means = random.normal(size=(20_000, 5)).mean(axis=1)
    spread = 1 / np.sqrt(5) * small_sample_factor(4)  # were the spread known, Student is too wide
    assert np.mean(np.abs(means) <= Z_95 * spread) > 0.98

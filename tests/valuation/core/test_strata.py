"""Contrasts of membership within one size."""

from itertools import combinations

import numpy as np
import pytest

from valuation.core.strata import contrast, filled


def of_size(n_players: int, size: int) -> np.ndarray:
    rows = [
        np.isin(np.arange(n_players), chosen) for chosen in combinations(range(n_players), size)
    ]
    return np.array(rows)


def test_an_exhausted_stratum_is_certain():
    members = of_size(5, 2)
    utilities = members @ np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    one = contrast(members, utilities, len(members))
    assert not one.variance.any()
    assert one.mean == pytest.approx(6.0)
    assert np.diff(one.difference) == pytest.approx(
        1.25
    )  # its own, and its share of the other that left


def test_a_player_whom_all_or_none_have_is_unknown():
    one = contrast(of_size(4, 2)[:2], np.array([1.0, 2.0]), 6)
    assert np.isnan(one.difference[[0, 3]]).all()
    assert not np.isnan(one.difference[[1, 2]]).any()


def test_the_unknown_is_taken_from_the_other_sizes_and_is_more_uncertain():
    random = np.random.default_rng(0)
    whole = contrast(of_size(6, 3)[::2], random.normal(size=10), 20)
    few = contrast(of_size(6, 2)[:3], random.normal(size=3), 15)
    difference, variance = filled([whole, few])
    unknown = np.isnan(few.difference)
    assert np.array_equal(difference[1][unknown], difference[0][unknown])
    assert np.all(variance[1][unknown] >= variance[0][unknown])

"""The table that puts methods side by side."""

import numpy as np

from tests.valuation.core.played import random_table, smooth_table
from valuation.core import METHODS
from valuation.core.compare import compare, reference_of, table
from valuation.core.games import FunctionGame


def test_every_method_has_a_line_or_says_why_not():
    lines = table(compare(smooth_table(6), budget=40)).splitlines()
    assert len(lines) == len(METHODS)  # a head, and all but auto
    assert any(line.startswith("exact") and "refused" in line for line in lines)


def test_the_exact_method_has_no_error_and_covers_all():
    (exact,) = compare(smooth_table(5), ["exact"], budget=32)
    assert (exact.error, exact.covered) == (0.0, 1.0)


def test_no_error_is_shown_where_exact_is_not_affordable():
    wide = FunctionGame(40, lambda members: members.sum(axis=1) ** 0.5)
    (one,) = compare(wide, ["leverage"], budget=200)
    assert np.isnan(one.error)


def test_no_error_is_shown_for_what_estimates_something_else():
    (one,) = compare(random_table(5), ["banzhaf"], budget=32)
    assert np.isnan(one.error)


def test_a_given_reference_is_used():
    game = smooth_table(5)
    zeros = np.zeros(5)
    (one,) = compare(game, ["exact"], budget=32, exact=zeros)
    assert one.error == float(np.linalg.norm(reference_of(game)))

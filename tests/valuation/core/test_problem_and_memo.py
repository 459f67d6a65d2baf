"""The problem and the memo: what a method may rely on, and what it may not do."""

import numpy as np
import pytest

from valuation.core.coalitions import ends, enumerated
from valuation.core.problem import Looks, Memo, Problem, checkpoints
from valuation.errors import DeadlinePassed


def problem(**changes) -> Problem:
    given = {"n_players": 3, "budget": 6, "seed": 0, "empty": 1.0, "grand": 5.0}
    return Problem(**{**given, **changes})


def answered(asking, *replies):
    """What the generator asked for, and what it returned."""
    asked = []
    try:
        asked.append(next(asking))
        for reply in replies:
            asked.append(asking.send(reply))
    except StopIteration as done:
        return asked, done.value
    raise AssertionError("it asks for more")


def test_the_ends_are_known_and_counted():
    memo = Memo(problem())
    asked, utilities = answered(memo.ask(ends(3)))
    assert asked == []
    assert utilities.tolist() == [1.0, 5.0]
    assert (len(memo), memo.remaining) == (2, 4)


def test_repeated_coalitions_are_asked_for_once_and_given_back_each_time():
    memo = Memo(problem())
    rows = enumerated(3)[[1, 2, 1]]
    asked, utilities = answered(memo.ask(rows), np.array([2.0, 3.0]))
    assert asked[0].tolist() == rows[:2].tolist()
    assert utilities.tolist() == [2.0, 3.0, 2.0]
    asked, utilities = answered(memo.ask(rows[:1]))
    assert (asked, utilities.tolist()) == ([], [2.0])


def test_a_method_that_asks_beyond_its_budget_is_a_mistake_of_ours():
    with pytest.raises(AssertionError, match="more than its budget"):
        next(Memo(problem(budget=4)).ask(enumerated(3)))


def test_no_time_is_no_utilities_where_there_is_something_to_fall_back_on():
    assert answered(Memo(problem()).ask(enumerated(3)[1:2]), None)[1] is None
    with pytest.raises(DeadlinePassed):
        answered(Memo(problem()).need(enumerated(3)[1:2]), None)


def test_a_run_that_nothing_may_end_has_one_round():
    assert checkpoints(problem(), 10, 200) == [200]


def test_a_run_that_may_end_looks_after_rounds_that_grow():
    stops = checkpoints(problem(tolerance=0.1), 10, 200)
    assert stops[0] == 10
    assert stops[-1] == 200
    assert all(later <= 2.5 * earlier for earlier, later in zip(stops, stops[1:], strict=False))
    assert stops == sorted(set(stops))


def test_streams_of_different_index_differ_and_the_same_ones_agree():
    one, other, again = (problem().generator(at).random() for at in (1, 2, 1))
    assert one != other
    assert one == again


def test_a_tolerance_ends_a_run_when_it_is_met_at_two_looks_in_succession():
    looks = Looks(tolerance=0.1)
    narrow, wide = (
        problem().result(np.zeros(3), np.full(3, error), "permutation") for error in (0.01, 0.5)
    )
    assert [looks.settle(one) for one in (narrow, wide, narrow, narrow)] == [False] * 3 + [True]


def test_without_a_tolerance_no_look_ends_a_run():
    looks = Looks(tolerance=None)
    exact = problem().result(np.zeros(3), np.zeros(3), "exact")
    assert not any(looks.settle(exact) for _ in range(3))

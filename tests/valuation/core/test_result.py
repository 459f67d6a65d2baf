"""The result and its derived figures."""

import numpy as np
import pytest

from valuation.core import Result
from valuation.core.axioms import efficiency_gap, is_efficient


def result(**changes) -> Result:
    given = {
        "values": np.array([1.0, 3.0]),
        "standard_errors": np.array([0.1, 0.2]),
        "method": "exact",
        "empty": 1.0,
        "grand": 5.0,
    }
    return Result(**{**given, **changes})


def test_the_interval_is_196_standard_errors_to_either_side():
    assert result().intervals[0] == pytest.approx([1 - 0.196, 1 + 0.196], abs=1e-4)


def test_the_uncertainty_is_the_widest_interval_as_a_share_of_the_range():
    assert result().uncertainty == pytest.approx(1.96 * 0.2 / 4, rel=1e-4)
    assert result(standard_errors=np.zeros(2)).uncertainty == 0.0
    assert result(grand=1.0).uncertainty == np.inf


def test_nothing_in_a_result_can_be_changed():
    one = result()
    with pytest.raises(ValueError, match="read-only"):
        one.values[0] = 9.0
    with pytest.raises(TypeError):
        one.details["new"] = 1


def test_a_gap_is_what_the_values_have_too_much():
    assert efficiency_gap(result(grand=4.0)) == pytest.approx(1.0)
    assert is_efficient(result())
    assert not is_efficient(result(grand=5.0 + 1e-6))

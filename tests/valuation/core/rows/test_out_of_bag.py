"""Data-OOB finds mislabelled rows without validation rows."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

from tests.valuation.core.rows.data import dealt, flipped, found
from valuation.core.rows import data_oob
from valuation.errors import BudgetTooSmall


def test_out_of_bag_values_find_flipped_labels_without_validation_rows():
    x, y, *_ = dealt(load_breast_cancer, 200, 10)
    wrong_y, wrong = flipped(y, 0.1, 0)
    assert found(data_oob(x, wrong_y, n_trees=100), wrong, 0.2) > 0.9


def test_out_of_bag_values_of_numbers_are_squared_errors():
    x, y, *_ = dealt(load_diabetes, 60, 10)
    values = data_oob(x, y, n_trees=60, task="regression")
    assert (values < 0).all() and np.array_equal(
        values, data_oob(x, y, n_trees=60, task="regression")
    )


def test_a_row_in_every_bag_has_no_value():
    with pytest.raises(BudgetTooSmall):
        data_oob(np.zeros((3, 1)), [0, 1, 0], n_trees=1)

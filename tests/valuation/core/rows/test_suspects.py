"""Suspect rows are the mislabelled and the outlying ones."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes

from tests.valuation.core.rows.data import dealt, flipped
from valuation.core.rows import suspect_rows


def test_suspects_are_the_flipped_rows_and_the_far_ones():
    x, y, *validation = dealt(load_breast_cancer, 200, 200)
    y, wrong = flipped(y, 0.05, 0)
    x[7] += 50.0
    suspects = suspect_rows(x, y, *validation)
    assert suspects[0].row == 7 and suspects[0].reason == "outlier"
    assert np.isin(wrong, [each.row for each in suspects]).mean() > 0.8
    assert len(suspects) <= 40
    assert all(str(each.row) in each.sentence for each in suspects)


def test_a_clean_batch_of_validation_rows_is_not_suspect():
    x = np.repeat([[0.0], [5.0]], 10, axis=0)
    y = np.repeat([0, 1], 10)
    assert suspect_rows(x, y, x, y) == ()


def test_targets_that_are_off_are_suspect_too():
    x, y, x_validation, y_validation = dealt(load_diabetes, 200, 200)
    y = y.astype(float)
    y[[3, 60, 110]] += 2000.0
    suspects = suspect_rows(x, y, x_validation, y_validation, task="regression")
    assert {3, 60, 110} <= {each.row for each in suspects}
    assert suspects[-1].sentence.endswith("another target than rows like it.")

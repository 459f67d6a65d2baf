"""Names and instances become models; options go where they are known."""

import numpy as np
import pytest
from sklearn.datasets import load_wine

from tests.valuation.core.games.data import coalitions, sample

N = 5


@pytest.fixture(scope="module")
def wine():
    return sample(load_wine, n_players=N)


def test_options_that_no_batch_knows_go_to_scikit_learn(wine):
    plain = wine.game()(coalitions(N))
    weighted = wine.game(options={"class_weight": "balanced"})(coalitions(N))
    assert np.abs(plain - weighted).max() > 1e-4

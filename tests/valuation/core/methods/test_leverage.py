"""leverage: size taken out, sizes alike."""

import numpy as np

from tests.valuation.core.played import smooth_table
from valuation.core import FunctionGame, value


def test_a_cubic_of_the_size_is_taken_out_whole():
    cubic = FunctionGame(10, lambda members: members.mean(axis=1) ** 3)
    result = value(cubic, "leverage", budget=60)
    assert np.allclose(result.values, 0.1, atol=1e-12, rtol=0)


def test_it_has_less_error_than_kernel_on_a_learning_curve():
    game = smooth_table(10)
    exact = value(game, "exact", budget=1024).values
    theirs, ours = (
        np.median(
            [
                np.linalg.norm(value(game, method, budget=150, seed=seed).values - exact)
                for seed in range(10)
            ]
        )
        for method in ("kernel", "leverage")
    )
    assert ours < theirs / 2

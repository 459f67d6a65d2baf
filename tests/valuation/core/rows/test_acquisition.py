"""An offer says what a candidate would add and be paid."""

import numpy as np
import pytest

from valuation.core import FunctionGame
from valuation.core.rows import acquisition
from valuation.errors import ShapeMismatch


def test_an_offer_has_the_last_step_and_the_share_if_admitted():
    weights = np.array([4.0, -1.0, 2.0])
    game = FunctionGame(3, lambda c: c @ weights + 3.0 * (c[:, 0] & c[:, 2]))
    offer = acquisition(game, 2, method="exact", budget=8)
    assert offer.marginal == 5.0 and offer.value == pytest.approx(3.5)
    assert offer.share == pytest.approx(3.5 / 9.0) and offer.standard_error == 0.0
    assert offer.price_minor(1000) == 388


def test_a_previewed_offer_is_rounded_to_the_ladder_step():
    game = FunctionGame(2, lambda c: c @ np.array([1.0, 0.37]))
    offer = acquisition(game, 1, step=0.25, method="exact", budget=4)
    assert offer.marginal == offer.value == 0.25


def test_the_only_player_is_offered_everything():
    offer = acquisition(FunctionGame(1, lambda c: 2.0 * c[:, 0]), 0, budget=2)
    assert offer.marginal == 2.0 and offer.share == 1.0


def test_an_unknown_candidate_is_refused():
    with pytest.raises(ShapeMismatch):
        acquisition(FunctionGame(1, lambda c: 2.0 * c[:, 0]), 1, budget=2)

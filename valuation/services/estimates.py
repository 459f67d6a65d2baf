"""What one batch would add and be paid, before anybody pays: for acquisition and previews."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contributors.selectors import (
    PlayerRecord,
    batch_receipt,
    players_at,
    programme_get,
    validation_row_count,
)
from contributors.selectors.players import player_batches
from valuation.core.rows import acquisition
from valuation.errors import BatchNotInPlay
from valuation.services.games import game_ensure, game_load

# Twelve evaluations a player estimate a share to a few points, which is all a preview tells.
EVALUATIONS_PER_PLAYER = 12
BUDGET_MAX = 400
# A row's score spreads by about half the range of the utility; two standard errors of its mean
# over the validation rows is the least that means anything (Blum and Hardt 2015).
ROW_SPREAD = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEstimate:
    """A batch as a player of its own beside all others.

    share : its part of the pool if it were paid today, 0 to 1
    added : v(N) − v(N without it), as a share of v(N) − v(∅)
    step : the Ladder's step, below which differences mean nothing
    """

    share: float
    added: float
    step: float


def batch_estimate(*, batch_id: UUID, now: datetime) -> BatchEstimate:
    """What the accepted batch would be worth among everything accepted by now.

    Raises
    ------
    BatchNotInPlay
    """
    programme = programme_get(batch_receipt(batch_id).programme_id)
    present = players_at(programme_id=programme.id, cutoff_at=now)
    players, place = _with_own_player(present, batch_id)
    row = game_ensure(programme=programme, purpose="payment", work="", now=now)
    game = game_load(game=row, programme=programme, players=players)
    offer = acquisition(game, place, budget=min(EVALUATIONS_PER_PLAYER * len(players), BUDGET_MAX))
    grand = float(game(np.ones((1, len(players)), dtype=bool))[0])
    surplus = grand - game.empty
    rows = validation_row_count(programme_id=programme.id)
    return BatchEstimate(
        share=offer.share,
        added=offer.marginal / surplus if surplus else 0.0,
        step=2 * ROW_SPREAD / rows**0.5,
    )


def batch_player(batch_id: UUID) -> tuple[PlayerRecord, NDArray[np.int64]]:
    """The batch as a player of its own, and the places in it of the rows that count.

    Raises
    ------
    BatchNotInPlay
    """
    receipt = batch_receipt(batch_id)
    accepted_at = receipt.accepted_at or receipt.received_at
    present = players_at(programme_id=receipt.programme_id, cutoff_at=accepted_at)
    alone = _with_own_player(present, batch_id)[0][-1]
    ((_, kept),) = player_batches(programme_id=receipt.programme_id, players=(alone,))
    return alone, np.flatnonzero(kept.mask)


def _with_own_player(
    players: tuple[PlayerRecord, ...], batch_id: UUID
) -> tuple[tuple[PlayerRecord, ...], int]:
    """The players with the batch taken out of its own and set last, and its place."""
    owner = next((player for player in players if batch_id in player.batch_ids), None)
    if owner is None:
        raise BatchNotInPlay()
    rest = tuple(each for each in owner.batch_ids if each != batch_id)
    others = [player for player in players if player is not owner]
    if rest:
        digest = f"{owner.data_digest} without {batch_id}"
        others.append(replace(owner, batch_ids=rest, data_digest=digest))
    alone = replace(owner, batch_ids=(batch_id,), data_digest=f"{owner.data_digest} {batch_id}")
    return (*others, alone), len(others)

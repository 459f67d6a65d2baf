"""The players of a run, frozen, and the digest of any coalition of them."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from contributors.selectors import PlayerRecord
from valuation.models import Player, PlayerMember, ValuationRun


def players_freeze(*, run: ValuationRun, players: tuple[PlayerRecord, ...]) -> None:
    """One row per player and member, in the order of `players`."""
    rows = [
        Player(
            run=run,
            index=index,
            key=player.key,
            label=player.label,
            data_digest=player.data_digest,
            row_count=player.row_count,
            batch_ids=[str(batch_id) for batch_id in player.batch_ids],
        )
        for index, player in enumerate(players)
    ]
    Player.objects.bulk_create(rows)
    PlayerMember.objects.bulk_create(
        PlayerMember(
            player=row,
            contributor_id=member.contributor_id,
            code=member.code,
            row_count=member.row_count,
            first_accepted_at=member.first_accepted_at,
            weight=member.weight,
        )
        for row, player in zip(rows, players, strict=True)
        for member in player.members
    )


def coalition_digests(run: ValuationRun, coalitions: NDArray[np.bool_]) -> list[bytes]:
    """SHA-256 over the sorted data digests of each coalition's players.

    It names the rows, not the players' places: a run with one contributor more
    finds every coalition it shares with an earlier run.
    """
    rows = run.players.order_by("index").values_list("data_digest", flat=True)
    digests = [bytes.fromhex(digest) for digest in rows]
    order = sorted(range(len(digests)), key=digests.__getitem__)
    ranked = coalitions[:, order]
    ordered = [digests[i] for i in order]
    return [
        hashlib.sha256(b"".join(ordered[i] for i in np.flatnonzero(row))).digest() for row in ranked
    ]

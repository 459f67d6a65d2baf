"""The players of a run, frozen, and the digest of any coalition of them."""

import hashlib
from functools import lru_cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contributors.selectors import PlayerRecord
from valuation.models import Player, PlayerMember, ValuationRun

RUNS_REMEMBERED = 8  # by a process; a run of a thousand players takes a megabyte


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


@lru_cache(maxsize=RUNS_REMEMBERED)
def run_players(run_id: UUID) -> tuple[PlayerRecord, ...]:
    """The players of a run as a game needs them: frozen with it, so read once, and without names.

    One query.
    """
    rows = Player.objects.filter(run_id=run_id).order_by("index")
    return tuple(
        PlayerRecord(
            key=key,
            label=key,
            members=(),
            batch_ids=tuple(map(UUID, batch_ids)),
            data_digest=data_digest,
            row_count=row_count,
        )
        for key, batch_ids, data_digest, row_count in rows.values_list(
            "key", "batch_ids", "data_digest", "row_count"
        )
    )


def coalition_digests(run: ValuationRun, coalitions: NDArray[np.bool_]) -> list[bytes]:
    """SHA-256 over the sorted data digests of each coalition's players.

    It names the rows, not the players' places: a run with one contributor more
    finds every coalition it shares with an earlier run.
    """
    digests = [bytes.fromhex(player.data_digest) for player in run_players(run.pk)]
    order = sorted(range(len(digests)), key=digests.__getitem__)
    ranked = coalitions[:, order]
    ordered = [digests[i] for i in order]
    return [
        hashlib.sha256(b"".join(ordered[i] for i in np.flatnonzero(row))).digest() for row in ranked
    ]

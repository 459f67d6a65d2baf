"""From accounts to shares, through the same defences as in the application.

Rows count once (row digests), linked and confirmed accounts are one player, values are
exact Shapley values of logistic regression under log-loss against the class frequencies,
pay follows max(value, 0).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contributors.core.digests import Digests, row_digests
from contributors.core.duplicates import first_occurrences, is_in
from contributors.core.nearest import NearShare, copied_rows, mutual_share
from contributors.core.players import groups
from contributors.core.schema import Column
from ledger.management.drills.scenes import Floats, Rows, Scene, joined
from valuation.core import DataGame, value

KEY = b"drill" * 6  # the drill keeps no digest, so its key is no secret
BUDGET = 2**12
CUT = 0.5  # the default of Programme.near_duplicate_cut
# As a programme would declare where 400 rows meet 33 or 106 features: at C = 1 an honest
# contributor's value may be near 0 by overfitting, and gains then measure chance.
OPTIONS = {"C": 0.01}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Values and shares by account; an account left without rows has 0 of both."""

    values: Floats
    shares: Floats


def digests_of(rows: Rows) -> Digests:
    """Return the digests over the record number, the identity column of the drill."""
    table = pa.table({"record": rows.record.astype(np.float64)})
    return row_digests(table, columns=(Column(name="record", kind="number"),), key=KEY)


def kept(accounts: Sequence[Rows]) -> list[Rows]:
    """Return each account's rows that occur in no earlier account, nor before in its own."""
    masks = first_occurrences([digests_of(rows) for rows in accounts])
    return [r.take(np.flatnonzero(mask)) for r, mask in zip(accounts, masks, strict=True)]


def played(
    accounts: Sequence[Rows],
    scene: Scene,
    *,
    linked: Sequence[tuple[int, int]] = (),
    defended: bool = True,
    sealed: bool = False,
) -> Outcome:
    """Return what each account is worth and its share of the pool; inside a player by rows.

    Linked accounts are one player, in which near copies of an earlier account's rows are
    left out.
    """
    held = scene.sealed if sealed else scene.validation
    rows = kept(accounts) if defended else list(accounts)
    rows = without_copies(rows, linked, scene)
    player_of = players(len(rows), linked)
    owners = np.concatenate([np.full(len(r), p) for r, p in zip(rows, player_of, strict=True)])
    everything = joined(rows)
    used, compact = np.unique(owners, return_inverse=True)
    game = DataGame(everything.x, everything.y, compact, held.x, held.y, options=OPTIONS)
    result = value(game, method="exact", budget=BUDGET, seed=0, controls=())
    by_player = np.zeros(max(player_of) + 1)
    by_player[used] = result.values
    return outcome(by_player, player_of, np.array([len(r) for r in rows]))


def without_copies(
    accounts: list[Rows], linked: Sequence[tuple[int, int]], scene: Scene
) -> list[Rows]:
    """Return the accounts without the rows that copy an earlier account of the same player."""
    scale, left = points(scene.validation).std(axis=0), list(accounts)
    for earlier, later in linked:
        if near(accounts[earlier], accounts[later], scene).looks_copied(CUT):
            one, other = points(accounts[earlier]), points(left[later])
            copied = copied_rows(one, other, scale=scale, cut=CUT)
            left[later] = left[later].take(np.flatnonzero(~copied))
    return left


def players(accounts: int, linked: Sequence[tuple[int, int]]) -> list[int]:
    """Return the player of each account."""
    pairs = [(f"{one:04}", f"{other:04}") for one, other in linked]
    found = groups([f"{index:04}" for index in range(accounts)], pairs)
    place = {int(name): number for number, group in enumerate(found) for name in group}
    return [place[index] for index in range(accounts)]


def outcome(by_player: Floats, player_of: list[int], rows: NDArray[np.int64]) -> Outcome:
    weights = np.maximum(by_player, 0.0)
    shares = weights / weights.sum()
    size = np.bincount(player_of, weights=rows)[player_of]
    part = np.divide(rows, size, out=np.zeros(len(rows)), where=size > 0)
    return Outcome(values=by_player[player_of] * part, shares=shares[player_of] * part)


def near(one: Rows, other: Rows, scene: Scene) -> NearShare:
    """Compare two batches as the board of suspected pairs does."""
    scale = points(scene.validation).std(axis=0)
    return mutual_share(points(one), points(other), scale=scale)


def points(rows: Rows) -> Floats:
    return np.column_stack([rows.x, rows.y.astype(np.float64)])


def overlap_count(rows: Rows, scene: Scene) -> int:
    """Return how many rows the intake would find in the validation set."""
    return int(is_in(digests_of(rows), digests_of(scene.validation)).sum())

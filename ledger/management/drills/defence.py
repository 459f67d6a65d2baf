"""From accounts to shares, through the same defences as in the application.

Rows count once (row digests), linked and confirmed accounts are one player, values are
exact Shapley values of logistic regression under log-loss against the class frequencies,
pay follows max(value, 0).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contributors.core.digests import Digests, row_digests
from contributors.core.duplicates import first_occurrences, is_in
from contributors.core.nearest import NearShare, copied_rows, mutual_share, nearer_than
from contributors.core.players import groups
from contributors.core.schema import Column
from ledger.management.drills.scenes import Floats, Rows, Scene, joined
from valuation.core import DataGame, Utility, value
from valuation.core.held_out import HeldOutShares, held_out_shares
from valuation.core.utilities import utility_named

KEY = b"drill" * 6  # the drill keeps no digest, so its key is no secret
BUDGET = 2**12
UTILITY = "log-loss"
CUT = 0.5  # the default of Programme.near_duplicate_cut


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
    used, compact = np.unique(owners, return_inverse=True)
    game = game_of(joined(rows), compact, scene, held.x, held.y)
    result = value(game, method="exact", budget=BUDGET, seed=0, controls=())
    by_player = np.zeros(max(player_of) + 1)
    by_player[used] = result.values
    return outcome(by_player, player_of, np.array([len(r) for r in rows]))


def game_of(  # noqa: PLR0917 - the order of DataGame
    rows: Rows,
    owners: NDArray[np.int64],
    scene: Scene,
    x: Floats,
    y: NDArray[np.int64],
    utility: str | Utility = UTILITY,
) -> DataGame:
    return DataGame(rows.x, rows.y, owners, x, y, utility=utility, options={"C": scene.c})


def on_both_sets(accounts: Sequence[Rows], scene: Scene) -> HeldOutShares:
    """Return the accounts' shares on the validation set and on the sealed set."""
    owners = np.concatenate([np.full(len(rows), at) for at, rows in enumerate(accounts)])
    return held_out_shares(
        partial(game_of, joined(accounts), owners, scene),
        validation=(scene.validation.x, scene.validation.y),
        sealed=(scene.sealed.x, scene.sealed.y),
        utility=utility_named(UTILITY),
        budget=BUDGET,
    )


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


def near_validation(rows: Rows, scene: Scene) -> bool:
    """Whether the batch would be flagged as near the validation set."""
    close, control = near(rows, scene.validation, scene), near(rows, scene.sealed, scene)
    return nearer_than(close, control) or close.looks_copied(CUT)


def points(rows: Rows) -> Floats:
    return np.column_stack([rows.x, rows.y.astype(np.float64)])


def overlap_count(rows: Rows, scene: Scene) -> int:
    """Return how many rows the intake would find in the validation set."""
    return int(is_in(digests_of(rows), digests_of(scene.validation)).sum())

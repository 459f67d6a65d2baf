"""Players: attribution clusters with the rows that count for them."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from contributors import files
from contributors.core.duplicates import first_occurrences
from contributors.core.players import data_digest, groups
from contributors.errors import BatchErased
from contributors.models import (
    Batch,
    Contributor,
    CopiedRows,
    OwnerLink,
    Programme,
    SuspectedPair,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerMember:
    """One contributor of a player. Money is split inside the player by `weight`."""

    contributor_id: uuid.UUID
    code: str
    row_count: int
    first_accepted_at: datetime
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerRecord:
    """One attribution cluster: its members, its batches, and a digest of its rows."""

    key: str
    label: str
    members: tuple[PlayerMember, ...]
    batch_ids: tuple[uuid.UUID, ...]
    data_digest: str
    row_count: int
    # Rows found to be copies by then are left out; None: all that are known.
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A batch and the mask of its rows that occur in no earlier batch."""

    batch: Batch
    mask: NDArray[np.bool_]

    @property
    def row_count(self) -> int:
        """Rows that count; of a text programme, words."""
        if self.batch.programme.kind == Programme.Kind.TEXT:
            return self.batch.row_count if self.mask.all() else 0
        return int(self.mask.sum())


def players_at(
    *, programme_id: uuid.UUID | str, cutoff_at: datetime, known_at: datetime | None = None
) -> tuple[PlayerRecord, ...]:
    """Return the players, ordered by key, of the batches accepted by `cutoff_at`.

    Withdrawn and erased batches and those without a consent in force are left out. A row
    counts once, for the batch that had it first; inside a player so do near copies of a row
    that were found by `known_at`. A contributor left without rows plays only as a member of
    a cluster. Five queries.
    """
    batches = (
        Batch.objects.live()
        .filter(programme_id=programme_id, accepted_at__lte=cutoff_at)
        .select_related("contributor", "programme")
    )
    kept = kept_rows(batches)
    by_code: dict[str, list[Kept]] = {}
    for part in kept:
        by_code.setdefault(part.batch.contributor.code, []).append(part)
    clusters = groups(by_code, evidence_pairs(programme_id))
    together = [[part for code in codes for part in by_code[code]] for codes in clusters]
    distinct = without_copies(together, known_at)
    players = [player_of(parts, known_at) for parts in distinct]
    return tuple(player for player in players if player.row_count > 0)


def kept_rows(batches: Iterable[Batch]) -> list[Kept]:
    """Return each batch with the mask of its rows, in order of acceptance."""
    ordered = sorted(batches, key=lambda batch: (batch.accepted_at, batch.id))
    with files.stored_digests([batch.digests_name for batch in ordered]) as stored:
        masks = first_occurrences(stored)
    return [Kept(batch=b, mask=m) for b, m in zip(ordered, masks, strict=True)]


def without_copies(
    players: Sequence[Sequence[Kept]], known_at: datetime | None
) -> list[list[Kept]]:
    """Return the parts of each player without rows that copy an earlier batch of it. One query."""
    player_of_batch = {part.batch.id: i for i, parts in enumerate(players) for part in parts}
    programmes = {part.batch.programme_id for parts in players for part in parts}
    found = CopiedRows.objects.filter(later__programme__in=programmes)
    copies = found if known_at is None else found.filter(found_at__lte=known_at)
    masks: dict[uuid.UUID, list[str]] = {}
    for copy in copies.order_by("id"):
        first, second = (player_of_batch.get(b) for b in (copy.earlier_id, copy.later_id))
        if first is not None and first == second:
            masks.setdefault(copy.later_id, []).append(copy.mask_name)
    return [
        [replace(part, mask=less(part.mask, masks.get(part.batch.id, []))) for part in parts]
        for parts in players
    ]


def less(mask: NDArray[np.bool_], copied: Sequence[str]) -> NDArray[np.bool_]:
    """Return the mask without the rows of the stored masks."""
    for name in copied:
        mask = mask & ~files.read_mask(name, len(mask))
    return mask


def evidence_pairs(programme_id: uuid.UUID | str) -> list[tuple[str, str]]:
    """Return the pairs of codes that a reviewer found to be one. Two queries."""
    names = ("contributor_low__code", "contributor_high__code")
    owners = OwnerLink.objects.filter(state=OwnerLink.State.VERIFIED)
    pairs = SuspectedPair.objects.filter(
        programme_id=programme_id, state=SuspectedPair.State.CONFIRMED
    )
    return [*owners.values_list(*names), *pairs.values_list(*names)]


def player_of(parts: Sequence[Kept], known_at: datetime | None) -> PlayerRecord:
    """Return the player that these batches make together."""
    by_contributor: dict[Contributor, list[Kept]] = {}
    for part in sorted(parts, key=lambda part: part.batch.contributor.code):
        by_contributor.setdefault(part.batch.contributor, []).append(part)
    members = tuple(member_of(who, own) for who, own in by_contributor.items())
    return PlayerRecord(
        key="+".join(member.code for member in members),
        label=" + ".join(contributor.display_name for contributor in by_contributor),
        members=members,
        batch_ids=tuple(sorted(part.batch.id for part in parts)),
        data_digest=data_digest([(part.batch.content_sha256, part.mask) for part in parts]),
        row_count=sum(part.row_count for part in parts),
        known_at=known_at,
    )


def member_of(contributor: Contributor, own: Sequence[Kept]) -> PlayerMember:
    """Return the member; under the rule `equal` all members of a cluster weigh the same."""
    rows = sum(part.row_count for part in own)
    equal = own[0].batch.programme.duplicate_rule == Programme.DuplicateRule.EQUAL
    return PlayerMember(
        contributor_id=contributor.id,
        code=contributor.code,
        row_count=rows,
        first_accepted_at=min(accepted_at(part.batch) for part in own),
        weight=1 if equal else rows,
    )


def accepted_at(batch: Batch) -> datetime:
    assert batch.accepted_at is not None, "the database says accepted batches have it"
    return batch.accepted_at


def is_any_erased(*, batch_ids: Sequence[uuid.UUID]) -> bool:
    """Whether rows of one of these batches are gone. One query."""
    return Batch.objects.filter(pk__in=batch_ids, state=Batch.State.ERASED).exists()


def player_batches(
    *, programme_id: uuid.UUID | str, players: Sequence[PlayerRecord]
) -> list[tuple[int, Kept]]:
    """Return (player, batch) in the order of rows: by player, then by the batch's SHA-256.

    Rows are kept as they were when the players were made, as only their batches are
    looked at and copies known then; a batch erased since is refused. Two queries.
    """
    return in_order(players, batches_of(programme_id=programme_id, players=players))


def batches_of(
    *, programme_id: uuid.UUID | str, players: Sequence[PlayerRecord]
) -> tuple[Batch, ...]:
    """Return the players' batches; one erased since is refused. One query."""
    ids = [batch_id for player in players for batch_id in player.batch_ids]
    batches = Batch.objects.filter(Q(programme_id=programme_id), pk__in=ids)
    found = tuple(batches.select_related("contributor", "programme"))
    if len(found) < len(ids) or any(not batch.data_name for batch in found):
        raise BatchErased()
    return found


def in_order(players: Sequence[PlayerRecord], batches: Iterable[Batch]) -> list[tuple[int, Kept]]:
    """Return (player, batch) by player, then by the batch's SHA-256. One query."""
    kept = {part.batch.id: part for part in kept_rows(batches)}
    together = [[kept[batch_id] for batch_id in player.batch_ids] for player in players]
    distinct = without_copies(together, players[0].known_at if players else None)
    return [
        (index, part)
        for index, parts in enumerate(distinct)
        for part in sorted(parts, key=lambda part: (part.batch.file_sha256, part.batch.id))
    ]

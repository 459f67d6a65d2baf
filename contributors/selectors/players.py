"""Players: attribution clusters with the rows that count for them."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from contributors import files
from contributors.core.duplicates import first_occurrences
from contributors.core.players import data_digest, groups
from contributors.errors import BatchErased
from contributors.models import Batch, Contributor, OwnerLink, Programme, SuspectedPair


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


def players_at(*, programme_id: uuid.UUID | str, cutoff_at: datetime) -> tuple[PlayerRecord, ...]:
    """Return the players, ordered by key, of the batches accepted by `cutoff_at`.

    Withdrawn and erased batches and those without a consent in force are left out. A row
    counts once, for the batch that had it first. A contributor left without rows plays
    only as a member of a cluster. Four queries.
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
    players = [player_of([part for code in codes for part in by_code[code]]) for codes in clusters]
    return tuple(player for player in players if player.row_count > 0)


def kept_rows(batches: Iterable[Batch]) -> list[Kept]:
    """Return each batch with the mask of its rows, in order of acceptance."""
    ordered = sorted(batches, key=lambda batch: (batch.accepted_at, batch.id))
    masks = first_occurrences([files.read_digests(batch.digests_name) for batch in ordered])
    return [Kept(batch=b, mask=m) for b, m in zip(ordered, masks, strict=True)]


def evidence_pairs(programme_id: uuid.UUID | str) -> list[tuple[str, str]]:
    """Return the pairs of codes that a reviewer found to be one. Two queries."""
    names = ("contributor_low__code", "contributor_high__code")
    owners = OwnerLink.objects.filter(state=OwnerLink.State.VERIFIED)
    pairs = SuspectedPair.objects.filter(
        programme_id=programme_id, state=SuspectedPair.State.CONFIRMED
    )
    return [*owners.values_list(*names), *pairs.values_list(*names)]


def player_of(parts: Sequence[Kept]) -> PlayerRecord:
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
    looked at; a batch erased since is refused. One query.
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
    kept = {part.batch.id: part for part in kept_rows(batches)}
    return [
        (index, part)
        for index, player in enumerate(players)
        for part in sorted(
            (kept[batch_id] for batch_id in player.batch_ids),
            key=lambda part: (part.batch.file_sha256, part.batch.id),
        )
    ]

"""The board of suspected pairs: who looks like whom, with evidence and a histogram."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from contributors.core.players import groups
from contributors.models import Batch, OwnerLink, SuspectedPair

HISTOGRAM_BINS = 20  # of the share 0 … 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectedPairRecord:
    """Evidence that two contributors gave the same data, and what was decided."""

    id: uuid.UUID
    programme_id: uuid.UUID
    low_id: uuid.UUID
    low_code: str
    low_name: str
    high_id: uuid.UUID
    high_code: str
    high_name: str
    kind: str
    score: float
    evidence: tuple[dict[str, object], ...]
    found_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLinkRecord:
    """Two contributors declared to have one beneficial owner."""

    id: uuid.UUID
    low_code: str
    high_code: str
    state: str
    declared_at: datetime
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All pairs of a programme, and how alike all pairs of batches were, suspected or not.

    `histogram` counts comparisons by share in 20 equal bins from 0 to 1; `cut` is the
    share from which two batches of equal size are suspected.
    """

    pairs: tuple[SuspectedPairRecord, ...]
    histogram: tuple[int, ...]
    compared: int
    cut: float


def suspected_pair_list(
    *, programme_id: uuid.UUID | str | None = None, state: str | None = None
) -> tuple[SuspectedPairRecord, ...]:
    """Return the pairs, open ones first, then the highest score. One query. Staff only."""
    pairs = SuspectedPair.objects.select_related(
        "contributor_low", "contributor_high", "decided_by"
    )
    pairs = pairs.filter(programme_id=programme_id) if programme_id else pairs
    pairs = pairs.filter(state=state) if state else pairs
    found = sorted(pairs, key=lambda pair: (pair.state != "open", -pair.score, pair.id))
    return tuple(pair_record(pair) for pair in found)


def alike_groups(
    programme_id: uuid.UUID | str, *, cutoff_at: datetime
) -> tuple[frozenset[uuid.UUID], ...]:
    """Return the groups of contributor ids that are one, or may be until a reviewer decides.

    They are joined by confirmed pairs, by open ones whose evidence is of batches that play at
    the cut-off, and by verified owner links. A link that is only declared joins nobody, and
    neither does a file sent later or withdrawn: otherwise anybody could stop anybody's pay.
    Three queries.
    """
    pairs = SuspectedPair.objects.filter(programme_id=programme_id).exclude(state="rejected")
    playing = Batch.objects.live().filter(programme_id=programme_id, accepted_at__lte=cutoff_at)
    ids = set(map(str, playing.values_list("id", flat=True)))
    found = [
        (str(pair.contributor_low_id), str(pair.contributor_high_id))
        for pair in pairs
        if pair.state == "confirmed" or _is_evident(pair, ids)
    ]
    links = OwnerLink.objects.filter(state="verified")
    found += [
        (str(low), str(high))
        for low, high in links.values_list("contributor_low_id", "contributor_high_id")
    ]
    names = {name for pair in found for name in pair}
    return tuple(frozenset(map(uuid.UUID, group)) for group in groups(names, found))


def _is_evident(pair: SuspectedPair, playing: set[str]) -> bool:
    """Whether batches that play say so; a pair that names no batch counts until it is decided."""
    items = pair.evidence.get("items")
    return not items or any(playing.issuperset(item["batches"]) for item in items)


def board(*, programme_id: uuid.UUID | str, cut: float) -> Board:
    """Return the board of a programme. Two queries."""
    histogram, compared = [0] * HISTOGRAM_BINS, 0
    batches = Batch.objects.filter(programme_id=programme_id, compared_at__isnull=False)
    for comparison in batches.values_list("comparison", flat=True):
        compared += comparison.get("compared", 0)
        counts = comparison.get("histogram", [])
        histogram = [a + b for a, b in zip(histogram, counts, strict=True)] if counts else histogram
    return Board(
        pairs=suspected_pair_list(programme_id=programme_id),
        histogram=tuple(histogram),
        compared=compared,
        cut=cut,
    )


def owner_link_list(*, contributor_id: uuid.UUID | None = None) -> tuple[OwnerLinkRecord, ...]:
    """Return all owner links, or those of one contributor, the newest first. One query."""
    links = OwnerLink.objects.select_related("contributor_low", "contributor_high").order_by("-id")
    if contributor_id is not None:
        links = links.filter(contributor_low=contributor_id) | links.filter(
            contributor_high=contributor_id
        )
    return tuple(link_record(link) for link in links)


def link_record(link: OwnerLink) -> OwnerLinkRecord:
    return OwnerLinkRecord(
        id=link.id,
        low_code=link.contributor_low.code,
        high_code=link.contributor_high.code,
        state=link.state,
        declared_at=link.declared_at,
        decided_at=link.decided_at,
        reason=link.reason,
    )


def pair_record(pair: SuspectedPair) -> SuspectedPairRecord:
    low, high = pair.contributor_low, pair.contributor_high
    return SuspectedPairRecord(
        id=pair.id,
        programme_id=pair.programme_id,
        low_id=low.id,
        low_code=low.code,
        low_name=low.display_name,
        high_id=high.id,
        high_code=high.code,
        high_name=high.display_name,
        kind=pair.kind,
        score=pair.score,
        evidence=tuple(pair.evidence.get("items", ())),
        found_at=pair.found_at,
        state=pair.state,
        decided_by=pair.decided_by.email if pair.decided_by else "",
        decided_at=pair.decided_at,
        reason=pair.reason,
    )

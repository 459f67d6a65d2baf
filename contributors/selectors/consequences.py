"""What a batch is to others: a description in Croissant, the consequences of its leaving."""

import uuid
from dataclasses import dataclass
from typing import Any

from contributors.core.croissant import describe
from contributors.errors import NotFound
from contributors.models import Batch, User
from contributors.selectors.batches import with_names
from contributors.selectors.players import kept_rows
from contributors.selectors.programmes import schema_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalPreview:
    """Counts and sentences; rows that others gave as well pass to the next who had them."""

    rows_leaving: int
    rows_left: int
    rows_passing_to_others: int
    batches_left: int
    sentences: tuple[str, ...]


def withdrawal_preview(batch_id: uuid.UUID | str, *, user: User | None) -> WithdrawalPreview:
    """Return what would change if the batch were withdrawn now; nothing does. Three queries."""
    batch = found(batch_id, user)
    live = list(
        Batch.objects.live()
        .filter(programme_id=batch.programme_id)
        .select_related("contributor", "programme")
    )
    before = {part.batch.id: part.row_count for part in kept_rows(live)}
    rest = kept_rows([b for b in live if b.id != batch.id])
    own = [part for part in rest if part.batch.contributor_id == batch.contributor_id]
    others = [part for part in rest if part.batch.contributor_id != batch.contributor_id]
    passing = sum(part.row_count - before[part.batch.id] for part in others)
    leaving = before.get(batch.id, 0)
    rows_left = sum(part.row_count for part in own)
    return WithdrawalPreview(
        rows_leaving=leaving,
        rows_left=rows_left,
        rows_passing_to_others=passing,
        batches_left=len(own),
        sentences=sentences(leaving, rows_left, passing),
    )


def sentences(leaving: int, rows_left: int, passing: int) -> tuple[str, ...]:
    lines = [
        f"{leaving:,} rows leave every future run; {rows_left:,} rows of yours stay.",
        "Runs that were computed and statements that were issued do not change.",
        "Bookkeeping entries, receipts and digests are kept, as the law asks.",
    ]
    if passing:
        lines.append(f"{passing:,} of the rows were given by others as well and then count there.")
    if not rows_left:
        lines.append("Without rows you take part in no future run of this programme.")
    return tuple(lines)


def batch_croissant(batch_id: uuid.UUID | str, *, user: User | None) -> dict[str, Any]:
    """Return the batch as Croissant JSON-LD: columns, digests, licence, never rows. One query."""
    batch = found(batch_id, user)
    schema = None if batch.programme.kind == "text" else schema_of(batch.programme)
    return describe(
        batch_id=str(batch.id),
        title=f"{batch.programme.title}: batch of {batch.contributor.code}",
        description=batch.programme.description or batch.programme.title,
        licence=batch.consent.licence.identifier,
        contributor=batch.contributor.code,
        received_on=batch.received_at.date().isoformat(),
        file_sha256=batch.file_sha256,
        file_format=batch.file_format,
        byte_count=batch.byte_count,
        columns=schema.columns if schema else (),
        provenance=batch.provenance,
    )


def found(batch_id: uuid.UUID | str, user: User | None) -> Batch:
    batches = Batch.objects.visible_to(user) if user else Batch.objects.all()
    batch: Batch | None = with_names(batches).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound()
    return batch

"""Reserves: what is still held, and which parts are due with a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Sum

from ledger.core.allocation import allocate
from ledger.models import Holdback, Period


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldbackPart:
    """One part of a holdback that is due; `part` counts from 1."""

    holdback_id: UUID
    contributor_id: UUID
    part: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldbackRecord:
    """One holdback with what came back of it."""

    id: UUID
    contributor_id: UUID
    code: str
    period: str
    kind: str
    currency: str
    amount_minor: int
    part_count: int
    released_minor: int
    held_minor: int


def holdbacks_due(*, period: Period, currency: str) -> tuple[HoldbackPart, ...]:
    """The parts that are due with this period and were not released yet. Two queries.

    Part k of a holdback is due with the k-th period after the one it was kept in.
    """
    starts = list(Period.objects.order_by("starts_on").values_list("starts_on", flat=True))
    rows = (
        Holdback.objects.filter(
            run__pool__currency=currency,
            run__pool__period__starts_on__lt=period.starts_on,
            part_count__gt=0,
        )
        .annotate(done=Count("releases"), back=Sum("releases__amount_minor", default=0))
        .filter(back__lt=F("amount_minor"))
        .order_by("id")
        .values_list(
            "id", "contributor_id", "amount_minor", "part_count", "done",
            "run__pool__period__starts_on",
        )
    )  # fmt: skip
    due = []
    for holdback_id, contributor_id, amount_minor, part_count, done, kept_on in rows:
        passed = sum(kept_on < start <= period.starts_on for start in starts)
        parts = holdback_parts(amount_minor, part_count)
        for part in range(done + 1, min(passed, part_count) + 1):
            due.append(
                HoldbackPart(
                    holdback_id=holdback_id,
                    contributor_id=contributor_id,
                    part=part,
                    amount_minor=parts[part - 1],
                )
            )
    return tuple(due)


def holdback_parts(amount_minor: int, part_count: int) -> Sequence[int]:
    """The parts that a holdback comes back in; they sum to it.

    >>> holdback_parts(100, 3)
    (34, 33, 33)
    """
    return allocate(amount_minor, [1] * part_count)


def holdback_list(*, contributor_id: UUID | None = None) -> tuple[HoldbackRecord, ...]:
    """Every holdback with what is still held. One query."""
    rows = Holdback.objects.select_related("run__pool__period", "contributor")
    if contributor_id is not None:
        rows = rows.filter(contributor_id=contributor_id)
    rows = rows.annotate(released=Sum("releases__amount_minor", default=0))
    return tuple(
        HoldbackRecord(
            id=row.id,
            contributor_id=row.contributor_id,
            code=row.contributor.code,
            period=row.run.pool.period.code,
            kind=row.kind,
            currency=row.run.pool.currency,
            amount_minor=row.amount_minor,
            part_count=row.part_count,
            released_minor=row.released,
            held_minor=row.amount_minor - row.released,
        )
        for row in rows.order_by("id")
    )

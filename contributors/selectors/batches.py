"""Batches as receipts."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from contributors.core.provenance import missing_fields
from contributors.errors import NotFound
from contributors.models import Batch, Contributor, RowIssue, User


@dataclass(frozen=True, slots=True, kw_only=True)
class RowIssueRecord:
    """Why a row was not accepted."""

    line: int | None
    column: str
    value: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReceipt:
    """What the contributor was told, and what became of the batch since."""

    id: uuid.UUID
    programme_id: uuid.UUID
    programme_slug: str
    programme_title: str
    contributor_id: uuid.UUID
    contributor_code: str
    state: str
    file_label: str
    file_format: str
    byte_count: int
    file_sha256: str
    content_sha256: str
    row_count: int
    accepted_count: int
    duplicate_count: int
    duplicate_other_count: int
    invalid_count: int
    refusal_code: str
    refusal_sentence: str
    flags: tuple[str, ...]
    provenance: dict[str, Any]
    consent_id: uuid.UUID
    consent_purpose: str
    licence_identifier: str
    licence_text_sha256: str
    received_at: datetime
    accepted_at: datetime | None
    withdrawn_at: datetime | None
    erased_at: datetime | None
    issues: tuple[RowIssueRecord, ...] = ()
    replayed: bool = False

    @property
    def provenance_missing(self) -> tuple[str, ...]:
        """The provenance fields without a value, as `group.name`."""
        return missing_fields(self.provenance)


def batch_receipt(
    batch_id: uuid.UUID | str, *, user: User | None = None, replayed: bool = False
) -> BatchReceipt:
    """Return the receipt with its row issues; another's batch is not found. Two queries."""
    batches = Batch.objects.visible_to(user) if user else Batch.objects.all()
    batch = with_names(batches).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound()
    issues = RowIssue.objects.filter(batch_id=batch.id).order_by("line", "column", "id")
    return receipt_of(batch, issues=issues, replayed=replayed, user=user)


def batch_list_for(
    contributor: Contributor | uuid.UUID, *, programme_id: uuid.UUID | str | None = None
) -> tuple[BatchReceipt, ...]:
    """Return the contributor's receipts without row issues, the newest first. One query."""
    contributor_id = contributor.id if isinstance(contributor, Contributor) else contributor
    batches = with_names(Batch.objects.filter(contributor_id=contributor_id))
    batches = batches.filter(programme_id=programme_id) if programme_id else batches
    return tuple(receipt_of(batch) for batch in batches.order_by("-id"))


def with_names(batches: Any) -> Any:
    return batches.select_related("programme", "contributor", "consent__licence")


def receipt_of(
    batch: Batch,
    *,
    issues: Iterable[RowIssue] = (),
    replayed: bool = False,
    user: User | None = None,
) -> BatchReceipt:
    """Return the batch as `user` may see it; without one, as its contributor does."""
    same = {
        name: getattr(batch, name)
        for name in BatchReceipt.__dataclass_fields__
        if name in SAME_NAMES
    }
    return BatchReceipt(
        **same,
        programme_slug=batch.programme.slug,
        programme_title=batch.programme.title,
        contributor_code=batch.contributor.code,
        flags=flags_shown(batch, user),
        consent_purpose=batch.consent.purpose,
        licence_identifier=batch.consent.licence.identifier,
        licence_text_sha256=batch.consent.licence_text_sha256,
        issues=tuple(issue_record(issue) for issue in issues),
        replayed=replayed,
    )


# Told to staff alone: whoever aims at the validation rows would learn from it how near is too near.
STAFF_FLAGS = frozenset({"near_validation"})


def flags_shown(batch: Batch, user: User | None) -> tuple[str, ...]:
    is_staff = user is not None and user.reads_everything
    return tuple(flag for flag in batch.flags if is_staff or flag not in STAFF_FLAGS)


SAME_NAMES = {field.attname for field in Batch._meta.concrete_fields} - {"flags"}


def issue_record(issue: RowIssue) -> RowIssueRecord:
    return RowIssueRecord(
        line=issue.line,
        column=issue.column,
        value=issue.value,
        code=issue.code,
        message=issue.message,
    )


def contributors_who_left(*, at: datetime | None = None) -> frozenset[uuid.UUID]:
    """Return who gave data of which nothing is left, now or at a moment. Two queries.

    Every batch of theirs was withdrawn or erased, or lost its consent.
    """
    given = Batch.objects.filter(accepted_at__isnull=False)
    live = Batch.objects.live()
    if at is not None:
        given = given.filter(accepted_at__lte=at)
        gone = Q(withdrawn_at__lte=at) | Q(erased_at__lte=at) | Q(consent__revoked_at__lte=at)
        live = given.exclude(gone)
    left = set(given.values_list("contributor_id", flat=True))
    return frozenset(left - set(live.values_list("contributor_id", flat=True)))

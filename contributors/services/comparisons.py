"""Batches compared with everybody else's: exact copies, near copies, texts, validation rows."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from contributors import files
from contributors.core.duplicates import is_in
from contributors.core.nearest import Rows, copied_rows, mutual_share, nearer_than
from contributors.core.shingles import COPIED_CUT, contained_share, sketch
from contributors.core.texts import read_works
from contributors.models import Batch, CopiedRows, Programme, SuspectedPair, ValidationSet
from contributors.selectors.games import arrays
from contributors.selectors.programmes import ProgrammeRecord, programme_record
from contributors.services.audit import audit_record

HISTOGRAM_BINS = 20
Scale = Rows | None
Digests = NDArray[np.uint64]
# An exact copy of fewer rows than this share is told as duplicates alone.
EXACT_CUT = 0.5
# Nor of fewer rows than this, or this share of the other's: identities are often public, and a
# file of two rows could otherwise stop anybody's pay, again and again. Copies count once anyway.
EXACT_ROWS_MIN = 20
EXACT_SHARE_MIN = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How alike two batches of different contributors are, in one respect."""

    other: Batch
    kind: str
    score: float
    suspected: bool
    row_count: int = 0  # how many rows say so; 0 for texts
    copied: NDArray[np.bool_] | None = None  # rows of the later of the two batches


def batch_compare(*, batch_id: uuid.UUID | str, now: datetime) -> tuple[uuid.UUID, ...]:
    """Suspected pairs exist for whoever's data looks like the batch's. Safe to repeat."""
    batch = (
        Batch.objects.select_related("programme__licence")
        .filter(pk=batch_id, state=Batch.State.ACCEPTED)
        .first()
    )
    if batch is None:
        return ()
    others = list(
        Batch.objects.live()
        .filter(programme=batch.programme)
        .exclude(contributor_id=batch.contributor_id)
        .order_by("id")
    )
    if batch.programme.kind == Programme.Kind.TEXT:
        findings, near_validation = compare_texts(batch, others)
    else:
        findings, near_validation = compare_rows(batch, others)
    with transaction.atomic():
        pairs = [suspect(batch, f, now=now) for f in findings if f.suspected]
        for found in findings:
            note_copies(batch, found, now=now)
        note_comparison(batch, findings, near_validation=near_validation, now=now)
    return tuple(pair.id for pair in pairs)


def compare_rows(batch: Batch, others: list[Batch]) -> tuple[list[Finding], bool]:
    """Return exact and near findings, and whether the batch is close to the validation set."""
    programme = programme_record(batch.programme)
    held = held_points(programme)
    scale = held.std(axis=0) if len(held) else None
    own, own_digests = points(batch, programme), files.read_digests(batch.digests_name)
    findings = []
    for other in others:
        theirs = files.read_digests(other.digests_name)
        findings.append(exact_finding(other, own_digests, theirs))
        theirs_points = points(other, programme)
        findings.append(near_finding(batch, other, own=own, theirs=theirs_points, scale=scale))
    return findings, near_validation(batch, own, held=held, programme=programme)


def exact_finding(other: Batch, own: Digests, theirs: Digests) -> Finding:
    """Return which share of the smaller batch the other holds too; suspected if that is much."""
    share, rows = overlap(own, theirs)
    is_much = rows >= EXACT_ROWS_MIN or rows >= EXACT_SHARE_MIN * max(len(own), len(theirs))
    found = finding(other, "exact", share, share >= EXACT_CUT and is_much)
    return replace(found, row_count=rows)


def near_validation(batch: Batch, own: Rows, *, held: Rows, programme: ProgrammeRecord) -> bool:
    """Whether the batch is suspiciously near the validation set.

    The sealed set, which nobody can have aimed at, says what is near; without one, the cut.
    """
    if not len(held):
        return False
    scale, sealed = held.std(axis=0), held_points(programme, "sealed")
    close = mutual_share(own, held, scale=scale)
    aimed = len(sealed) > 0 and nearer_than(close, mutual_share(own, sealed, scale=scale))
    return bool(aimed or close.looks_copied(batch.programme.near_duplicate_cut))


def near_finding(batch: Batch, other: Batch, *, own: Rows, theirs: Rows, scale: Scale) -> Finding:
    """Return how alike the two are and, if suspiciously so, which rows of the later are copies."""
    cut = batch.programme.near_duplicate_cut
    near = mutual_share(own, theirs, scale=scale)
    found = finding(
        other, "near", near.share, near.looks_copied(batch.programme.near_duplicate_cut)
    )
    if not found.suspected:
        return found
    first, second = (own, theirs) if in_order(batch, other)[0] is batch else (theirs, own)
    copied = copied_rows(first, second, scale=scale, cut=cut)
    return replace(found, copied=copied, row_count=int(copied.sum()))


def in_order(one: Batch, other: Batch) -> tuple[Batch, Batch]:
    """Return the two, the one that was accepted first before the other."""
    earlier, later = sorted([one, other], key=lambda batch: (batch.accepted_at, batch.id))
    return earlier, later


def finding(other: Batch, kind: str, score: float, suspected: bool) -> Finding:
    return Finding(other=other, kind=kind, score=round(score, 4), suspected=bool(suspected))


def points(batch: Batch, programme: ProgrammeRecord) -> NDArray[np.float64]:
    """Return features and target as one matrix, the target as a number."""
    x, y = arrays(files.read_table(batch.data_name), programme=programme)
    return np.column_stack([x, y.astype(np.float64)])


def held_points(programme: ProgrammeRecord, purpose: str = "validation") -> NDArray[np.float64]:
    held = ValidationSet.objects.filter(programme_id=programme.id, purpose=purpose).first()
    if held is None:
        return np.zeros((0, len(programme.feature_columns) + 1))
    x, y = arrays(files.read_table(held.data_name), programme=programme)
    return np.column_stack([x, y.astype(np.float64)])


def overlap(a: Digests, b: Digests) -> tuple[float, int]:
    """Return the share and the number of the smaller batch's rows that are in the other as well."""
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    shared = int(is_in(small, large).sum())
    return (shared / len(small), shared) if len(small) else (0.0, 0)


def compare_texts(batch: Batch, others: list[Batch]) -> tuple[list[Finding], bool]:
    """Return text findings, and whether a held-out work is largely in the batch."""
    own = sketch(files.read_text(batch.data_name))
    findings = []
    for other in others:
        share = contained_share(own, sketch(files.read_text(other.data_name)))
        findings.append(finding(other, "text", share, share >= COPIED_CUT))
    held = ValidationSet.objects.filter(
        programme_id=batch.programme_id, purpose__in=["validation", "sealed"]
    )
    works = [work for row in held for work in read_works(files.read_text(row.data_name))]
    close = any(contained_share(own, sketch(work.text)) >= COPIED_CUT for work in works)
    return findings, close


def suspect(batch: Batch, found: Finding, *, now: datetime) -> SuspectedPair:
    """The pair is on the board with this evidence; a decided pair stays decided.

    A rejected pair is opened again only by much more than was rejected: twice the rows, or,
    of texts, a higher score.
    """
    low, high = sorted([batch.contributor_id, found.other.contributor_id])
    evidence = {
        "batches": sorted([str(batch.id), str(found.other.id)]),
        "score": found.score,
        "row_count": found.row_count,
    }
    pair, created = SuspectedPair.objects.get_or_create(
        programme_id=batch.programme_id,
        contributor_low_id=low,
        contributor_high_id=high,
        kind=found.kind,
        defaults={"score": found.score, "evidence": {"items": [evidence]}, "found_at": now},
    )
    if created:
        audit_record("pair_suspected", pair, actor=None, now=now, kind=found.kind)
    elif evidence not in pair.evidence["items"]:
        strengthen(pair, evidence)
    return pair


def note_copies(batch: Batch, found: Finding, *, now: datetime) -> None:
    """It is stored which rows of the later batch are copies, once, while both have their rows."""
    if found.copied is None:
        return
    earlier, later = in_order(batch, found.other)
    both = Batch.objects.select_for_update().filter(pk__in=[earlier.pk, later.pk])
    known = CopiedRows.objects.filter(earlier=earlier, later=later).exists()
    if known or not all(each.data_name for each in both):
        return
    name = f"copies/{batch.programme_id}/{later.id}-{earlier.id}.bits"
    CopiedRows.objects.create(
        earlier=earlier,
        later=later,
        mask_name=files.put_mask(name, found.copied),
        row_count=int(found.copied.sum()),
        found_at=now,
    )


def strengthen(pair: SuspectedPair, evidence: dict[str, object]) -> None:
    score, row_count = float(str(evidence["score"])), int(str(evidence["row_count"]))
    judged = int(pair.evidence.get("judged_row_count", 0))
    is_more = row_count >= 2 * judged if judged else score > pair.score
    pair.evidence = {**pair.evidence, "items": [*pair.evidence["items"], evidence]}
    pair.score = max(pair.score, score)
    if is_more and pair.state == SuspectedPair.State.REJECTED:
        pair.state = SuspectedPair.State.OPEN
        pair.decided_by = pair.decided_at = None
    pair.save()


def note_comparison(
    batch: Batch, findings: list[Finding], *, near_validation: bool, now: datetime
) -> None:
    """The batch carries a histogram of how alike others were, and its flags."""
    scores = [f.score for f in findings if f.kind in ("near", "text")]
    counts, _ = np.histogram(scores, bins=HISTOGRAM_BINS, range=(0.0, 1.0))
    batch.comparison = {"compared": len(scores), "histogram": counts.tolist()}
    batch.compared_at = now
    flags = set(batch.flags) | ({"near_validation"} if near_validation else set())
    if any(f.suspected for f in findings):
        flags.add("suspected_copy")
    batch.flags = sorted(flags)
    batch.save(update_fields=["comparison", "compared_at", "flags"])

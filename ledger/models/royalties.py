"""From pool to lines: the policy, the pool, the run and what it gave each contributor.

A **pool** is what a period distributes. A **royalty run** divides one pool by the values
of one locked valuation run under one **policy version**, copied into it. Its **lines**
are written while it is a draft and never change; `pool = fee + sum of gross`.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contributors.identifiers import uuid7
from ledger.core.bookkeeping import AMOUNT_MINOR_MAX
from ledger.core.policy import (
    CONFIDENCE_RULES,
    DUPLICATE_RULES,
    NEGATIVE_RULES,
    TIE_RULES,
    Policy,
)
from ledger.models.journal import AppendOnlyQuerySet, Period
from ledger.models.states import Approval, StateEvent

# States in which a run holds its pool: no second run may be there.
LIVE_STATES = ("draft", "calculated", "needs_decision", "in_review", "approved", "posted", "closed")


class PolicyVersion(models.Model):
    """One dated version of a policy; a change is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    valid_from = models.DateField()
    fee_bp = models.PositiveIntegerField()
    negative_rule = models.CharField(max_length=10, choices=[(r, r) for r in NEGATIVE_RULES])
    confidence_rule = models.CharField(max_length=10, choices=[(r, r) for r in CONFIDENCE_RULES])
    duplicate_rule = models.CharField(max_length=10, choices=[(r, r) for r in DUPLICATE_RULES])
    holdback_bp = models.PositiveIntegerField()
    holdback_periods = models.PositiveIntegerField()
    recoupment_bp = models.PositiveIntegerField()
    threshold_minor = models.BigIntegerField()
    dispute_window_days = models.PositiveIntegerField()
    tie_rule = models.CharField(max_length=10, choices=[(r, r) for r in TIE_RULES], default="code")
    unclaimed_days = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_policy_version"
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="policy_version_is_unique"),
            models.CheckConstraint(
                condition=Q(fee_bp__lt=10_000, holdback_bp__lt=10_000, recoupment_bp__lte=10_000),
                name="policy_rates_are_shares",
            ),
            models.CheckConstraint(
                condition=Q(threshold_minor__gte=0), name="policy_threshold_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    def as_policy(self) -> Policy:
        return Policy(**{name: getattr(self, name) for name in Policy.__dataclass_fields__})


class Pool(models.Model):
    """The money that one period distributes in one programme, or a reserve for adjustments."""

    class Kind(models.TextChoices):
        ROYALTY = "royalty"
        ADJUSTMENT_RESERVE = "adjustment_reserve", "adjustment reserve"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=60, unique=True, help_text="Names its account.")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ROYALTY)
    period = models.ForeignKey(Period, models.PROTECT, related_name="pools")
    programme = models.ForeignKey(
        "contributors.Programme", models.PROTECT, null=True, blank=True, related_name="+"
    )
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    funder = models.CharField(max_length=60)
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gte=1, amount_minor__lte=AMOUNT_MINOR_MAX),
                name="pool_amount_minor_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(kind="royalty", programme__isnull=False) | Q(kind="adjustment_reserve"),
                name="pool_of_royalties_has_a_programme",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class RoyaltyRunQuerySet(models.QuerySet["RoyaltyRun"]):
    def visible_to(self, user: Any) -> "RoyaltyRunQuerySet":
        """Runs that this user may see: everybody but contributors sees all."""
        return self if user.reads_everything else self.none()


class RoyaltyRun(models.Model):
    """One division of a pool. What it is made of never changes; its state follows its events."""

    class State(models.TextChoices):
        DRAFT = "draft"
        CALCULATED = "calculated"
        NEEDS_DECISION = "needs_decision", "needs a decision"
        IN_REVIEW = "in_review", "in review"
        APPROVED = "approved"
        POSTED = "posted"
        CLOSED = "closed"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="royalty_runs")
    valuation_run = models.ForeignKey("valuation.ValuationRun", models.PROTECT, related_name="+")
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    policy_record = models.JSONField()
    values_digest = models.CharField(max_length=64, blank=True)
    empty = models.CharField(max_length=32, blank=True)
    grand = models.CharField(max_length=32, blank=True)
    fee_minor = models.BigIntegerField()
    lines_hash = models.CharField(max_length=64, blank=True)
    decision_code = models.CharField(max_length=30, blank=True)
    decision_sentence = models.TextField(blank=True)
    decision_note = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approval = models.OneToOneField(
        Approval, models.PROTECT, null=True, blank=True, related_name="royalty_run"
    )

    objects = RoyaltyRunQuerySet.as_manager()

    class Meta:
        db_table = "ledger_royalty_run"
        constraints = [
            models.UniqueConstraint(
                fields=["pool"], condition=~Q(state="rejected"), name="royalty_run_pool_has_one"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("created_by")) & ~Q(approved_by=F("submitted_by"))),
                name="royalty_run_approver_is_not_author",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "posted", "closed"], approved_by__isnull=False)
                | Q(approved_by__isnull=True) & ~Q(state__in=["approved", "posted", "closed"]),
                name="royalty_run_approved_iff_approver",
            ),
            models.CheckConstraint(
                condition=Q(fee_minor__gte=0), name="royalty_run_fee_is_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(state="needs_decision") | ~Q(decision_code=""),
                name="royalty_run_decision_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"royalty run of {self.pool_id} ({self.state})"

    def as_policy(self) -> Policy:
        return Policy(**self.policy_record)


class RoyaltyRunEvent(StateEvent):
    """One change of a run's state; append-only."""

    run = models.ForeignKey(RoyaltyRun, models.PROTECT, related_name="events")

    class Meta:
        db_table = "ledger_royalty_run_event"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "sequence"], name="royalty_run_event_sequence_is_unique"
            )
        ]


class RoyaltyLine(models.Model):
    """What one contributor earned in one player of a run; append-only.

    `quota` is the exact share before rounding; `value`, `standard_error`, `weight` and
    `carried_value` are decimal text.
    """

    run = models.ForeignKey(RoyaltyRun, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    contributor = models.ForeignKey("contributors.Contributor", models.PROTECT, related_name="+")
    code = models.CharField(max_length=32)
    player_key = models.CharField(max_length=200)
    row_count = models.PositiveBigIntegerField()
    value = models.CharField(max_length=32)
    standard_error = models.CharField(max_length=32)
    weight = models.TextField()
    quota = models.TextField()
    gross_minor = models.BigIntegerField()
    held_minor = models.BigIntegerField()
    debit_minor = models.BigIntegerField()
    carried_value = models.CharField(max_length=32)
    reason_code = models.CharField(max_length=30, blank=True)
    reason = models.JSONField(null=True, blank=True)
    held_reason_code = models.CharField(max_length=30, blank=True)
    held_reason = models.JSONField(null=True, blank=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_royalty_line"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "position"], name="royalty_line_position_is_unique"
            ),
            models.UniqueConstraint(
                fields=["run", "player_key", "contributor"], name="royalty_line_is_once_in_a_player"
            ),
            models.CheckConstraint(
                condition=Q(gross_minor__gte=0, held_minor__gte=0, debit_minor__gte=0),
                name="royalty_line_amounts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(held_minor__lte=F("gross_minor")),
                name="royalty_line_holds_at_most_its_gross",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor__gt=0) | ~Q(reason_code=""),
                name="royalty_line_zero_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(held_minor=0) | ~Q(held_reason_code=""),
                name="royalty_line_held_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.gross_minor}"


class Holdback(models.Model):
    """What a run kept from one contributor, and in how many parts it comes back; append-only."""

    class Kind(models.TextChoices):
        RESERVE = "reserve"
        UNCERTAINTY = "uncertainty"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(RoyaltyRun, models.PROTECT, related_name="holdbacks")
    contributor = models.ForeignKey("contributors.Contributor", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    amount_minor = models.BigIntegerField()
    part_count = models.PositiveIntegerField(help_text="0: only a decision releases it.")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "contributor", "kind"], name="holdback_is_once_in_a_run"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="holdback_amount_minor_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"


class HoldbackRelease(models.Model):
    """One part of a holdback that came back or was forfeited; append-only."""

    holdback = models.ForeignKey(Holdback, models.PROTECT, related_name="releases")
    part = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()
    forfeited = models.BooleanField(default=False)
    entry = models.ForeignKey("ledger.JournalEntry", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_holdback_release"
        constraints = [
            models.UniqueConstraint(
                fields=["holdback", "part"], name="holdback_part_is_released_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="holdback_release_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.part}: {self.amount_minor}"

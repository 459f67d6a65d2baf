"""A programme is one task that contributors give data for."""

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from contributors.identifiers import uuid7

if TYPE_CHECKING:
    from contributors.models.user import User


def new_digest_key() -> bytes:
    return secrets.token_bytes(32)


class Kind(models.TextChoices):
    TABULAR = "tabular"
    TEXT = "text"


class Task(models.TextChoices):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    ATTRIBUTION = "attribution"


class ProgrammeStatus(models.TextChoices):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class DuplicateRule(models.TextChoices):
    EARLIEST = "earliest"
    EQUAL = "equal"


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def visible_to(self, user: "User") -> "ProgrammeQuerySet":
        if user.reads_everything:
            return self
        return self.exclude(status=ProgrammeStatus.DRAFT)


class Programme(models.Model):
    """One task, one target, one utility, one licence, one currency.

    Opening freezes `spec` (all that a value depends on) under `spec_digest`.
    `digest_key` keys the row digests, so that they tell nothing to whoever lacks it.
    """

    Kind = Kind
    Task = Task
    Status = ProgrammeStatus
    DuplicateRule = DuplicateRule

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.TABULAR)
    task = models.CharField(max_length=16, choices=Task, default=Task.CLASSIFICATION)
    feature_columns = models.JSONField(default=list, blank=True)
    target_column = models.CharField(max_length=128, blank=True)
    target_labels = models.JSONField(default=list, blank=True)
    identity_columns = models.JSONField(default=list, blank=True)
    sensitive_column = models.CharField(max_length=128, null=True, blank=True)
    column_rules = models.JSONField(default=dict, blank=True)
    model = models.CharField(max_length=64, blank=True)
    model_options = models.JSONField(default=dict, blank=True)
    utility = models.CharField(max_length=64, blank=True)
    transform = models.JSONField(null=True, blank=True)
    duplicate_rule = models.CharField(
        max_length=16, choices=DuplicateRule, default=DuplicateRule.EARLIEST
    )
    near_duplicate_cut = models.FloatField(default=0.5)
    preview_max = models.PositiveSmallIntegerField(default=3)
    licence = models.ForeignKey("contributors.Licence", models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=16, choices=ProgrammeStatus, default=ProgrammeStatus.DRAFT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    spec = models.JSONField(null=True, blank=True)
    spec_digest = models.CharField(max_length=64, blank=True)
    digest_key = models.BinaryField(default=new_digest_key, editable=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="draft", spec_digest="", opened_at__isnull=True)
                | (
                    models.Q(status__in=["open", "closed"], opened_at__isnull=False)
                    & ~models.Q(spec_digest="")
                ),
                name="programme_spec_is_frozen_iff_opened",
            ),
            models.CheckConstraint(
                condition=models.Q(near_duplicate_cut__gt=0, near_duplicate_cut__lte=1),
                name="programme_near_duplicate_cut_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

"""A validation set judges; its rows are never shown to anybody."""

from django.conf import settings
from django.db import models

from contributors.identifiers import uuid7


class Purpose(models.TextChoices):
    VALIDATION = "validation"
    SEALED = "sealed"
    BACKGROUND = "background"


class ValidationSet(models.Model):
    """Rows held apart: for the utility, sealed for audit, or the background of a language model."""

    Purpose = Purpose

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.ForeignKey(
        "contributors.Programme", models.PROTECT, related_name="validation_sets"
    )
    purpose = models.CharField(max_length=16, choices=Purpose)
    file_sha256 = models.CharField(max_length=64)
    content_sha256 = models.CharField(max_length=64)
    data_name = models.CharField(max_length=200)
    digests_name = models.CharField(max_length=200, blank=True)
    row_count = models.PositiveIntegerField()
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "purpose"], name="validation_set_one_per_purpose"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.programme_id}"

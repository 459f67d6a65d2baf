"""A batch is one file of rows that a contributor gave."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

from contributors.identifiers import uuid7

if TYPE_CHECKING:
    from contributors.models.user import User


class BatchState(models.TextChoices):
    REGISTERED = "registered"
    CHECKING = "checking"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class InvalidRows(models.TextChoices):
    REFUSE = "refuse"
    LEAVE_OUT = "leave_out"


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, user: "User") -> "BatchQuerySet":
        return self if user.reads_everything else self.filter(contributor__user=user)

    def live(self) -> "BatchQuerySet":
        """Accepted, neither withdrawn nor erased, under a consent in force."""
        return self.filter(state=BatchState.ACCEPTED, consent__revoked_at__isnull=True)


class Batch(models.Model):
    """The receipt of a file, and where its rows are.

    `content_sha256` is of the rows whatever the file format. Counts of an accepted batch:
    `row_count` = `accepted_count` + `duplicate_count`, and `invalid_count` were left out.
    `comparison` counts how alike other contributors' batches were, without naming them.
    """

    State = BatchState
    InvalidRows = InvalidRows
    LIVE_STATES: ClassVar[tuple[str, ...]] = ("registered", "checking", "accepted")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.ForeignKey("contributors.Programme", models.PROTECT, related_name="batches")
    contributor = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="batches"
    )
    consent = models.ForeignKey("contributors.Consent", models.PROTECT, related_name="batches")
    state = models.CharField(max_length=16, choices=BatchState, default=BatchState.REGISTERED)
    file_label = models.CharField(max_length=120, blank=True)
    file_format = models.CharField(max_length=16)
    invalid_rows = models.CharField(max_length=16, choices=InvalidRows, default=InvalidRows.REFUSE)
    byte_count = models.PositiveBigIntegerField()
    file_sha256 = models.CharField(max_length=64)
    content_sha256 = models.CharField(max_length=64, blank=True)
    upload_name = models.CharField(max_length=200, blank=True)
    data_name = models.CharField(max_length=200, blank=True)
    digests_name = models.CharField(max_length=200, blank=True)
    row_count = models.PositiveBigIntegerField(default=0)
    accepted_count = models.PositiveBigIntegerField(default=0)
    duplicate_count = models.PositiveBigIntegerField(default=0)
    duplicate_other_count = models.PositiveBigIntegerField(default=0)
    invalid_count = models.PositiveBigIntegerField(default=0)
    refusal_code = models.CharField(max_length=64, blank=True)
    refusal_sentence = models.CharField(max_length=500, blank=True)
    flags = models.JSONField(default=list, blank=True)
    dialect = models.JSONField(default=dict, blank=True)
    provenance = models.JSONField(default=dict, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    received_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    compared_at = models.DateTimeField(null=True, blank=True)
    comparison = models.JSONField(default=dict, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "contributor", "file_sha256"],
                condition=models.Q(state__in=["registered", "checking", "accepted"]),
                name="batch_same_bytes_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="accepted")
                | (models.Q(accepted_at__isnull=False) & ~models.Q(content_sha256="")),
                name="batch_accepted_has_content",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="accepted")
                | models.Q(
                    row_count=models.F("accepted_count") + models.F("duplicate_count"),
                    duplicate_other_count__lte=models.F("duplicate_count"),
                ),
                name="batch_counts_add_up",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="erased")
                | models.Q(erased_at__isnull=False, data_name="", digests_name="", upload_name=""),
                name="batch_erased_has_no_files",
            ),
        ]
        indexes = [models.Index(fields=["programme", "state", "accepted_at"])]

    def __str__(self) -> str:
        return f"batch {self.id}"


class RowIssue(models.Model):
    """Why a row was not accepted. `value` is shortened; deleted with the batch's data."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="issues")
    line = models.PositiveBigIntegerField(null=True, blank=True)
    column = models.CharField(max_length=128, blank=True)
    value = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=64)
    message = models.CharField(max_length=300)

    class Meta:
        indexes = [models.Index(fields=["batch", "line"])]

    def __str__(self) -> str:
        return f"line {self.line}: {self.code}"

"""A preview answers, coarsely and seldom, what a batch might add."""

from django.db import models

from contributors.identifiers import uuid7


class Preview(models.Model):
    """One of the few previews of a batch in a period; `answer` lies on the Ladder step."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey("contributors.Batch", models.PROTECT, related_name="previews")
    period_code = models.CharField(max_length=16)
    ordinal = models.PositiveSmallIntegerField()
    answer = models.CharField(max_length=32, blank=True)
    requested_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "period_code", "ordinal"], name="preview_ordinal_unique"
            )
        ]

    def __str__(self) -> str:
        return f"preview {self.ordinal} of {self.batch_id}"

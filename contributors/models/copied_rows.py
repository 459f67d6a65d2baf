"""Rows of a batch that are copies of another batch's rows, whatever identities they claim."""

from django.db import models

from contributors.identifiers import uuid7


class CopiedRows(models.Model):
    """A mask over the rows of `later`; they count once where one player has both batches."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    earlier = models.ForeignKey("contributors.Batch", models.PROTECT, related_name="+")
    later = models.ForeignKey("contributors.Batch", models.PROTECT, related_name="+")
    mask_name = models.CharField(max_length=200)
    row_count = models.PositiveBigIntegerField()
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["earlier", "later"], name="copied_rows_found_once"),
            models.CheckConstraint(
                condition=~models.Q(earlier=models.F("later")), name="copied_rows_of_two_batches"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row_count} rows of {self.later_id} copy {self.earlier_id}"

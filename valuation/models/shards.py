"""A part of a round: the coalitions that one worker evaluates in one call."""

from django.db import models
from django.db.models import Q

from valuation.models.runs import ValuationRun


class ShardState(models.TextChoices):
    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"


class Shard(models.Model):
    """Coalitions as packed bits, and once done, their utilities: written together, whole."""

    run = models.ForeignKey(ValuationRun, on_delete=models.PROTECT, related_name="shards")
    round = models.PositiveIntegerField()
    index = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=ShardState.choices, default=ShardState.PENDING)
    from_memo = models.BooleanField(default=False, help_text="Its utilities came from the memo.")
    coalition_count = models.PositiveIntegerField()
    coalitions = models.BinaryField(help_text="Row-major bits, one padded row a coalition.")
    utilities = models.BinaryField(null=True, help_text="float64, little-endian.")
    untrainable = models.BinaryField(null=True, help_text="One byte a coalition: 0 or 1.")
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "round", "index"], name="shard_index_is_unique_in_round"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="done", utilities__isnull=False, untrainable__isnull=False)
                    | (~Q(state="done") & Q(utilities__isnull=True, untrainable__isnull=True))
                ),
                name="shard_done_iff_utilities",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(lease_until__isnull=False),
                name="shard_claimed_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "lease_until"],
                condition=~Q(state="done"),
                name="shard_open",
            )
        ]

    def __str__(self) -> str:
        return f"shard {self.round}.{self.index} ({self.state})"

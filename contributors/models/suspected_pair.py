"""A suspected pair: evidence that two contributors gave the same data."""

from django.conf import settings
from django.db import models

from contributors.identifiers import uuid7


class PairKind(models.TextChoices):
    EXACT = "exact"
    NEAR = "near"
    TEXT = "text"


class PairState(models.TextChoices):
    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class SuspectedPair(models.Model):
    """`score` is the share of rows that look copied; `evidence` says of which batches."""

    Kind = PairKind
    State = PairState

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.ForeignKey(
        "contributors.Programme", models.PROTECT, related_name="suspected_pairs"
    )
    contributor_low = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="+"
    )
    contributor_high = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=PairKind)
    score = models.FloatField()
    evidence = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=PairState, default=PairState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "contributor_low", "contributor_high", "kind"],
                name="suspected_pair_unique_per_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(contributor_low__lt=models.F("contributor_high")),
                name="suspected_pair_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at__isnull=True)
                | (~models.Q(state="open") & models.Q(decided_at__isnull=False)),
                name="suspected_pair_decided_iff_not_open",
            ),
        ]

    def __str__(self) -> str:
        return f"suspected pair {self.id}"

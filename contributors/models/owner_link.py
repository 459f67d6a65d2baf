"""An owner link says that two contributors belong to one beneficial owner."""

from django.conf import settings
from django.db import models

from contributors.identifiers import uuid7


class LinkState(models.TextChoices):
    DECLARED = "declared"
    VERIFIED = "verified"
    REJECTED = "rejected"


class OwnerLink(models.Model):
    """Declared by anyone, in force in every programme once a reviewer verified it.

    `contributor_low` has the smaller id, so a pair has one row.
    """

    State = LinkState

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contributor_low = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="+"
    )
    contributor_high = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=16, choices=LinkState, default=LinkState.DECLARED)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    declared_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contributor_low", "contributor_high"], name="owner_link_pair_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(contributor_low__lt=models.F("contributor_high")),
                name="owner_link_pair_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(state="declared", decided_by__isnull=True)
                | (~models.Q(state="declared") & models.Q(decided_at__isnull=False)),
                name="owner_link_decided_iff_not_declared",
            ),
        ]

    def __str__(self) -> str:
        return f"owner link {self.id}"

"""A consent says that a contributor agrees to a programme's licence, until revoked."""

from django.conf import settings
from django.db import models

from contributors.identifiers import uuid7


class Consent(models.Model):
    """Who agreed to which licence text, for what purpose, when; and when it was taken back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contributor = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="consents"
    )
    programme = models.ForeignKey("contributors.Programme", models.PROTECT, related_name="consents")
    licence = models.ForeignKey("contributors.Licence", models.PROTECT, related_name="+")
    licence_text_sha256 = models.CharField(max_length=64)
    purpose = models.CharField(max_length=500)
    revocable = models.BooleanField(default=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    given_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contributor", "programme"],
                condition=models.Q(revoked_at__isnull=True),
                name="consent_one_in_force_per_programme",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True)
                | models.Q(revoked_at__gte=models.F("given_at"), revocable=True),
                name="consent_revoked_only_if_revocable",
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.id}"

"""A tombstone recognises data that was erased, without holding it."""

from django.db import models


class Tombstone(models.Model):
    """SHA-256 of a salt of its own and the digest of an erased file or its rows."""

    programme = models.ForeignKey("contributors.Programme", models.PROTECT, related_name="+")
    salt = models.BinaryField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"tombstone {self.pk}"

"""A licence says what may be done with data; its text is fixed by a digest."""

from django.db import models

from contributors.identifiers import uuid7


class Licence(models.Model):
    """`identifier` is an SPDX identifier, or `LicenceRef-…` for one of our own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identifier = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identifier", "text_sha256"], name="licence_text_unique_per_identifier"
            )
        ]

    def __str__(self) -> str:
        return self.identifier

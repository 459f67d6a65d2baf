"""An upload collects the parts of a large file until it is a batch."""

from typing import TYPE_CHECKING

from django.db import models

from contributors.identifiers import uuid7

if TYPE_CHECKING:
    from contributors.models.user import User


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: "User") -> "UploadQuerySet":
        return self if user.reads_everything else self.filter(contributor__user=user)


class Upload(models.Model):
    """A file in parts, each sent on its own, in any order, again if need be."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contributor = models.ForeignKey("contributors.Contributor", models.PROTECT, related_name="+")
    programme = models.ForeignKey("contributors.Programme", models.PROTECT, related_name="+")
    file_label = models.CharField(max_length=120, blank=True)
    byte_count = models.PositiveBigIntegerField()
    part_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()
    batch = models.ForeignKey(
        "contributors.Batch", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return f"upload {self.id}"


class UploadPart(models.Model):
    """One part, numbered from 0; sent twice, the later bytes stand."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    byte_count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    data_name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="upload_part_number_unique")
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.upload_id}"

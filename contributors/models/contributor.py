"""A contributor gives data and is owed money."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from contributors.identifiers import uuid7

if TYPE_CHECKING:
    from contributors.models.user import User


class ContributorQuerySet(models.QuerySet["Contributor"]):
    def visible_to(self, user: "User") -> "ContributorQuerySet":
        return self if user.reads_everything else self.filter(user=user)


class Contributor(models.Model):
    """Who gives data. `code` is public and never reused; personal data is in the profile."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=32, unique=True)
    display_name = models.CharField(max_length=200)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="contributor"
    )
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = ContributorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$"),
                name="contributor_code_is_plain",
            )
        ]

    def __str__(self) -> str:
        return self.code


class ContributorProfile(models.Model):
    """Personal data of a contributor; erasure deletes this row and nothing else points to it."""

    contributor = models.OneToOneField(
        Contributor, models.CASCADE, primary_key=True, related_name="profile"
    )
    legal_name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    beneficial_owner = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"profile of {self.contributor_id}"

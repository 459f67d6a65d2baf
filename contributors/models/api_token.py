"""An API token lets a program act for a user, within scopes, until it expires."""

from django.db import models
from knox.models import AbstractAuthToken, AuthTokenManager

from contributors.identifiers import uuid7


class ApiToken(AbstractAuthToken):
    """Only the digest of the token is stored; `scopes` lists what it may do."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.CharField(max_length=128, unique=True)
    name = models.CharField(max_length=100, blank=True)
    scopes = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = AuthTokenManager()

    def __str__(self) -> str:
        return self.name or self.token_key

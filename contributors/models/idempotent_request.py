"""An idempotent request remembers the first answer given under a key."""

from django.conf import settings
from django.db import models


class RequestState(models.TextChoices):
    IN_FLIGHT = "in_flight"
    DONE = "done"


class IdempotentRequest(models.Model):
    """The same user, key and body get the stored answer; another body is a conflict."""

    State = RequestState

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    request_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=RequestState, default=RequestState.IN_FLIGHT)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.BinaryField(null=True, blank=True)
    response_headers = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotent_request_key_unique"),
            models.CheckConstraint(
                condition=models.Q(state="in_flight", status_code__isnull=True)
                | models.Q(state="done", status_code__isnull=False),
                name="idempotent_request_done_iff_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

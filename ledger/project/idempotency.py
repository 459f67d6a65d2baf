"""`Idempotency-Key`: a POST that is sent again gets its first answer, and does nothing twice.

A row marks the key as in flight; then the work and the answer are committed in
one transaction. So a server that dies in between has done nothing, and its row,
once old enough, may be taken over.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.settings import api_settings

from contributors.models import IdempotentRequest
from ledger.project.problems import CONTENT_TYPE, problem

KEY_LENGTH_MAX = 200
# Longer than any request may last (gunicorn ends them after 60 s), so its work was rolled back.
ABANDONED_AFTER = timedelta(minutes=5)
# Not the request's own fault: the same request may fare better later.
FORGOTTEN = (401, 403, 408, 429)
# What is shown once is not stored: the address, and the field that a replay leaves null.
SHOWN_ONCE = {"/api/v1/tokens/": "token"}
KEPT_HEADERS = ("Content-Type", "Location", "Content-Disposition")


class IdempotencyMiddleware:
    """Make POST under /api/v1/ repeatable for whoever sends an `Idempotency-Key`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "")
        if request.method != "POST" or not key or not request.path.startswith("/api/v1/"):
            return self.get_response(request)
        if len(key) > KEY_LENGTH_MAX or not key.isprintable():
            return refused(422, "idempotency_key_unfit")
        user = user_of(request)
        if user is None:
            return self.get_response(request)  # the view says what is wrong with the log-in
        return self.once(request, user=user, key=key, now=timezone.now())

    def once(self, request: HttpRequest, *, user: Any, key: str, now: datetime) -> HttpResponse:
        """Do the request if its key is new, else answer from the row."""
        digest = request_digest(request)
        row, is_ours = claim(user=user, key=key, request=request, digest=digest, now=now)
        if row.request_sha256 != digest or (row.method, row.path) != ("POST", request.path):
            return refused(409, "idempotency_key_reused")
        if is_ours:
            return self.perform(request, row)
        if row.state == IdempotentRequest.State.DONE:
            return replay(row)
        return refused(409, "request_in_flight")

    def perform(self, request: HttpRequest, row: IdempotentRequest) -> HttpResponse:
        """Commit the work and its answer together; a passing failure leaves no trace."""
        with transaction.atomic():
            response = self.get_response(request)
            passing = response.status_code >= 500 or response.status_code in FORGOTTEN
            if passing:
                transaction.set_rollback(True)
            else:
                remember(row, response)
        if passing:
            row.delete()
        return response


def user_of(request: HttpRequest) -> Any:
    """Return who sends this, as the API's own authentication sees it, or None."""
    classes: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    authenticators = [each() for each in classes]
    try:
        user = Request(request, authenticators=authenticators).user
    except APIException:
        return None
    return user if user.is_authenticated else None


def request_digest(request: HttpRequest) -> str:
    """Return the SHA-256 of what was sent: the body, or the fields and files of a form."""
    if request.content_type != "multipart/form-data":
        return hashlib.sha256(request.body).hexdigest()
    digest = hashlib.sha256()
    for name, values in sorted(request.POST.lists()):
        digest.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()


def claim(
    *, user: Any, key: str, request: HttpRequest, digest: str, now: datetime
) -> tuple[IdempotentRequest, bool]:
    """Return the row of this key, and whether the work is this request's to do."""
    try:
        with transaction.atomic():
            row = IdempotentRequest.objects.create(
                user=user,
                key=key,
                method="POST",
                path=request.path,
                request_sha256=digest,
                created_at=now,
            )
        return row, True
    except IntegrityError:
        abandoned = IdempotentRequest.objects.filter(
            user=user,
            key=key,
            request_sha256=digest,
            state=IdempotentRequest.State.IN_FLIGHT,
            created_at__lt=now - ABANDONED_AFTER,
        )
        taken_over = abandoned.update(created_at=now) == 1
        return IdempotentRequest.objects.get(user=user, key=key), taken_over


def remember(row: IdempotentRequest, response: HttpResponse) -> None:
    """Store an answer beside the work it stands for."""
    row.state = IdempotentRequest.State.DONE
    row.status_code = response.status_code
    row.response_body = without_secret(row.path, response)
    row.response_headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    row.save()


def without_secret(path: str, response: HttpResponse) -> bytes:
    """Return the body as it may be stored."""
    field = SHOWN_ONCE.get(path)
    if field is None or response.status_code >= 400:
        return response.content
    return json.dumps({**json.loads(response.content), field: None}).encode()


def replay(row: IdempotentRequest) -> HttpResponse:
    """Return the first answer, marked as a repetition."""
    headers = {**row.response_headers, "Idempotent-Replayed": "true"}
    body = bytes(row.response_body or b"")
    return HttpResponse(body, status=row.status_code, headers=headers)


REFUSALS = {
    "idempotency_key_unfit": (
        "The Idempotency-Key is too long or not printable.",
        "Send 1 to 200 printable characters, for example a UUID.",
    ),
    "idempotency_key_reused": (
        "This Idempotency-Key was used for another request.",
        "Send a new key with a new request.",
    ),
    "request_in_flight": (
        "The first request with this Idempotency-Key is still being worked on.",
        "Wait a moment and send it again.",
    ),
}


def refused(status: int, code: str) -> JsonResponse:
    """Return the problem document of a key that cannot be honoured."""
    detail, remedy = REFUSALS[code]
    body = problem(status=status, code=code, detail=detail, remedy=remedy)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)

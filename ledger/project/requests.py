"""Every request has an id, which its log lines carry and its answer repeats."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ledger.project.logs import log_context

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")  # nothing that could forge a log line


class RequestIdMiddleware:
    """Take `X-Request-Id` from a proxy or make one; log under it and send it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        with log_context(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response

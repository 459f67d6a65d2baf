"""Every request has an id and leaves one line: who asked for what, what came of it, how fast."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ledger.project.counters import requests_seconds
from ledger.project.logs import log_context

logger = logging.getLogger(__name__)

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")  # nothing that could forge a log line
UNLOGGED = ("/static/", "/healthz", "/readyz", "/metrics")  # asked every few seconds


class RequestIdMiddleware:
    """Take `X-Request-Id` from a proxy or make one; log under it and send it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        with log_context(request_id=request_id):
            started_at = time.monotonic()
            response = self.get_response(request)
            duration_s = time.monotonic() - started_at
            log_request(request, response, duration_s=duration_s)
        measure_request(request, response, duration_s=duration_s)
        response["X-Request-Id"] = request_id
        return response


def log_request(request: HttpRequest, response: HttpResponse, *, duration_s: float) -> None:
    """One line, without the query: it may hold what somebody searched for."""
    if request.path.startswith(UNLOGGED):
        return
    user = getattr(request, "user", None)
    logger.info(
        "%s %s %d",
        request.method,
        request.path,
        response.status_code,
        extra={"user_id": getattr(user, "pk", None), "ms": round(duration_s * 1000)},
    )


def measure_request(request: HttpRequest, response: HttpResponse, *, duration_s: float) -> None:
    """Add to the histogram under the view's name; an unknown address has none of its own."""
    match = request.resolver_match
    view = (match.view_name or match._func_path) if match else "none"
    requests_seconds.labels(request.method, view, response.status_code).observe(duration_s)

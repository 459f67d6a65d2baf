"""Refusals as answers: RFC 9457 problem details for programs, a page for people."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from contributors.errors import Conflict, NotFound, NotPermitted, Refusal
from ledger.project.counters import refusals_total

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# What Django and DRF refuse by themselves, under codes that programs may rely on.
CODES = {
    400: ("malformed_request", "Send well-formed JSON, or a form where a file is expected."),
    401: ("not_authenticated", "Send the header Authorization: Token <your token>."),
    403: ("permission_denied", "Ask somebody who has the role, or an administrator for it."),
    404: ("not_found", "Check the id; what is not yours does not exist for you."),
    405: ("method_not_allowed", "The schema at /api/schema/ lists what each address answers."),
    406: ("not_acceptable", "Accept application/json."),
    413: ("request_too_large", "Send less at once."),
    415: ("unsupported_media_type", "Send application/json, or multipart/form-data for a file."),
    422: ("invalid_input", "Correct the fields named in errors."),
    500: ("internal_error", "Name the X-Request-Id of this answer to whoever runs the server."),
    429: ("throttled", "Wait for as many seconds as the header Retry-After says."),
}


def status_of(refusal: Refusal) -> int:
    """Return 409 for a wrong state, 404 for what is not there, 403 for another role, else 422."""
    statuses = {Conflict: 409, NotFound: 404, NotPermitted: 403}
    return next((status for kind, status in statuses.items() if isinstance(refusal, kind)), 422)


def problem(
    *, status: int, code: str, detail: str, remedy: str, errors: Any = None
) -> dict[str, Any]:
    """Return the members of a problem document."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "remedy": remedy,
    }
    return {**body, "errors": errors} if errors else body


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """Return the problem document of one of our refusals; row errors travel in `errors`."""
    return problem(
        status=status_of(refusal),
        code=refusal.code,
        detail=refusal.sentence,
        remedy=refusal.remedy,
        errors=plain(refusal.context.get("errors")),
    )


def plain(value: Any) -> Any:
    """Return records as JSON can carry them: dataclasses by field, everything unknown as text."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if fields := getattr(value, "__dataclass_fields__", None):
        return {name: plain(getattr(value, name)) for name in fields}
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def pointers(detail: Any, at: str = "") -> list[dict[str, str]]:
    """Flatten DRF's nested messages into one record per field.

    >>> pointers({"pool": {"amount_minor": ["Required."]}})
    [{'pointer': '/pool/amount_minor', 'code': 'invalid', 'detail': 'Required.'}]
    """
    if isinstance(detail, dict):
        return [row for key, value in detail.items() for row in pointers(value, f"{at}/{key}")]
    if isinstance(detail, list):
        return [row for value in detail for row in pointers(value, at)]
    return [{"pointer": at, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}]


def translated(error: Exception) -> exceptions.APIException | None:
    """Return Django's own refusals as DRF's, or None for what is a programmer's mistake."""
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(error.messages)
    return error if isinstance(error, exceptions.APIException) else None


def problem_of_api_error(error: exceptions.APIException) -> dict[str, Any]:
    """Return the problem document of what DRF refused; unfit input is 422, as our own."""
    invalid = isinstance(error, exceptions.ValidationError)
    status = 422 if invalid else error.status_code
    code, remedy = CODES.get(status, ("refused", ""))
    errors = pointers(error.detail) if invalid else None
    detail = "The input was refused." if invalid else str(error.detail)
    return problem(status=status, code=code, detail=detail, remedy=remedy, errors=errors)


def log_refusal(body: dict[str, Any]) -> None:
    """Count the refusal and leave one line: the code, never the input."""
    refusals_total.labels(body["code"]).inc()
    logger.info("Refused.", extra={"action": "refused", "code": body["code"]})


def exception_handler(error: Exception, _context: dict[str, Any]) -> Response | None:
    """Answer a refusal in the API; None lets a programmer's mistake end in a 500."""
    headers: dict[str, str] = {}
    if isinstance(error, Refusal):
        body = problem_of(error)
    elif (api_error := translated(error)) is not None:
        body = problem_of_api_error(api_error)
        if challenge := getattr(api_error, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        if wait := getattr(api_error, "wait", None):
            headers["Retry-After"] = str(int(wait))
    else:
        return None
    set_rollback()
    log_refusal(body)
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


class RefusalMiddleware:
    """A refusal that a view let through becomes a page that says what to do.

    Under /api/ it is a problem document, and so is the answer of an address that nothing has.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 404 and under_api(request) and not is_problem(response):
            return general(404, "There is no such address.")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Render `refused.html`, or problem details outside DRF but under /api/."""
        if not isinstance(error, Refusal):
            return None
        body = problem_of(error)
        log_refusal(body)
        if under_api(request):
            return JsonResponse(body, status=body["status"], content_type=CONTENT_TYPE)
        return render(request, "refused.html", {"problem": body}, status=body["status"])


def under_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def is_problem(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "") == CONTENT_TYPE


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a mistake of ours, of which nothing is told but that it was logged."""
    if under_api(request):
        return general(500, "The server made a mistake; it was logged.")
    return defaults.server_error(request)


def general(status: int, detail: str) -> JsonResponse:
    """Return the document of a status that has one code."""
    code, remedy = CODES[status]
    body = problem(status=status, code=code, detail=detail, remedy=remedy)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)

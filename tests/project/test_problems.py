"""Every refusal is answered in one form, by API and by page."""

from dataclasses import dataclass

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.test import APIClient

from contributors.errors import Conflict, NotFound, Refusal
from ledger.project.problems import pointers, problem_of


class TooSmall(Refusal):
    """The amount is below one unit.

    Send at least 1.
    """


@dataclass(frozen=True)
class RowError:
    line_number: int
    message: str


class Amount(serializers.Serializer):
    amount_minor = serializers.IntegerField(min_value=1)


ERRORS = {
    "refusal": TooSmall(),
    "rows": TooSmall("Two rows are unfit.", errors=[RowError(2, "empty"), RowError(3, "long")]),
    "conflict": Conflict(),
    "absent": NotFound(),
    "http404": Http404(),
    "denied": PermissionDenied(),
    "throttled": Throttled(wait=7),
}


@api_view(["GET"])
@permission_classes([AllowAny])
def raises(request: HttpRequest, name: str) -> None:
    raise ERRORS[name]


@api_view(["GET"])
@permission_classes([AllowAny])
def breaks(request: HttpRequest) -> None:
    raise ZeroDivisionError


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def guarded(request: HttpRequest) -> None:
    raise AssertionError("nobody comes this far")


@api_view(["POST"])
@permission_classes([AllowAny])
def validates(request: HttpRequest) -> None:
    Amount(data=request.data).is_valid(raise_exception=True)


def plain_view(request: HttpRequest) -> HttpResponse:
    raise TooSmall


urlpatterns = [
    path("api/v1/raises/<name>/", raises),
    path("api/v1/breaks/", breaks),
    path("api/v1/guarded/", guarded),
    path("api/v1/validates/", validates),
    path("api/v1/plain/", plain_view),
]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def client() -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("refusal", 422, "too_small"),
        ("conflict", 409, "conflict"),
        ("absent", 404, "not_found"),
        ("http404", 404, "not_found"),
        ("denied", 403, "permission_denied"),
        ("throttled", 429, "throttled"),
    ],
)
def test_a_refusal_has_its_status_and_code(client, name, status, code):
    answer = client.get(f"/api/v1/raises/{name}/")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status
    assert answer.json()["remedy"]


def test_a_refusal_says_the_sentence_and_what_to_do(client):
    body = client.get("/api/v1/raises/refusal/").json()
    assert body["detail"] == "The amount is below one unit."
    assert body["remedy"] == "Send at least 1."


def test_row_errors_travel_with_their_line_numbers(client):
    body = client.get("/api/v1/raises/rows/").json()
    assert body["detail"] == "Two rows are unfit."
    assert body["errors"] == [
        {"line_number": 2, "message": "empty"},
        {"line_number": 3, "message": "long"},
    ]


def test_unfit_input_names_its_field(client):
    answer = client.post("/api/v1/validates/", {"amount_minor": 0}, format="json")
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"
    assert answer.json()["errors"][0]["pointer"] == "/amount_minor"


def test_malformed_json_is_a_bad_request(client):
    answer = client.post("/api/v1/validates/", "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_a_throttled_client_learns_how_long_to_wait(client):
    assert client.get("/api/v1/raises/throttled/")["Retry-After"] == "7"


def test_nobody_in_particular_is_told_to_authenticate(client):
    answer = client.get("/api/v1/guarded/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"]


def test_a_token_of_odd_bytes_is_refused_not_an_error(client):
    answer = client.get("/api/v1/guarded/", HTTP_AUTHORIZATION="Token \xff\xfe")
    assert answer.status_code == 401


def test_a_refusal_outside_the_framework_is_the_same_document(client):
    answer = client.get("/api/v1/plain/")
    assert (answer.status_code, answer.json()["code"]) == (422, "too_small")


@pytest.mark.urls("ledger.project.urls")
@pytest.mark.parametrize("debug", [False, True])
def test_an_address_that_nothing_has_is_the_same_document(client, settings, debug):
    settings.DEBUG = debug
    answer = client.get("/api/v1/nowhere/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer["Content-Type"] == "application/problem+json"
    assert client.get("/nowhere/")["Content-Type"].startswith("text/html")


def test_a_programmers_mistake_is_not_dressed_up_as_a_refusal(client):
    assert client.get("/api/v1/breaks/").status_code == 500


def test_pointers_lead_into_nested_input():
    detail = {"lines": [{"amount": ["Wrong."]}], "non_field_errors": ["Both."]}
    assert [row["pointer"] for row in pointers(detail)] == ["/lines/amount", "/non_field_errors"]


def test_what_json_cannot_carry_becomes_text():
    body = problem_of(TooSmall(errors=[{"at": 1.5, "what": ValueError("x")}]))
    assert body["errors"] == [{"at": "1.5", "what": "x"}]

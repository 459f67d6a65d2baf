"""The OpenAPI schema: valid, complete, and true of what the API answers to odd input."""

import hypothesis
import pytest
import requests
import schemathesis
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from knox.models import get_token_model


@pytest.fixture(scope="module")
def document() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid(document):
    validate_schema(document)


def test_making_the_schema_gives_no_warning(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_every_operation_names_its_refusals_and_every_post_takes_a_key(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            assert "404" in operation["responses"], (method, path)
            if method == "post":
                names = [each["name"] for each in operation["parameters"]]
                assert "Idempotency-Key" in names, path


def test_every_operation_has_a_line_of_its_own_and_filters_are_of_lists_alone(document):
    operations = [
        (path, each)
        for path, methods in document["paths"].items()
        for method, each in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    assert all(each["summary"] for _, each in operations)
    for path, each in operations:
        names = {parameter["name"] for parameter in each.get("parameters", ())}
        assert "cursor" not in names or "{" not in path, path
    below = document["paths"]["/api/v1/accounts/{code}/balance/"]["get"]["parameters"]
    assert {parameter["name"] for parameter in below} == {"code", "currency"}


def test_the_documentation_calls_no_other_host(client):
    page = client.get("/api/docs/").content.decode()
    assert "https://" not in page.replace("https://github.com", "")
    assert "<script>" not in page


@pytest.mark.django_db
def test_odd_input_is_refused_in_the_agreed_form_and_breaks_nothing(document, reviewer):
    """Every operation is called with input made from its schema; none may answer 5xx."""
    _, token = get_token_model().objects.create(user=reviewer, scopes=["read", "write"])
    client = Client(raise_request_exception=False)
    wrong: list[str] = []
    tried = 0

    def send(case: schemathesis.Case) -> None:
        nonlocal tried
        tried += 1
        sent = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
        kind = sent.headers.get("Content-Type", "application/octet-stream")
        answer = client.generic(
            sent.method,
            sent.url,
            sent.body or b"",
            content_type=kind,
            headers={"Authorization": f"Token {token}"},
        )
        agreed = answer.get("Content-Type", "").startswith("application/problem+json")
        if answer.status_code >= 500 or (answer.status_code >= 400 and not agreed):
            wrong.append(f"{sent.method} {sent.url}: {answer.status_code}")

    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        strategy = result.ok().as_strategy()
        hypothesis.settings(
            max_examples=3,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )(hypothesis.given(case=strategy)(send))()
    assert not wrong, "\n".join(wrong)
    assert tried > 100

"""The OpenAPI schema: valid, complete, and true of what the API answers to odd input."""

import hypothesis
import pytest
import schemathesis
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from ledger.project.wsgi import application

# Reading only: what writes has tests of its own, and random bodies hit the form check first.
METHODS = ("GET", "POST")


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


def test_the_documentation_calls_no_other_host(client):
    page = client.get("/api/docs/").content.decode()
    assert "https://" not in page.replace("https://github.com", "")
    assert "<script>" not in page


@pytest.mark.django_db
def test_odd_input_is_refused_in_the_agreed_form_and_breaks_nothing(document, reviewer, settings):
    """Every operation is called with input made from its schema; none may answer 5xx."""
    from knox.models import get_token_model

    _, token = get_token_model().objects.create(user=reviewer, scopes=["read", "write"])
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    broken: list[str] = []
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.method.upper() not in METHODS:
            continue

        @hypothesis.settings(
            max_examples=3,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def call(case):
            nonlocal tried
            tried += 1
            answer = case.call(app=application, headers={"Authorization": f"Token {token}"})
            if answer.status_code >= 500:
                broken.append(f"{case.method} {case.path}: {answer.status_code}")
            elif answer.status_code >= 400:
                assert answer.headers["content-type"][0].startswith("application/problem+json")

        call()
    assert broken == []
    assert tried > 100

"""The whole way over HTTP, with tokens: from a programme's draft to a downloaded statement."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.browser.rain import rain_csv, spoilt

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


class Program:
    """A program that acts for one person with a token of theirs."""

    def __init__(self, user: Any) -> None:
        self.client, self.count = APIClient(), 0
        basic = base64.b64encode(f"{user.email}:{PASSWORD}".encode()).decode()
        made = self.client.post(
            "/api/v1/tokens/",
            {"name": "journey"},
            format="json",
            HTTP_AUTHORIZATION=f"Basic {basic}",
        )
        assert made.status_code == 201, made.content
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {made.json()['token']}")

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/v1/{path}")
        assert answer.status_code == status, answer.content
        return answer

    def post(self, path: str, body: dict[str, Any] | None = None, status: int = 201) -> Any:
        """Send with a key of its own; files go as a form, everything else as JSON."""
        self.count += 1
        body = body or {}
        has_file = any(isinstance(value, SimpleUploadedFile) for value in body.values())
        answer = self.client.post(
            f"/api/v1/{path}",
            body,
            format="multipart" if has_file else "json",
            HTTP_IDEMPOTENCY_KEY=f"{id(self)}-{self.count}",
        )
        assert answer.status_code == status, answer.content
        return answer.json()


def csv_file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("rain.csv", content, content_type="text/csv")


def test_a_file_becomes_a_paid_statement_over_the_api(
    make_user: Callable[..., Any],
    reviewer: Any,
    approver: Any,
    run_queue: Callable[[], int],
) -> None:
    ann, dan = make_user("ann"), make_user("dan")
    bob, cleo, own, other = Program(reviewer), Program(approver), Program(ann), Program(dan)
    programme = open_programme(bob)
    batch = give(own, programme, spoilt(rain_csv(seed=2, row_count=60)))
    assert (batch["accepted_count"], batch["invalid_count"]) == (58, 2)
    assert {issue["line"] for issue in batch["issues"]} == {2, 3}
    give(other, programme, rain_csv(seed=3, row_count=50))
    run_queue()
    royalty_run = share(bob, programme, run_queue)
    refused = bob.post(f"royalty-runs/{royalty_run}/approval/", {"note": "mine"}, status=403)
    assert refused["code"] == "not_permitted"
    cleo.post(f"royalty-runs/{royalty_run}/approval/", status=200)
    run_queue()
    numbers = [row["number"] for row in own.get("statements/").json()["results"]]
    assert len(numbers) == 1, "a contributor sees their own statement alone"
    the_files_of_a_statement(own, numbers[0])
    other.get(f"statements/{numbers[0]}/", status=404)
    the_report_adds_up_to_the_pool(bob)


def open_programme(bob: Program) -> str:
    licence = bob.post(
        "licences/", {"identifier": "CC0-1.0", "title": "CC0", "text": "Free for all."}
    )
    programme = bob.post(
        "programmes/",
        {
            "slug": "rain",
            "title": "Will it rain?",
            "licence": licence["id"],
            "currency": "EUR",
            "feature_columns": ["humidity", "pressure"],
            "identity_columns": ["id"],
            "target_column": "rain",
            "target_labels": ["no", "yes"],
            "model": "logistic-regression",
            "utility": "log-loss",
            "transform": {"kind": "standardise"},
        },
    )
    held = {"purpose": "validation", "file": csv_file(rain_csv(seed=1, row_count=80))}
    bob.post(f"programmes/{programme['id']}/validation-sets/", held)
    opened = bob.post(f"programmes/{programme['id']}/opening/", status=200)
    assert opened["status"] == "open" and opened["spec_digest"]
    return str(programme["id"])


def give(program: Program, programme: str, content: bytes) -> Any:
    found = program.get(f"programmes/{programme}/").json()
    consent = {"programme": programme, "licence_text_sha256": found["licence_text_sha256"]}
    program.post("consents/", consent)
    body = {"programme": programme, "invalid_rows": "leave_out", "file": csv_file(content)}
    receipt = program.post("batches/", body)
    return program.get(f"batches/{receipt['id']}/").json()


def share(bob: Program, programme: str, run_queue: Callable[[], int]) -> str:
    """The royalty run, submitted."""
    period = bob.post(
        "periods/", {"code": "2026-Q4", "starts_on": "2026-10-01", "ends_on": "2026-12-31"}
    )
    frozen = bob.post(f"periods/{period['id']}/freezing/", status=200)
    run = bob.post(
        "valuation-runs/", {"programme": programme, "cutoff_at": frozen["frozen_at"], "budget": 16}
    )
    run_queue()
    values = bob.get(f"valuation-runs/{run['id']}/player-values/").json()
    assert len(values) == 2
    bob.post(f"valuation-runs/{run['id']}/lock/", status=200)
    policy = bob.post("policies/", {"name": "standard", "valid_from": "2026-01-01", "fee_bp": 1000})
    pool = bob.post(
        "pools/",
        {
            "code": "rain-2026-Q4",
            "period": period["id"],
            "programme": programme,
            "amount": {"amount_minor": 1_000_001, "currency": "EUR"},
            "policy": policy["id"],
        },
    )
    royalty_run = bob.post("royalty-runs/", {"pool": pool["id"], "valuation_run": run["id"]})
    assert royalty_run["state"] == "calculated"
    bob.post(f"royalty-runs/{royalty_run['id']}/submission/", status=200)
    return str(royalty_run["id"])


def the_files_of_a_statement(own: Program, number: str) -> None:
    for form, start in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("json", b"{"), ("csv", b"")):
        content = own.get(f"statements/{number}.{form}").content
        assert content.startswith(start) and len(content) > 100, f"{form} is no {form}"
    record = json.loads(own.get(f"statements/{number}.json").content)
    detail = own.get(f"statements/{number}/").json()
    assert record["number"] == number
    assert detail["amounts"]["net"]["amount_minor"] == record["summary"]["net_minor"]


def the_report_adds_up_to_the_pool(bob: Program) -> None:
    statements = bob.get("statements/").json()["results"]
    gross = sum(row["amounts"]["gross"]["amount_minor"] for row in statements)
    assert gross + 100_000 == 1_000_001, "fee + gross is the pool"
    for form in ("csv", "json"):
        answer = bob.get(f"royalty-reports/?period=2026-Q4&export={form}")
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert all(row["number"].encode() in content for row in statements), form

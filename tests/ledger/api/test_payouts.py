"""Payouts, disputes, reserves and tax over HTTP."""

from datetime import date

import pytest

from contributors.identifiers import uuid7
from ledger.core.policy import Policy
from ledger.models import Statement
from ledger.services.pools import pool_create

pytestmark = pytest.mark.django_db
IBAN = "NL30MOCK0000000005"


def post(client, path, body=None, **options):
    headers = {"Idempotency-Key": str(uuid7())}
    return client.post(f"/api/v1/{path}", body or {}, headers=headers, **options)


@pytest.fixture
def ann(make_user, make_contributor):
    contributor = make_contributor("ann")
    contributor.user = make_user("ann")
    contributor.save()
    return contributor


@pytest.fixture
def run(make_run, ann):
    policy = Policy(fee_bp=0, holdback_bp=1_000, holdback_periods=1)
    return make_run({"ann": "0.2", "bob": "0.1"}, 30_000, policy, currency="EUR")


def test_a_payable_becomes_a_bank_file_over_the_api(api, run, ann, reviewer, approver):
    contributor, bob, cleo = api(ann.user), api(reviewer), api(approver)
    details = contributor.put(
        "/api/v1/bank-details/", {"holder": "Ann", "iban": IBAN}, headers={"Idempotency-Key": "1"}
    )
    assert details.json()["account"] == "NL••••0005"
    assert IBAN not in contributor.get("/api/v1/bank-details/").content.decode()
    request = {"code": "2014-01", "currency": "EUR", "pay_on": "2014-01-21"}
    batch = post(bob, "payout-batches/", request)
    assert batch.status_code == 201, batch.content
    path = f"payout-batches/{batch.json()['id']}"
    assert batch.json()["net"] == {"amount_minor": 18_000, "currency": "EUR"}
    rows = bob.get(f"/api/v1/{path}/payouts/").json()
    assert [(row["contributor"], row["state"], row["hold_code"]) for row in rows] == [
        ("ann", "eligible", ""),
        ("bob", "held", "needs_details"),
    ]
    assert post(bob, f"{path}/submission/").json()["state"] == "submitted"
    assert post(bob, f"{path}/approval/").status_code in (403, 422)
    assert post(cleo, f"{path}/approval/").json()["state"] == "approved"
    file = post(bob, f"{path}/export/")
    assert file.headers["Content-Type"] == "application/xml" and IBAN.encode() in file.content
    assert post(bob, f"{path}/sending/").json()["state"] == "sent"
    own = contributor.get("/api/v1/payouts/").json()["results"]
    assert [(row["contributor"], row["state"], row["account"]) for row in own] == [
        ("ann", "sent", "NL••••0005")
    ]
    assert contributor.get(f"/api/v1/{path}/").status_code == 404


def test_what_is_no_bank_message_is_refused_with_a_code(api, reviewer):
    answer = api(reviewer).post(
        "/api/v1/bank-messages/",
        data=b"<a/>",
        content_type="application/xml",
        headers={"Idempotency-Key": str(uuid7())},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "bank_message_unreadable")


def test_a_dispute_runs_from_opening_to_decision_over_the_api(api, run, ann, reviewer, now):
    # The statement was issued in January 2014, so its window is over today.
    request = {"kind": "value", "amount_minor": 500, "text": "Counted twice."}
    late = post(api(ann.user), "disputes/", {"statement": "2013-Q4-EUR-00001", **request})
    assert (late.status_code, late.json()["code"]) == (409, "dispute_window_closed")
    other = post(api(ann.user), "disputes/", {"statement": "2013-Q4-EUR-00002", **request})
    assert other.status_code == 404
    assert Statement.objects.filter(state="disputed").count() == 0


def test_a_dispute_within_the_window(api, make_run, ann, reviewer, make_user):
    from django.utils import timezone

    run = make_run({"ann": "0.2"}, 30_000, Policy(fee_bp=0), currency="EUR", at=timezone.now())
    contributor, bob = api(ann.user), api(reviewer)
    opened = post(
        contributor,
        "disputes/",
        {"statement": "2013-Q4-EUR-00001", "kind": "value", "amount_minor": 500, "text": "No."},
    )
    assert opened.status_code == 201, opened.content
    assert opened.json()["held"] == {"amount_minor": 500, "currency": "EUR"}
    path = f"disputes/{opened.json()['id']}"
    assert post(bob, f"{path}/messages/", {"text": "Which rows?"}).status_code == 201
    thread = contributor.get(f"/api/v1/{path}/messages/").json()
    assert [(each["text"], each["by_contributor"]) for each in thread] == [
        ("No.", True),
        ("Which rows?", False),
    ]
    assert api(make_user("dan")).get(f"/api/v1/{path}/").status_code == 404
    pool_create(
        code="reserve", period_id=run.pool.period_id, programme_id=None, currency="EUR",
        amount_minor=1_000, funder="platform", policy_id=run.policy_id, actor=reviewer,
        now=timezone.now(), kind="adjustment_reserve",
    )  # fmt: skip
    decision = {
        "outcome": "upheld", "decision": "Yes.", "adjustment_minor": 500, "reserve": "reserve",
    }  # fmt: skip
    assert post(contributor, f"{path}/decision/", decision).status_code in (403, 422)
    decided = post(bob, f"{path}/decision/", decision).json()
    assert (decided["state"], decided["adjustment_minor"]) == ("decided", 500)


def test_reserves_advances_and_tax_profiles_over_the_api(api, run, ann, reviewer, make_user):
    contributor, bob = api(ann.user), api(reviewer)
    held = contributor.get("/api/v1/holdbacks/").json()
    assert [row["held"] for row in held] == [{"amount_minor": 2_000, "currency": "EUR"}]
    assert len(bob.get("/api/v1/holdbacks/").json()) == 2
    decided = post(bob, f"holdbacks/{held[0]['id']}/decision/", {"forfeit": False})
    assert decided.json()["held"]["amount_minor"] == 0
    advance = post(
        bob,
        "advances/",
        {
            "contributor": str(ann.id),
            "amount": {"amount_minor": 100, "currency": "EUR"},
            "agreement": "Contract 7.",
        },
    )
    assert advance.json()["amount"] == {"amount_minor": 100, "currency": "EUR"}
    profile = post(
        bob,
        "tax-profiles/",
        {
            "contributor": str(ann.id), "form": "W-8BEN", "country": "DE", "rate_bp": 1500,
            "evidence_sha256": "0" * 64, "valid_from": str(date(2013, 1, 1)),
            "valid_to": str(date(2015, 1, 1)),
        },
    )  # fmt: skip
    assert profile.status_code == 201, profile.content
    rule = post(
        bob, "tax-rules/", {"forms": ["W-9"], "authority": "irs", "valid_from": "2013-01-01"}
    )
    assert rule.status_code == 201
    stranger = api(make_user("dan"))
    for path in ("advances", "tax-profiles", "payouts", "disputes"):
        assert stranger.get(f"/api/v1/{path}/").json()["results"] == []
    assert stranger.get("/api/v1/holdbacks/").json() == []
    assert post(contributor, "tax-rules/", {}).status_code == 403


@pytest.mark.parametrize(
    "path", ["royalty-runs", "payout-batches", "disputes", "pools", "journal-entries", "payouts"]
)
def test_an_id_that_is_none_is_not_found(api, reviewer, path):
    assert api(reviewer).get(f"/api/v1/{path}/none/").status_code == 404


@pytest.mark.parametrize("amount_minor", [10**15 + 1, 2**63, -(2**63) - 1])
def test_an_amount_that_no_posting_takes_is_refused_and_no_fault(
    api, run, ann, reviewer, amount_minor
):
    number = Statement.objects.get(contributor=ann).number
    disputed = {"statement": number, "kind": "value", "amount_minor": amount_minor, "text": "x"}
    money = {"amount_minor": amount_minor, "currency": "EUR"}
    advance = {"contributor": str(ann.id), "amount": money, "agreement": "7"}
    for client, path, body in (
        (api(ann.user), "disputes/", disputed),
        (api(reviewer), "advances/", advance),
    ):
        answer = post(client, path, body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_json_that_is_nested_too_deep_is_malformed_and_no_fault(api, reviewer):
    body = '{"code":' + "[" * 50_000 + "]" * 50_000 + "}"
    answer = api(reviewer).post(
        "/api/v1/payout-batches/",
        data=body,
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid7())},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")

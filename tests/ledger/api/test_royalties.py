"""Pools, royalty runs, statements and reports over HTTP."""

import csv
import io
import json

import openpyxl
import pytest

from contributors.identifiers import uuid7
from ledger.core.policy import Policy
from ledger.models import Statement

pytestmark = pytest.mark.django_db
VALUES = {"ann": "0.2", "bob": ("0.1", "0.01"), "cleo": "-0.05"}
HELD = Policy(fee_bp=1000, holdback_bp=2000, holdback_periods=2)


def post(client, path, body=None, key=None):
    headers = {"Idempotency-Key": key or str(uuid7())}
    return client.post(f"/api/v1/{path}", body or {}, headers=headers)


@pytest.fixture
def ann_user(make_user, make_contributor):
    user = make_user("ann")
    contributor = make_contributor("ann")
    contributor.user = user
    contributor.save()
    return user


def test_a_period_becomes_statements_over_the_api(api, reviewer, approver, programme, make_values):
    bob, cleo = api(reviewer), api(approver)
    period = post(
        bob,
        "periods/",
        {"code": "2013-Q4", "starts_on": "2013-10-01", "ends_on": "2013-12-31"},
    ).json()
    policy = post(
        bob,
        "policies/",
        {"name": "standard", "valid_from": "2013-01-01", "fee_bp": 1000, "holdback_bp": 2000,
         "holdback_periods": 2},
    ).json()  # fmt: skip
    pool = post(
        bob,
        "pools/",
        {
            "code": "2013-Q4-flights",
            "period": period["id"],
            "programme": str(programme.id),
            "amount": {"amount_minor": 10_000_000, "currency": "USD"},
            "funder": "platform",
            "policy": policy["id"],
        },
    ).json()
    assert pool["amount"] == {"amount_minor": 10_000_000, "currency": "USD"}
    assert post(bob, f"periods/{period['id']}/freezing/").json()["status"] == "frozen"
    request = {"pool": pool["id"], "valuation_run": str(make_values(VALUES).id)}
    run = post(bob, "royalty-runs/", request)
    assert run.status_code == 201, run.content
    path = f"royalty-runs/{run.json()['id']}"
    assert run.json()["fee"] == {"amount_minor": 1_000_000, "currency": "USD"}
    assert [line["code"] for line in bob.get(f"/api/v1/{path}/lines/").json()] == [
        "ann",
        "bob",
        "cleo",
    ]
    preview = bob.get(f"/api/v1/{path}/preview/").json()
    assert preview[0]["amounts"]["net"] == {"amount_minor": 4_800_000, "currency": "USD"}
    assert post(bob, f"{path}/submission/").json()["state"] == "in_review"
    refused = post(bob, f"{path}/approval/")
    assert refused.status_code in (403, 422), refused.content
    approved = post(cleo, f"{path}/approval/")
    assert (approved.status_code, approved.json()["state"]) == (200, "posted")
    statements = bob.get("/api/v1/statements/").json()["results"]
    assert [each["number"] for each in statements] == [
        f"2013-Q4-USD-0000{number}" for number in (1, 2, 3)
    ]
    entries = bob.get("/api/v1/journal-entries/").json()["results"]
    assert [entry["event"] for entry in entries] == [
        "pool_promised",
        "fee_taken",
        "period_allocated",
        "holdback_set_aside",
    ]


def test_a_ledger_of_some_days_says_how_many_rows_follow(api, make_run, make_contributor, reviewer):
    make_run(VALUES, 100_000, HELD)
    code, bob = f"2100:payable:{make_contributor('ann').id}", api(reviewer)
    counts = {}
    for days in ("", "&starts_on=2014-01-01", "&ends_on=2013-12-31"):
        path = f"/api/v1/accounts/{code}/lines/?currency=USD&export=csv{days}"
        answer = bob.get(path)
        rows = b"".join(answer.streaming_content).decode().splitlines()[1:]
        counts[days] = len(rows)
        assert int(answer["X-Row-Count"]) == len(rows)
    assert counts == {"": 2, "&starts_on=2014-01-01": 0, "&ends_on=2013-12-31": 2}


def test_entries_are_found_by_account_party_and_currency(api, make_run, make_contributor, reviewer):
    make_run(VALUES, 100_000, HELD)
    bob, ann = api(reviewer), make_contributor("ann")

    def events(query):
        found = bob.get(f"/api/v1/journal-entries/?{query}").json()["results"]
        return [entry["event"] for entry in found]

    assert events(f"party={ann.id}") == ["period_allocated", "holdback_set_aside"]
    assert events("account=4000:platform-fee") == ["fee_taken"]
    assert len(events("currency=USD")) == 4 and events("currency=EUR") == []


def test_the_same_person_cannot_approve_over_the_api(api, make_run, reviewer):
    run = make_run(VALUES, up_to="submit")
    reviewer.role = "approver"
    reviewer.save()
    answer = post(api(reviewer), f"royalty-runs/{run.id}/approval/")
    assert (answer.status_code, answer.json()["code"]) == (409, "own_work")


@pytest.mark.parametrize("form", ["pdf", "csv", "xlsx", "json"])
def test_a_contributor_downloads_its_own_statement_and_nobody_elses(api, make_run, ann_user, form):
    make_run(VALUES)
    client = api(ann_user)
    own = client.get(f"/api/v1/statements/2013-Q4-USD-00001.{form}", headers={"Accept": "text/csv"})
    assert own.status_code == 200
    again = client.get(f"/api/v1/statements/2013-Q4-USD-00001.{form}")
    assert again.content == own.content
    assert Statement.objects.get(sequence=1).files.get().sha256 == own.headers["ETag"].strip('"')
    assert client.get(f"/api/v1/statements/2013-Q4-USD-00002.{form}").status_code == 404


def test_a_contributor_lists_its_own_statements_alone(api, make_run, ann_user):
    make_run(VALUES)
    client = api(ann_user)
    listed = client.get("/api/v1/statements/").json()["results"]
    assert [each["contributor"] for each in listed] == ["ann"]
    detail = client.get("/api/v1/statements/2013-Q4-USD-00001/").json()
    assert detail["amounts"]["net"]["currency"] == "USD"
    assert [line["kind"] for line in detail["lines"]] == ["gross", "net"]
    assert client.get("/api/v1/statements/2013-Q4-USD-00002/").status_code == 404
    assert client.get("/api/v1/royalty-runs/").json()["results"] == []
    assert client.get("/api/v1/journal-entries/").json()["results"] == []
    accounts = client.get("/api/v1/accounts/").json()["results"]
    assert {each["code"].split(":")[1] for each in accounts} == {"payable"}


def test_the_royalty_report_is_the_statements_in_every_form(api, make_run, reviewer):
    make_run(VALUES, 100_000, HELD)
    client, path = api(reviewer), "/api/v1/royalty-reports/?period=2013-Q4&currency=USD"
    report = client.get(path).json()
    assert report["row_count"] == 3
    assert report["totals"]["USD"]["gross"] == {"amount_minor": 90_000, "currency": "USD"}
    text = client.get(f"{path}&export=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(text).decode())))
    assert text.headers["X-Row-Count"] == "3"
    assert [(row["code"], row["gross"], row["net"]) for row in rows] == [
        ("ann", "600.00", "480.00"),
        ("bob", "300.00", "240.00"),
        ("cleo", "0.00", "0.00"),
    ]
    assert {(row["earned_on"], row["issued_at"][:10]) for row in rows} == {
        ("2013-12-31", "2014-01-15")
    }
    plain = json.loads(b"".join(client.get(f"{path}&export=json")))
    assert plain[0]["net"] == {"amount_minor": 48_000, "currency": "USD"}
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{path}&export=xlsx").content))
    assert book.active.max_row == 4


def test_the_itemised_report_sums_to_the_summary(api, make_run, reviewer):
    make_run(VALUES, 100_000, HELD)
    path = "/api/v1/royalty-reports/?period=2013-Q4&detail=lines&export=csv"
    answer = api(reviewer).get(path)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert int(answer.headers["X-Row-Count"]) == len(rows)
    gross = sum(int(row["amount_minor"]) for row in rows if row["kind"] == "gross")
    assert gross == 90_000


def test_an_unknown_export_is_refused(api, make_run, reviewer):
    make_run(VALUES)
    answer = api(reviewer).get("/api/v1/statements/?export=doc")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/export", "code": "invalid", "detail": "Ask for one of csv, json, xlsx."}
    ]


@pytest.mark.parametrize(
    ("address", "pointer"),
    [
        ("accounts/4000:platform-fee/lines/?export=csv", "/currency"),
        ("accounts/4000:platform-fee/lines/?currency=USD", "/export"),
        ("accounts/4000:platform-fee/balance/", "/currency"),
        ("statements/?nosuch=1", "/nosuch"),
        ("periods/?export=csv", "/export"),
        ("pools/?page_size=0", "/page_size"),
        ("pools/?page_size=9999", "/page_size"),
    ],
)
def test_what_an_address_needs_or_does_not_know_is_named(api, make_run, reviewer, address, pointer):
    make_run(VALUES)
    answer = api(reviewer).get(f"/api/v1/{address}")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_an_account_shows_its_balance_and_its_ledger(api, make_run, reviewer):
    make_run(VALUES)
    client = api(reviewer)
    balance = client.get("/api/v1/accounts/4000:platform-fee/balance/?currency=USD").json()
    assert balance["balance"] == {"amount_minor": -10_000, "currency": "USD"}
    lines = client.get("/api/v1/accounts/4000:platform-fee/lines/?currency=USD&export=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(lines).decode())))
    assert [(row["amount"], row["balance"]) for row in rows] == [("-100.00", "-100.00")]

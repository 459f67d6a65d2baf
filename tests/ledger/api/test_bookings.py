"""Bookings by hand over the API: fees, exchanges, remitted tax, losses, unclaimed money."""

import pytest

from contributors.identifiers import uuid7
from ledger.core.policy import Policy
from ledger.models import JournalEntry, Period
from ledger.selectors.journal import held_minor
from ledger.services.statement_checks import CHECKS
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db
EUR = {"amount_minor": 250, "currency": "EUR"}


def post(client, path, body=None):
    return client.post(
        f"/api/v1/bookings/{path}/", body or {}, headers={"Idempotency-Key": str(uuid7())}
    )


@pytest.fixture
def bob(api, reviewer, make_period):
    make_period(2013, 4)
    return api(reviewer)


def balances(*codes, currency="EUR"):
    return [held_minor(code=code, currency=currency) for code in codes]


def test_a_bank_fee_is_booked_once_under_its_reference_and_taken_back_once(bob):
    body = {"bank": "main", "amount": EUR, "reference": "2014-01-31/7"}
    first, again = post(bob, "bank-fees", body), post(bob, "bank-fees", body)
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert first.json()["event"] == "bank_fee"
    assert balances("5000:bank-charges", "1000:bank:main") == [250, -250]
    back = [post(bob, f"{first.json()['id']}/reversal").json()["id"] for _ in range(2)]
    assert back[0] == back[1]
    assert balances("5000:bank-charges", "1000:bank:main") == [0, 0]


def test_the_same_reference_with_another_amount_is_refused(bob):
    body = {"bank": "main", "amount": EUR, "reference": "7"}
    assert post(bob, "bank-fees", body).status_code == 201
    other = post(bob, "bank-fees", {**body, "amount": {**EUR, "amount_minor": 251}})
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


def test_an_exchange_balances_in_each_currency(bob):
    body = {"sold": EUR, "bought": {"amount_minor": 400, "currency": "JPY"}, "reference": "8"}
    assert post(bob, "exchanges", body).status_code == 201
    assert balances("1000:bank:main", "3900:fx:EUR-JPY") == [-250, -250]
    assert balances("1000:bank:main", "3900:fx:EUR-JPY", currency="JPY") == [400, 400]
    same = post(bob, "exchanges", {**body, "bought": EUR, "reference": "9"})
    assert same.status_code == 422


def test_no_more_tax_is_remitted_than_was_withheld(bob):
    body = {"authority": "irs", "amount": EUR, "reference": "q4"}
    refused = post(bob, "tax-remittances", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "overdraft")
    assert not JournalEntry.objects.exists()


def test_no_more_is_written_off_than_is_to_be_paid_back(bob, make_contributor):
    ann = make_contributor("ann")
    body = {"contributor": str(ann.id), "amount": EUR, "reference": "letter of 3 May"}
    refused = post(bob, "write-offs", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "overdraft")


def test_what_nobody_claims_waits_without_a_name_until_somebody_does(
    api, reviewer, make_run, make_contributor
):
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0, unclaimed_days=1_095), currency="EUR")
    ann, bob = make_contributor("ann"), api(reviewer)
    body = {"contributor": str(ann.id), "currency": "EUR", "reference": "no answer since 2010"}
    kept = post(bob, "unclaimed", body)
    assert kept.status_code == 201
    payable = f"2100:payable:{ann.id}"
    assert balances("2400:unclaimed", payable) == [1_000, 0]
    assert post(bob, f"{kept.json()['id']}/reversal").status_code == 201
    assert balances("2400:unclaimed", payable) == [0, 1_000]
    assert [finding for check in CHECKS for finding in check()] == []


def test_what_a_run_posted_is_not_taken_back_by_hand(api, reviewer, make_run):
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0), currency="EUR")
    bob, entry = api(reviewer), JournalEntry.objects.get(event="period_allocated")
    refused = post(bob, f"{entry.id}/reversal")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_booked_by_hand")
    assert post(bob, f"{uuid7()}/reversal").status_code == 404


@pytest.mark.parametrize("role", ["contributor", "approver", "auditor", "administrator"])
def test_only_a_reviewer_books_by_hand(api, make_user, make_period, role):
    make_period(2013, 4)
    body = {"bank": "main", "amount": EUR, "reference": "7"}
    assert post(api(make_user("eve", role=role)), "bank-fees", body).status_code == 403
    assert not JournalEntry.objects.exists()


def test_nothing_is_booked_while_every_period_is_closed(bob):
    from ledger.services.periods import period_close

    period_close(period_id=Period.objects.get().id, actor=None, now=NOW)
    refused = post(bob, "bank-fees", {"bank": "main", "amount": EUR, "reference": "7"})
    assert refused.status_code == 404
    assert "Every period is closed" in refused.json()["detail"]

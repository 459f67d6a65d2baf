"""Payees' pages: certificates, yearly totals, advances; a contributor sees itself alone."""

import re
from datetime import date
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ledger.core.policy import Policy
from ledger.models import Advance, Holdback, TaxProfile
from ledger.services.tax import tax_rule_add
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db
CERTIFICATE = b"I am a resident of the Netherlands."
PROFILE = {
    "form": "W-8BEN", "country": "NL", "rate_bp": "1500", "valid_from": "2013-01-01",
    "valid_to": "2099-12-31", "treaty_article": "12", "income_code": "12", "exemption_code": "",
}  # fmt: skip
ADVANCE = {"amount": "1,000.50", "currency": "USD", "agreement": "Contract 7, page 3."}


def client_of(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def ann(make_contributor, make_user):
    return make_contributor("ann", user=make_user("ann"))


@pytest.fixture
def bob(reviewer):
    return client_of(reviewer)


def certificate():
    return SimpleUploadedFile("w8ben.pdf", CERTIFICATE)


def test_a_certificate_is_recorded_and_only_its_hash_is_kept(ann, bob, make_run):
    make_run({"ann": "1"}, 1_000)
    empty = bob.get("/payees/ann/").content.decode()
    assert "No tax profile yet" in empty and "Record the certificate" in empty
    answer = bob.post("/payees/ann/tax-profile/", {**PROFILE, "certificate": certificate()})
    assert answer.status_code == 302, answer.content
    profile = TaxProfile.objects.get()
    assert (profile.contributor, profile.rate_bp, profile.valid_to) == (
        ann,
        1_500,
        date(2099, 12, 31),
    )
    assert profile.evidence_sha256 == sha256(CERTIFICATE).hexdigest()
    for client in (bob, client_of(ann.user)):
        page = client.get("/payees/ann/").content.decode()
        assert "W-8BEN" in page and "15" in page and profile.evidence_sha256 in page


def test_a_profile_that_ends_before_it_begins_is_refused_at_its_field(ann, bob):
    wrong = {**PROFILE, "valid_to": "2012-12-31", "certificate": certificate()}
    answer = bob.post("/payees/ann/tax-profile/", wrong)
    assert answer.status_code == 422
    assert "The last day is before the first." in answer.content.decode()
    assert not TaxProfile.objects.exists()


def test_a_missing_certificate_is_said_where_somebody_looks(ann, bob, reviewer):
    tax_rule_add(
        forms=["W-9"], authority="irs", valid_from=date(2013, 1, 1), actor=reviewer, now=NOW
    )
    assert "needs certificate" in bob.get("/payees/").content.decode()
    for client in (bob, client_of(ann.user)):
        page = client.get("/payees/ann/").content.decode()
        assert "Nothing is paid before a valid certificate is on file." in page


def test_an_advance_is_granted_once_however_often_the_form_is_sent(ann, bob):
    for _ in range(2):
        answer = bob.post("/payees/ann/advance/", ADVANCE)
        assert answer.status_code == 302, answer.content
    advance = Advance.objects.get()
    assert (advance.contributor, advance.amount_minor, advance.currency) == (ann, 100_050, "USD")
    for client in (bob, client_of(ann.user)):
        page = client.get("/payees/ann/").content.decode()
        assert "Contract 7, page 3." in page and "agreed" in page and "1,000.50" in page


@pytest.mark.parametrize(
    "field, value", [("amount", "0.001"), ("amount", "0"), ("currency", "XAU")]
)
def test_an_advance_that_is_no_amount_of_its_currency_is_refused(ann, bob, field, value):
    answer = bob.post("/payees/ann/advance/", {**ADVANCE, field: value})
    assert answer.status_code == 422
    assert not Advance.objects.exists()


def test_the_list_shows_what_each_payee_earned_in_a_year(ann, bob, make_run):
    make_run({"ann": "0.2", "ben": "0.1"}, 90_000)
    page = bob.get("/payees/?year=2013").content.decode()
    rows = dict(re.findall(r"/payees/(\w+)/\">.*?data-label=\"Earned\">(.*?)</td>", page))
    assert "540.00" in rows["ann"] and "270.00" in rows["ben"]
    assert (
        "—"
        in dict(
            re.findall(
                r"/payees/(\w+)/\">.*?data-label=\"Earned\">(.*?)</td>",
                bob.get("/payees/?year=2012").content.decode(),
            )
        )["ann"]
    )
    assert "/payees/ann/" not in bob.get("/payees/?code=b").content.decode()
    assert "2013" in bob.get("/payees/ann/").content.decode()


def test_the_list_costs_as_many_queries_for_many_payees_as_for_few(
    bob, make_run, django_assert_max_num_queries
):
    make_run({f"c{n}": "0.1" for n in range(12)}, 90_000)
    with django_assert_max_num_queries(12):
        bob.get("/payees/?year=2013")


def test_a_reviewer_decides_on_a_holdback_and_the_payee_sees_it(ann, bob, make_run):
    make_run({"ann": ("1", "0.25"), "ben": "1"}, 2_000, Policy(fee_bp=0, confidence_rule="hold"))
    held = Holdback.objects.get()
    for client in (bob, client_of(ann.user)):
        assert "not supported by the interval" in client.get("/payees/ann/").content.decode()
    path = f"/payees/ann/holdbacks/{held.id}/"
    assert client_of(ann.user).post(path, {"decision": "release"}).status_code == 403
    assert bob.post(path, {"decision": "release"}).status_code == 302
    assert held.releases.get().forfeited is False
    assert bob.post(path, {"decision": "forfeit"}).status_code == 409


def test_a_contributor_sees_itself_and_nobody_else(ann, make_contributor, make_user):
    make_contributor("ben", user=make_user("ben"))
    own = client_of(ann.user)
    assert own.get("/payees/ann/").status_code == 200
    assert own.get("/payees/ben/").status_code == 404
    assert own.get("/payees/nobody/").status_code == 404
    assert own.get("/payees/").status_code == 403
    for path in ("tax-profile", "advance"):
        assert own.post(f"/payees/ann/{path}/", ADVANCE).status_code == 403
    assert not Advance.objects.exists()


def test_only_a_reviewer_records_and_grants(ann, approver, make_user):
    for person in (approver, make_user("eve", role="auditor")):
        client = client_of(person)
        assert client.get("/payees/ann/").status_code == 200
        assert client.post("/payees/ann/advance/", ADVANCE).status_code == 403


def test_a_payee_that_is_not_there_is_not_found(bob):
    assert bob.get("/payees/nobody/").status_code == 404
    assert bob.get("/payees/nobody/advance/").status_code == 404

"""What pages say of payments: to the payee whether it was paid, to colleagues who did what."""

from datetime import date

import pytest
from django.test import Client

from ledger.core.policy import Policy
from ledger.models import Dispute, Pool, Statement
from ledger.pages.disputes import held_text
from ledger.services.bank_answers import bank_message_ingest
from ledger.services.bank_details import bank_details_set
from ledger.services.disputes import dispute_open
from ledger.services.payout_approval import payout_batch_approve, payout_batch_export
from ledger.services.payouts import payout_batch_prepare, payout_batch_submit
from tests.ledger.conftest import NOW
from tests.ledger.services.payments import IBANS

pytestmark = pytest.mark.django_db
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


def client_of(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


@pytest.fixture
def people(make_user, make_contributor, make_run):
    """Ann and dan, owed 200.00 and 100.00, with accounts."""
    users = {code: make_user(code) for code in ("ann", "dan")}
    for code, iban in zip(users, IBANS.values(), strict=False):
        contributor = make_contributor(code, user=users[code])
        bank_details_set(
            contributor=contributor, holder=code.title(), iban=iban, bic="", actor=users[code],
            now=NOW,
        )  # fmt: skip
    make_run({"ann": "0.2", "dan": "0.1"}, 30_000, Policy(fee_bp=0), currency="EUR")
    return users


@pytest.fixture
def batch(people, reviewer, approver):
    batch = payout_batch_prepare(
        code="B1", currency="EUR", rail="sepa", bank="main", pay_on=date(2014, 1, 21),
        actor=reviewer, now=NOW,
    )  # fmt: skip
    payout_batch_submit(batch_id=batch.id, actor=reviewer, now=NOW)
    return batch


@pytest.fixture
def answered(batch, reviewer, approver):
    """Both are paid, and dan's payment comes back."""
    payout_batch_approve(batch_id=batch.id, actor=approver, now=NOW, note="As submitted.")
    payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    for code, side, why in (
        ("ann", "DBIT", ""),
        ("dan", "DBIT", ""),
        ("dan", "CRDT", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"),
    ):
        name = batch.payouts.get(contributor__code=code).end_to_end_id
        content = (
            f'<Document xmlns="{SPACE}"><Ntry><CdtDbtInd>{side}</CdtDbtInd><TxDtls><Refs>'
            f"<EndToEndId>{name}</EndToEndId></Refs>{why}</TxDtls></Ntry></Document>"
        )
        bank_message_ingest(content=content.encode(), actor=reviewer, now=NOW)
    return batch


def test_a_payee_reads_what_was_paid_and_what_came_back(answered, people):
    numbers = dict(Statement.objects.values_list("contributor__code", "number"))
    ann, dan = client_of(people["ann"]), client_of(people["dan"])
    assert "Paid 15 Jan 2014 to NL••••0005" in text(ann, f"/statements/{numbers['ann']}/")
    returned = text(dan, f"/statements/{numbers['dan']}/")
    assert "Returned by the bank: account closed." in returned
    assert "enter new bank details" in returned
    assert [(box.paid_minor, box.available_minor) for box in _earnings(ann)] == [(20_000, 0)]
    assert [(box.paid_minor, box.available_minor) for box in _earnings(dan)] == [(0, 10_000)]
    assert "Owed and not paid yet" in text(dan, "/payees/dan/")


def _earnings(client):
    return client.get("/").context["earnings"]


def test_a_batch_says_what_settled_what_came_back_why_and_who_did_it(answered, reviewer):
    page = text(client_of(reviewer), f"/payouts/{answered.id}/")
    for said in ("Settled", "Came back", "account closed (AC04)", "Who did what", "As submitted."):
        assert said in page, said
    for who in ("bob@example.org, reviewer", "cleo@example.org, approver"):
        assert who in page
    assert "AC04 AC04" not in page


def test_a_batch_that_the_bank_account_does_not_cover_is_warned_of(batch, approver, reviewer):
    client = client_of(approver)
    assert "does not cover this batch" in text(client, f"/payouts/{batch.id}/")
    pool = Pool.objects.get()
    assert "nothing of it has reached the bank yet" in text(client, f"/pools/{pool.code}/")
    funded = client_of(reviewer).post(f"/pools/{pool.code}/funding/", {"bank": "main", "key": "1"})
    assert funded.status_code == 302
    assert "of it reached the bank" in text(client, f"/pools/{pool.code}/")
    assert "does not cover this batch" not in text(client, f"/payouts/{batch.id}/")


def test_a_royalty_run_says_who_calculated_submitted_and_approved_it(people, approver):
    run = Statement.objects.first().run
    page = text(client_of(approver), f"/royalty-runs/{run.id}/")
    for said in ("Who did what", "bob@example.org, reviewer", "cleo@example.org, approver"):
        assert said in page


@pytest.mark.parametrize("amount", ["12,50", "1,2,3", "1,0000", "1.000,50"])
def test_a_comma_stands_between_thousands_alone(people, amount):
    number = Statement.objects.get(contributor__code="ann").number
    asked = {"kind": "value", "amount": amount, "text": "Too little."}
    refused = client_of(people["ann"]).post(f"/statements/{number}/dispute/", asked)
    assert refused.status_code == 422 and "Write 12.50" in refused.content.decode()
    assert not Dispute.objects.exists()


def test_a_new_dispute_says_how_much_of_it_is_held_and_is_linked(people):
    statement = Statement.objects.get(contributor__code="ann")
    dispute = dispute_open(
        statement_id=statement.id, kind="value", amount_minor=1_250, text="Too little.",
        actor=people["ann"], now=NOW,
    )  # fmt: skip
    assert held_text(dispute) == "The dispute is open. 12.50 EUR is held until it is decided."
    dispute.held_minor = 0
    assert "Nothing is held" in held_text(dispute)
    client = client_of(people["ann"])
    assert f"/disputes/{dispute.id}/" in text(client, f"/statements/{statement.number}/")

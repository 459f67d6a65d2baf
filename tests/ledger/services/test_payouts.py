"""From a payable to a settled payment, with a bank on the other side."""

import json
import threading
import urllib.request
from datetime import date
from xml.etree import ElementTree

import pytest
from django.db import IntegrityError, connection, transaction
from mockbank.server import Config, make_server

from ledger.core.policy import Policy
from ledger.errors import (
    ApprovalVoid,
    BankDetailsUnusable,
    BankFileInvalid,
    BankMessageUnreadable,
    BatchCodeTaken,
    BatchNotInState,
    NothingToPay,
    NotYours,
    OwnWork,
    PaymentUnderWay,
    RailUnsuitable,
)
from ledger.models import (
    BankDetails,
    BankMessage,
    JournalEntry,
    Payout,
    PayoutBatch,
    PayoutDestination,
)
from ledger.selectors.journal import held_minor
from ledger.selectors.payouts import payout_batch_get
from ledger.services.bank_answers import bank_message_ingest
from ledger.services.bank_details import bank_details_erase, bank_details_set, decrypt
from ledger.services.erasure import contributor_erase
from ledger.services.payout_approval import (
    payout_batch_approve,
    payout_batch_export,
    payout_batch_mark_sent,
)
from ledger.services.payouts import (
    advance_agree,
    payout_batch_cancel,
    payout_batch_close,
    payout_batch_prepare,
    payout_batch_reject,
    payout_batch_submit,
    payout_remove,
)
from ledger.services.periods import period_close, period_open
from ledger.services.tax import tax_profile_add, tax_remit, tax_rule_add
from ledger.services.unclaimed import payable_unclaim
from tests.ledger.services.payments import IBANS, NOW, VALUES, clearing, owed, states

pytestmark = pytest.mark.django_db


class Bank:
    """The test bank over HTTP."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"

    def call(self, path, body=None, method=None):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data=data, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def return_later(self, batch, code):
        """Three business days after it settled, the payment to this payee comes back."""
        name = batch.payouts.get(contributor__code=code).end_to_end_id
        behaviour = {"behaviour": "return-later", "parameters": {"end_to_end_id": name}}
        self.call("/_mock/accounts/ACME", behaviour, "PATCH")

    def advance(self, days):
        self.call(f"/_mock/advance?days={days}", b"")

    def mail(self):
        return [message["body"].encode() for message in self.call("/_mock/mailbox")]


@pytest.fixture
def bank():
    server = make_server(Config(port=0, quiet=True, clock="2014-01-20T09:00"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Bank(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_batch_goes_to_the_bank_and_comes_back_settled_rejected_and_returned(
    make_run, payees, make_batch, bank, reviewer
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    people = payees()
    batch = make_batch()
    assert [clearing(), owed(people["ann"])] == [40_000, 0]
    content = payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    assert payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW) == content
    bank.return_later(batch, "cleo")
    summary = bank.call("/payments", content)
    assert summary["status"] == "PART", summary
    payout_batch_mark_sent(batch_id=batch.id, actor=reviewer, now=NOW)
    for message in bank.mail():
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert states(batch) == {"ann": "accepted", "bob": "rejected", "cleo": "accepted"}
    assert owed(people["bob"]) == 10_000
    bank.advance(2)
    for message in bank.mail():
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert states(batch) == {"ann": "settled", "bob": "rejected", "cleo": "settled"}
    assert payout_batch_get(batch.id).state == "settled"
    assert clearing() == 0
    bank.advance(9)
    messages = bank.mail()
    for message in messages * 2:
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert states(batch)["cleo"] == "returned"
    assert [clearing(), owed(people["cleo"]), owed(people["ann"])] == [0, 10_000, 0]
    assert held_minor(code="1000:bank:main", currency="EUR") == -20_000
    payout_batch_close(batch_id=batch.id, actor=reviewer, now=NOW)
    again = make_batch("2014-02", up_to="prepare")
    assert states(again) == {"bob": "held", "cleo": "held"}
    assert set(again.payouts.values_list("hold_code", flat=True)) == {"bank_refused"}


def test_a_partial_acceptance_moves_only_the_rejected_payments(
    make_run, payees, make_batch, bank, reviewer
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    people = payees()
    batch = make_batch()
    content = payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    assert bank.call("/payments", content)["status"] == "PART"
    for message in bank.mail():
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert states(batch) == {"ann": "accepted", "bob": "rejected", "cleo": "accepted"}
    assert [owed(people[code]) for code in ("ann", "bob", "cleo")] == [0, 10_000, 0]
    assert clearing() == 30_000


def test_a_return_days_after_settlement_works_once_also_when_the_period_is_closed(
    make_run, payees, make_batch, bank, reviewer
):
    run = make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    people = payees()
    batch = make_batch()
    bank.return_later(batch, "cleo")
    bank.call("/payments", payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW))
    bank.advance(2)
    for message in bank.mail():
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert states(batch)["cleo"] == "settled"
    period_close(period_id=run.pool.period_id, actor=reviewer, now=NOW)
    period_open(code="2014-Q1", starts_on=date(2014, 1, 1), ends_on=date(2014, 3, 31))
    bank.advance(9)
    for message in bank.mail() * 2:
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert (states(batch)["cleo"], owed(people["cleo"])) == ("returned", 10_000)
    back = JournalEntry.objects.get(event="payout_returned")
    assert (back.period.code, back.effective_on) == ("2014-Q1", NOW.date())


def test_the_same_file_twice_pays_once(make_run, payees, make_batch, bank, reviewer):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees(ann=IBANS["ann"])
    batch = make_batch()
    content = payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    bank.call("/payments", content)
    again = bank.call("/payments", content)
    assert "DUPL" in json.dumps(again)
    bank.advance(2)
    for message in bank.mail():
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert states(batch)["ann"] == "settled"
    outcomes = [each.outcome["group"] for each in BankMessage.objects.order_by("id")]
    assert "duplicate" in outcomes
    assert held_minor(code="1000:bank:main", currency="EUR") == -20_000


def test_a_file_rejected_whole_leaves_everything_owed(make_run, payees, make_batch, bank, reviewer):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    people = payees()
    batch = make_batch()
    bank.call("/_mock/accounts/ACME", {"behaviour": "reject-file"}, "PATCH")
    bank.call("/payments", payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW))
    for message in bank.mail():
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert set(states(batch).values()) == {"rejected"}
    assert [clearing(), owed(people["ann"])] == [0, 20_000]
    assert payout_batch_get(batch.id).state == "settled"


def test_the_control_sum_and_count_are_the_batch_and_the_postings(
    make_run, payees, make_batch, reviewer
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees()
    batch = make_batch()
    root = ElementTree.fromstring(payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW))
    header = root.find(".//{*}GrpHdr")
    assert header.findtext("{*}MsgId") == batch.message_id
    assert header.findtext("{*}NbOfTxs") == "3"
    assert header.findtext("{*}CtrlSum") == "400.00"
    assert payout_batch_get(batch.id).net_minor == clearing() == 40_000
    names = [node.text for node in root.iter() if node.tag.endswith("EndToEndId")]
    assert sorted(names) == sorted(each.end_to_end_id for each in batch.payouts.all())


@pytest.mark.parametrize(("currency", "sum_"), [("JPY", "40000"), ("KWD", "40.000")])
def test_amounts_in_the_bank_file_have_the_decimals_of_their_currency(
    make_run, payees, make_batch, reviewer, currency, sum_
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency=currency)
    payees()
    batch = make_batch(currency=currency)
    content = payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    root = ElementTree.fromstring(content)
    assert root.findtext(".//{*}GrpHdr/{*}CtrlSum") == sum_


def test_nobody_approves_a_batch_they_prepared_or_a_payment_to_themselves(
    make_run, payees, make_batch, reviewer, approver, make_contributor
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees(ann=IBANS["ann"])
    batch = make_batch(up_to="submit")
    reviewer.role = "approver"
    reviewer.save()
    with pytest.raises(OwnWork):
        payout_batch_approve(batch_id=batch.id, actor=reviewer, now=NOW)
    ann = make_contributor("ann")
    ann.user = approver
    ann.save()
    with pytest.raises(OwnWork):
        payout_batch_approve(batch_id=batch.id, actor=approver, now=NOW)


def test_the_database_refuses_an_approver_who_prepared_or_is_paid(
    make_run, payees, make_batch, approver, make_contributor
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees(ann=IBANS["ann"])
    batch = make_batch()
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutBatch.objects.filter(id=batch.id).update(approved_by=batch.prepared_by)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_payout SET net_minor = net_minor + 1, gross_minor = gross_minor + 1",
        "UPDATE ledger_payout SET account_digest = 'x'",
        "UPDATE ledger_payout SET state = 'settled'",
        "DELETE FROM ledger_payout",
        "UPDATE ledger_payout_batch SET pay_on = '2020-01-01'",
        "UPDATE ledger_payout_batch SET state = 'settled'",
        "DELETE FROM ledger_payout_batch_event",
        "UPDATE ledger_payout_event SET reason = 'x'",
    ],
)
def test_raw_sql_cannot_change_an_approved_batch(make_run, payees, make_batch, statement):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees()
    make_batch()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_change_after_submission_voids_the_approval(make_run, payees, make_batch, approver):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees()
    batch = make_batch(up_to="submit")
    other = PayoutDestination.objects.get(payout__contributor__code="bob").encrypted
    PayoutDestination.objects.filter(payout__contributor__code="ann").update(encrypted=other)
    with pytest.raises(ApprovalVoid):
        payout_batch_approve(batch_id=batch.id, actor=approver, now=NOW)
    assert clearing() == 0


def test_an_account_changed_after_approval_voids_the_batch_and_pays_nobody(
    make_run, payees, make_batch, reviewer
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    people = payees()
    batch = make_batch()
    other = PayoutDestination.objects.get(payout__contributor__code="bob").encrypted
    PayoutDestination.objects.filter(payout__contributor__code="ann").update(encrypted=other)
    with pytest.raises(ApprovalVoid):
        payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, clearing(), owed(people["ann"])) == ("approval_void", 0, 20_000)


def test_new_bank_details_do_not_change_an_approved_payout(make_run, payees, make_batch, reviewer):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    ann = payees(ann=IBANS["ann"])["ann"]
    batch = make_batch()
    bank_details_set(
        contributor=ann, holder="Ann", iban=IBANS["cleo"], bic="", actor=ann.user, now=NOW
    )
    content = payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    assert IBANS["ann"].encode() in content and IBANS["cleo"].encode() not in content


def test_a_balance_that_moved_after_submission_is_found(make_run, payees, make_batch, approver):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR", quarter=3)
    payees()
    batch = make_batch(up_to="submit")
    make_run(VALUES, 400, Policy(fee_bp=0), currency="EUR", quarter=4)
    with pytest.raises(ApprovalVoid, match="balance moved"):
        payout_batch_approve(batch_id=batch.id, actor=approver, now=NOW)


def test_what_cannot_be_paid_is_held_with_a_reason_and_not_skipped(
    make_run, payees, make_batch, reviewer, make_contributor
):
    policy = Policy(fee_bp=0, threshold_minor=1_000)
    make_run({"ann": "0.3", "bob": "0.2", "cleo": "0.001"}, 40_000, policy, currency="EUR")
    payees(ann=IBANS["ann"])
    tax_rule_add(
        forms=["W-8BEN"], authority="irs", valid_from=date(2013, 1, 1), actor=reviewer, now=NOW,
        payee_country="",
    )  # fmt: skip
    with pytest.raises(NothingToPay):
        payout_batch_submit(
            batch_id=make_batch("all-held", up_to="prepare").id, actor=reviewer, now=NOW
        )
    _profile(make_contributor("ann"), reviewer, 1_500)
    _profile(make_contributor("bob"), reviewer, 0)
    batch = make_batch("2014-02", up_to="prepare")
    assert dict(batch.payouts.values_list("contributor__code", "hold_code")) == {
        "ann": "",
        "bob": "needs_details",
        "cleo": "below_threshold",
    }
    for payout in batch.payouts.filter(state="held"):
        assert payout.hold_reason["action"] and payout.hold_reason["until"]


def _profile(contributor, reviewer, rate_bp):
    return tax_profile_add(
        contributor_id=contributor.id, form="W-8BEN", country="DE", rate_bp=rate_bp,
        evidence_sha256="0" * 64, valid_from=date(2013, 1, 1), valid_to=date(2015, 12, 31),
        actor=reviewer, now=NOW,
    )  # fmt: skip


def test_withholding_is_taken_once_at_payment_and_given_back_with_a_return(
    make_run, payees, make_batch, bank, reviewer
):
    make_run({"cleo": "1"}, 10_005, Policy(fee_bp=0), currency="EUR")
    cleo = payees(cleo=IBANS["cleo"])["cleo"]
    _profile(cleo, reviewer, 1_500)
    batch = make_batch()
    payout = batch.payouts.get()
    assert (payout.gross_minor, payout.withholding_minor, payout.net_minor) == (
        10_005,
        1_501,
        8_504,
    )
    assert held_minor(code="2200:withholding:tax", currency="EUR") == 1_501
    bank.return_later(batch, "cleo")
    bank.call("/payments", payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW))
    bank.advance(10)
    for message in bank.mail():
        bank_message_ingest(content=message, actor=reviewer, now=NOW)
    assert states(batch) == {"cleo": "returned"}
    assert held_minor(code="2200:withholding:tax", currency="EUR") == 0
    assert owed(cleo) == 10_005


def test_an_advance_is_paid_by_the_next_batch_once_and_recouped_from_later_earnings(
    make_run, payees, make_batch, reviewer
):
    ann = payees(ann=IBANS["ann"])["ann"]
    make_run({"bob": "1"}, 1_000, Policy(fee_bp=0), currency="EUR", quarter=2)
    advance_agree(
        contributor_id=ann.id, currency="EUR", amount_minor=30_000, agreement="Contract 7.",
        actor=reviewer, now=NOW,
    )  # fmt: skip
    batch = make_batch()
    assert states(batch) == {"bob": "held", "ann": "reserved"}
    assert owed(ann, "advance") == 30_000
    assert states(make_batch("2014-02", up_to="prepare")) == {"bob": "held"}
    policy = Policy(fee_bp=0, recoupment_bp=5_000)
    for quarter, left in ((3, 20_000), (4, 10_000)):
        make_run({"ann": "1"}, 20_000, policy, currency="EUR", quarter=quarter)
        assert owed(ann, "advance") == left


def test_an_advance_that_earnings_repaid_before_it_was_rejected_is_owed_as_far_as_they_did(
    make_run, payees, make_batch, reviewer
):
    ann = payees(ann=IBANS["ann"])["ann"]
    advance_agree(
        contributor_id=ann.id, currency="EUR", amount_minor=10_000, agreement="7",
        actor=reviewer, now=NOW,
    )  # fmt: skip
    make_run({"ann": "1"}, 100, Policy(fee_bp=0), currency="EUR", quarter=3)
    batch = make_batch()
    content = payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    make_run({"ann": "1"}, 4_000, Policy(fee_bp=0), currency="EUR", quarter=4)
    assert [owed(ann), owed(ann, "advance")] == [0, 6_000]
    advance = batch.payouts.get(advance__isnull=False)
    assert str(advance.end_to_end_id).encode() in content
    bank_message_ingest(content=rejected(advance.end_to_end_id), actor=reviewer, now=NOW)
    advance.refresh_from_db()
    assert advance.state == "rejected"
    assert [owed(ann), owed(ann, "advance"), clearing()] == [4_000, 0, 100]


def test_tax_that_was_remitted_before_its_payment_was_rejected_stays_with_the_authority(
    make_run, payees, make_batch, reviewer
):
    ann = payees(ann=IBANS["ann"])["ann"]
    tax_profile_add(
        contributor_id=ann.id, form="other", country="NL", rate_bp=1_000,
        evidence_sha256="0" * 64, valid_from=date(2013, 1, 1), valid_to=date(2014, 12, 31),
        actor=reviewer, now=NOW,
    )  # fmt: skip
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0), currency="EUR")
    batch = make_batch()
    payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    tax_remit(
        authority="tax", bank="main", amount_minor=100, currency="EUR", reference="1",
        actor=reviewer, now=NOW,
    )  # fmt: skip
    payout = batch.payouts.get()
    bank_message_ingest(content=rejected(payout.end_to_end_id), actor=reviewer, now=NOW)
    assert states(batch) == {"ann": "rejected"}
    assert [owed(ann), clearing()] == [900, 0]


def test_a_payment_that_came_back_while_its_tax_stayed_is_not_taxed_again(
    make_run, payees, make_batch, reviewer
):
    ann = payees(ann=IBANS["ann"])["ann"]
    tax_profile_add(
        contributor_id=ann.id, form="other", country="NL", rate_bp=1_000,
        evidence_sha256="0" * 64, valid_from=date(2013, 1, 1), valid_to=date(2014, 12, 31),
        actor=reviewer, now=NOW,
    )  # fmt: skip
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0), currency="EUR", quarter=3)
    first = make_batch()
    payout_batch_export(batch_id=first.id, actor=reviewer, now=NOW)
    tax_remit(
        authority="tax", bank="main", amount_minor=100, currency="EUR", reference="1",
        actor=reviewer, now=NOW,
    )  # fmt: skip
    name = first.payouts.get().end_to_end_id
    bank_message_ingest(content=rejected(name), actor=reviewer, now=NOW)
    make_run({"ann": "1"}, 500, Policy(fee_bp=0), currency="EUR", quarter=4)
    again = make_batch("2014-02").payouts.get()
    # 10 % of 1,000 + 500 is 150, of which 100 was withheld before.
    assert (again.gross_minor, again.withholding_minor, again.net_minor) == (1_400, 50, 1_350)
    payout_batch_cancel(batch_id=again.batch_id, note="Later.", actor=reviewer, now=NOW)
    third = make_batch("2014-03", up_to="prepare").payouts.get()
    assert (third.gross_minor, third.withholding_minor) == (1_400, 50)


def rejected(name):
    """The bank's answer (pain.002) that it does not make this payment."""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        "<OrgnlGrpInfAndSts><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>"
        f"<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        "<StsRsnInf><Rsn><Cd>MS03</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def test_a_removed_payout_does_not_take_the_batch_with_it(
    make_run, payees, make_batch, reviewer, approver
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees()
    batch = make_batch(up_to="submit")
    payout = batch.payouts.get(contributor__code="bob")
    with pytest.raises(BatchNotInState):
        payout_remove(payout_id=payout.id, note="Not now.", actor=reviewer, now=NOW)
    payout_batch_reject(batch_id=batch.id, note="Leave bob out.", actor=approver, now=NOW)
    payout_remove(payout_id=payout.id, note="Not now.", actor=reviewer, now=NOW)
    payout_batch_submit(batch_id=batch.id, actor=reviewer, now=NOW)
    payout_batch_approve(batch_id=batch.id, actor=approver, now=NOW)
    assert states(batch) == {"ann": "reserved", "bob": "cancelled", "cleo": "reserved"}


def test_a_cancelled_batch_owes_everything_again(make_run, payees, make_batch, reviewer):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    people = payees()
    batch = make_batch()
    payout_batch_cancel(batch_id=batch.id, note="Wrong day.", actor=reviewer, now=NOW)
    assert [clearing(), owed(people["ann"])] == [0, 20_000]
    assert set(states(batch).values()) == {"cancelled"}
    assert states(make_batch("2014-02", up_to="prepare"))["ann"] == "eligible"


def test_a_payable_is_in_one_live_batch_only(make_run, payees, make_batch):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees()
    make_batch(up_to="prepare")
    with pytest.raises(NothingToPay):
        make_batch("2014-02", up_to="prepare")
    payout = Payout.objects.first()
    payout.pk, payout.position = None, 9
    with pytest.raises(IntegrityError):
        Payout.objects.bulk_create([payout])


@pytest.mark.parametrize("name", ["Ann\x01Bad", "\u202e", "Ann\u202eBad", ".", "😀", " "])
def test_a_name_that_no_bank_file_can_carry_is_refused_where_it_is_entered(payees, name):
    ann = payees(ann=IBANS["ann"])["ann"]
    with pytest.raises(BankDetailsUnusable):
        bank_details_set(
            contributor=ann, holder=name, iban=IBANS["ann"], bic="", actor=ann.user, now=NOW
        )


def test_a_name_that_was_entered_before_is_named_by_its_payout(
    make_run, payees, make_batch, reviewer, monkeypatch
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    monkeypatch.setattr("ledger.services.bank_details.is_writable", lambda name: True)
    ann = payees(ann=IBANS["ann"])["ann"]
    bank_details_set(
        contributor=ann, holder="Ann\x01Bad", iban=IBANS["ann"], bic="", actor=ann.user, now=NOW
    )
    batch = make_batch()
    name = batch.payouts.get(contributor=ann).end_to_end_id
    with pytest.raises(BankFileInvalid, match=name):
        payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)


def test_nobody_grants_an_advance_or_a_tax_rate_to_themselves(make_contributor, reviewer):
    own = make_contributor("bob", user=reviewer)
    with pytest.raises(OwnWork):
        advance_agree(
            contributor_id=own.id, currency="EUR", amount_minor=1, agreement="7",
            actor=reviewer, now=NOW,
        )  # fmt: skip
    with pytest.raises(OwnWork):
        _profile(own, reviewer, 0)


def test_the_same_batch_is_found_and_another_under_its_code_refused(make_run, payees, make_batch):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees()
    batch = make_batch(up_to="prepare")
    assert make_batch(up_to="prepare") == batch
    for other in ({"pay_on": date(2014, 1, 22)}, {"currency": "USD"}):
        with pytest.raises(BatchCodeTaken):
            make_batch(up_to="prepare", **other)


def test_sepa_carries_euros_alone(make_run, payees, reviewer):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="USD")
    with pytest.raises(RailUnsuitable):
        payout_batch_prepare(
            code="2014-01", currency="USD", rail="sepa", bank="main", pay_on=NOW.date(),
            actor=reviewer, now=NOW,
        )  # fmt: skip


def test_another_rail_shares_its_charges_and_names_a_bank_without_a_bic_so(
    make_run, payees, make_batch, reviewer
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="USD")
    payees(ann=IBANS["ann"])
    content = payout_batch_export(batch_id=make_batch(currency="USD").id, actor=reviewer, now=NOW)
    root = ElementTree.fromstring(content)
    assert root.findtext(".//{*}ChrgBr") == "SHAR"
    assert root.find(".//{*}SvcLvl") is None
    agents = root.findall(".//{*}FinInstnId")
    assert agents and all(len(agent) for agent in agents)


def test_bank_details_are_checked_encrypted_owned_and_erased(
    make_run, payees, make_batch, make_user, reviewer
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    ann = payees(ann=IBANS["ann"])["ann"]
    stored = BankDetails.objects.get(contributor=ann)
    assert IBANS["ann"] not in stored.encrypted and stored.masked == "NL••••0005"
    assert decrypt(stored.encrypted).holder == "Ann"
    with pytest.raises(NotYours):
        bank_details_set(
            contributor=ann, holder="X", iban=IBANS["bob"], bic="", actor=reviewer, now=NOW
        )
    with pytest.raises(BankDetailsUnusable):
        bank_details_set(
            contributor=ann, holder="X", iban="NL00MOCK0000000005", bic="", actor=ann.user, now=NOW
        )
    make_batch()
    assert bank_details_erase(contributor_id=ann.id) == 2
    assert not PayoutDestination.objects.filter(payout__contributor=ann).exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<a/>",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    ],
)
def test_a_message_that_is_none_is_refused(content, reviewer):
    with pytest.raises(BankMessageUnreadable):
        bank_message_ingest(content=content, actor=reviewer, now=NOW)


def test_nobody_is_erased_while_money_is_on_its_way_to_them(make_run, payees, make_batch):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    ann = payees(ann=IBANS["ann"])["ann"]
    make_batch()
    with pytest.raises(PaymentUnderWay):
        contributor_erase(contributor_id=ann.id, actor=ann.user, now=NOW)
    ann.user.refresh_from_db()
    assert ann.user.is_active and BankDetails.objects.filter(contributor=ann).exists()


def test_what_nobody_can_be_paid_is_kept_without_a_name(make_run, make_contributor, reviewer):
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0, unclaimed_days=5), currency="EUR")
    ann = make_contributor("ann")
    arguments = {"contributor_id": ann.id, "currency": "EUR", "actor": reviewer, "now": NOW}
    payable_unclaim(**arguments, reference="erased-2014")
    assert (owed(ann), held_minor(code="2400:unclaimed", currency="EUR")) == (0, 1_000)
    with pytest.raises(NothingToPay):
        payable_unclaim(**arguments, reference="again")

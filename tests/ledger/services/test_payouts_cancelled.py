"""A batch whose file is out of our hands: who may cancel it, and what if the bank pays it still."""

import pytest
from django.db import IntegrityError, connection, transaction

from contributors.errors import NotPermitted
from ledger.core.policy import Policy
from ledger.errors import BatchNotInState, OwnWork, RejectionUnexplained
from ledger.models import Approval, BankMessage, JournalEntry, Payout
from ledger.selectors.journal import held_minor
from ledger.selectors.verification import CHECKS
from ledger.services.bank_answers import bank_message_ingest
from ledger.services.payout_approval import payout_batch_export, payout_batch_mark_sent
from ledger.services.payouts import advance_agree, payout_batch_cancel
from ledger.services.tax import tax_profile_add
from tests.ledger.services.payments import IBANS, NOW, VALUES, clearing, owed, states

pytestmark = pytest.mark.django_db
BANK = "1000:bank:main"


@pytest.fixture
def exported(make_run, payees, make_batch, reviewer):
    """Return a batch in the bank's file, with its payees."""
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    people = payees()
    batch = make_batch()
    payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    return batch, people


def debited(batch, *codes, back=False, message="1"):
    """The bank's statement of an account: these payments left it, or came back to it."""
    credit = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" if back else ""
    payments = "".join(
        f"<Ntry><CdtDbtInd>{'CRDT' if back else 'DBIT'}</CdtDbtInd><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{payout.end_to_end_id}</EndToEndId></Refs>{credit}</TxDtls></NtryDtls></Ntry>"
        for payout in batch.payouts.filter(contributor__code__in=codes)
    )
    space = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
    return (
        f'<Document xmlns="{space}"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>{message}</Id>'
        f"{payments}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def rejected(batch, code):
    name = batch.payouts.get(contributor__code=code).end_to_end_id
    space = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
    return (
        f'<Document xmlns="{space}"><CstmrPmtStsRpt><OrgnlPmtInfAndSts><TxInfAndSts>'
        f"<OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        "</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


def cancelled(batch, approver):
    payout_batch_cancel(batch_id=batch.id, note="Lost.", actor=approver, now=NOW)


def read(content, reviewer):
    return bank_message_ingest(content=content, actor=reviewer, now=NOW).outcome["counts"]


def sound():
    return [finding for check in CHECKS for finding in check()] == []


def test_a_batch_in_a_file_is_cancelled_by_an_approver_who_made_no_part_of_it(
    exported, reviewer, approver
):
    batch, people = exported
    arguments = {"batch_id": batch.id, "now": NOW}
    with pytest.raises(NotPermitted):
        payout_batch_cancel(**arguments, note="Lost.", actor=reviewer)
    with pytest.raises(RejectionUnexplained):
        payout_batch_cancel(**arguments, note=" ", actor=approver)
    reviewer.role = "approver"
    with pytest.raises(OwnWork):
        payout_batch_cancel(**arguments, note="Lost.", actor=reviewer)
    people["bob"].user = approver
    people["bob"].save()
    with pytest.raises(OwnWork):
        payout_batch_cancel(**arguments, note="Lost.", actor=approver)
    people["bob"].user = None
    people["bob"].save()
    cancelled(batch, approver)
    assert set(states(batch).values()) == {"cancelled"}
    assert owed(people["ann"]) == 20_000
    signed = Approval.objects.get(subject_id=batch.id, decision="rejected")
    assert (signed.approver, signed.note) == (approver, "Lost.")


def test_raw_sql_cancels_no_batch_in_a_file_without_that_signature(exported, reviewer):
    batch, _ = exported
    batch.events.create(
        sequence=batch.events.count() + 1,
        transition_id="payout_batch:exported>cancelled",
        actor=reviewer,
        at=NOW,
    )
    with (
        pytest.raises(IntegrityError, match="in_a_file_is_cancelled_by_another"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE ledger_payout_batch SET state = 'cancelled'")


def test_a_batch_that_was_sent_is_not_cancelled_at_all(exported, reviewer, approver):
    batch, _ = exported
    payout_batch_mark_sent(batch_id=batch.id, actor=reviewer, now=NOW)
    with pytest.raises(BatchNotInState):
        cancelled(batch, approver)


def test_money_that_left_after_a_cancellation_is_booked_and_not_paid_again(
    exported, make_batch, reviewer, approver
):
    batch, people = exported
    cancelled(batch, approver)
    message = debited(batch, "ann", "bob")
    assert read(message, reviewer) == {"settled_unexpected": 2}
    assert read(debited(batch, "ann", "bob", message="2"), reviewer) == {"known": 2}
    assert states(batch) == {"ann": "overpaid", "bob": "overpaid", "cleo": "cancelled"}
    assert [owed(people[code]) for code in VALUES] == [0, 0, 10_000]
    assert [owed(people[code], "clawback") for code in VALUES] == [0, 0, 0]
    assert (held_minor(code=BANK, currency="EUR"), clearing()) == (-30_000, 0)
    assert states(make_batch("2014-02", up_to="prepare")) == {"cleo": "eligible"}
    assert sound()


def test_money_that_left_twice_is_owed_back_and_netted_from_later_earnings(
    exported, make_batch, make_run, reviewer, approver
):
    batch, people = exported
    cancelled(batch, approver)
    again = make_batch("2014-02")
    payout_batch_export(batch_id=again.id, actor=reviewer, now=NOW)
    assert read(debited(again, "ann"), reviewer) == {"settled": 1}
    assert read(debited(batch, "ann"), reviewer) == {"settled_unexpected": 1}
    assert [owed(people["ann"]), owed(people["ann"], "clawback")] == [0, 20_000]
    make_run({"ann": "1"}, 30_000, Policy(fee_bp=0), currency="EUR", quarter=3)
    assert [owed(people["ann"]), owed(people["ann"], "clawback")] == [10_000, 0]
    assert sound()


def test_an_overpayment_that_comes_back_is_owed_back_no_more(
    exported, make_batch, reviewer, approver
):
    batch, people = exported
    cancelled(batch, approver)
    make_batch("2014-02")
    read(debited(batch, "ann"), reviewer)
    assert owed(people["ann"], "clawback") == 20_000
    assert read(debited(batch, "ann", back=True), reviewer) == {"returned": 1}
    assert [owed(people["ann"]), owed(people["ann"], "clawback")] == [0, 0]
    assert (states(batch)["ann"], held_minor(code=BANK, currency="EUR")) == ("returned", 0)


def test_a_rejected_payment_that_the_bank_debits_is_booked(exported, reviewer):
    batch, people = exported
    assert read(rejected(batch, "bob"), reviewer) == {"rejected": 1}
    assert owed(people["bob"]) == 10_000
    assert read(debited(batch, "bob"), reviewer) == {"settled_unexpected": 1}
    assert (owed(people["bob"]), states(batch)["bob"]) == (0, "overpaid")


def test_the_tax_of_an_overpayment_is_held_as_it_was_approved(
    make_run, payees, make_batch, reviewer, approver
):
    make_run({"ann": "1"}, 10_000, Policy(fee_bp=0), currency="EUR")
    ann = payees(ann=IBANS["ann"])["ann"]
    tax_profile_add(
        contributor_id=ann.id, form="W-8BEN", country="DE", rate_bp=3_000, actor=reviewer, now=NOW,
        evidence_sha256="0" * 64, valid_from=NOW.date(), valid_to=NOW.date().replace(year=2015),
    )  # fmt: skip
    batch = make_batch()
    payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    cancelled(batch, approver)
    read(debited(batch, "ann"), reviewer)
    assert owed(ann) == 0
    assert held_minor(code="2200:withholding:tax", currency="EUR") == 3_000
    assert held_minor(code=BANK, currency="EUR") == -7_000


def test_an_advance_that_the_bank_paid_all_the_same_is_an_advance(
    payees, make_run, make_batch, reviewer, approver
):
    ann = payees(ann=IBANS["ann"])["ann"]
    make_run({"bob": "1"}, 1_000, Policy(fee_bp=0), currency="EUR", quarter=2)
    advance_agree(
        contributor_id=ann.id, currency="EUR", amount_minor=30_000, agreement="7",
        actor=reviewer, now=NOW,
    )  # fmt: skip
    batch = make_batch()
    payout_batch_export(batch_id=batch.id, actor=reviewer, now=NOW)
    cancelled(batch, approver)
    read(debited(batch, "ann"), reviewer)
    assert owed(ann, "advance") == 30_000
    assert states(make_batch("2014-02", up_to="prepare")) == {"bob": "held"}


def test_a_debit_of_what_was_in_no_file_is_named_and_moves_nothing(
    make_run, payees, make_batch, reviewer
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    payees()
    batch = make_batch()
    assert read(debited(batch, "ann"), reviewer) == {"never_sent": 1}
    assert Payout.objects.get(contributor__code="ann").state == "reserved"
    assert not JournalEntry.objects.filter(event__in=["payout_settled", "payout_overpaid"]).exists()
    assert BankMessage.objects.count() == 1

"""Payees with accounts, and payout batches taken as far as a test needs them."""

from datetime import date

import pytest

from ledger.services.bank_details import bank_details_set
from ledger.services.payout_approval import payout_batch_approve
from ledger.services.payouts import payout_batch_prepare, payout_batch_submit
from tests.ledger.services.payments import IBANS, NOW


@pytest.fixture
def payees(make_user, make_contributor):
    def make(**ibans):
        people = {}
        for code, iban in (ibans or IBANS).items():
            contributor = make_contributor(code)
            contributor.user = make_user(f"{code}-payee")
            contributor.save()
            bank_details_set(
                contributor=contributor, holder=code.title(), iban=iban, bic="",
                actor=contributor.user, now=NOW,
            )  # fmt: skip
            people[code] = contributor
        return people

    return make


@pytest.fixture
def make_batch(reviewer, approver):
    def make(code="2014-01", up_to="approve", currency="EUR", pay_on=date(2014, 1, 21)):
        rail = "sepa" if currency == "EUR" else "transfer"
        batch = payout_batch_prepare(
            code=code, currency=currency, rail=rail, bank="main", pay_on=pay_on,
            actor=reviewer, now=NOW,
        )  # fmt: skip
        if up_to in ("submit", "approve"):
            batch = payout_batch_submit(batch_id=batch.id, actor=reviewer, now=NOW)
        if up_to == "approve":
            batch = payout_batch_approve(batch_id=batch.id, actor=approver, now=NOW)
        return batch

    return make

"""Many at once: numbers without gaps, one approval, one reservation of a balance."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connections

from ledger.core.policy import Policy
from ledger.errors import Refusal
from ledger.models import JournalEntry, PayoutBatch, RoyaltyRun, Statement
from ledger.services.bank_details import bank_details_set
from ledger.services.payouts import payout_batch_prepare
from ledger.services.royalties import royalty_run_approve
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
THEN = datetime(2014, 1, 20, 9, tzinfo=UTC)


def at_once(call, arguments):
    """Call once for each argument, all at the same time; a refusal is an answer."""

    def one(argument):
        try:
            return call(argument)
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(one, arguments))


def test_statement_numbers_are_gapless_when_runs_are_approved_at_the_same_time(make_run, approver):
    runs = [
        make_run(
            {f"{name}{index}": "1" for name in ("ann", "bob", "cleo")}, 1_000, Policy(fee_bp=0),
            up_to="submit", code=f"pool-{index}",
        )
        for index in range(6)
    ]  # fmt: skip
    at_once(lambda run: royalty_run_approve(run_id=run.id, actor=approver, now=NOW), runs)
    assert set(RoyaltyRun.objects.values_list("state", flat=True)) == {"posted"}
    numbers = sorted(Statement.objects.values_list("sequence", flat=True))
    assert numbers == list(range(1, 19))


def test_one_run_approved_by_many_clients_at_once_is_posted_once(make_run, approver):
    run = make_run({"ann": "1", "bob": "1"}, 1_000, up_to="submit")
    answers = at_once(
        lambda _: royalty_run_approve(run_id=run.id, actor=approver, now=NOW), range(16)
    )
    assert {answer.id for answer in answers} == {run.id}
    assert Statement.objects.count() == 2
    assert JournalEntry.objects.filter(event="period_allocated").count() == 1


def test_a_balance_is_prepared_for_payment_in_one_batch_only(
    make_run, make_contributor, make_user, reviewer
):
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0), currency="EUR")
    ann = make_contributor("ann")
    ann.user = make_user("ann")
    ann.save()
    bank_details_set(
        contributor=ann, holder="Ann", iban="NL30MOCK0000000005", bic="", actor=ann.user, now=THEN
    )
    answers = at_once(
        lambda number: payout_batch_prepare(
            code=f"B{number}", currency="EUR", rail="sepa", bank="main",
            pay_on=date(2014, 1, 21), actor=reviewer, now=THEN,
        ),
        range(8),
    )  # fmt: skip
    assert [type(answer) for answer in answers].count(PayoutBatch) == 1
    assert {answer.code for answer in answers if isinstance(answer, Refusal)} == {"nothing_to_pay"}

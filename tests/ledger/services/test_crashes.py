"""A worker killed at any statement of a run or a batch, then run again: the same rows (B5)."""

from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from ledger.core.policy import Policy
from ledger.management.demo import bank
from ledger.models import (
    Holdback,
    JournalEntry,
    Payout,
    PayoutBatch,
    Posting,
    RoyaltyLine,
    RoyaltyRunEvent,
    Statement,
    StatementLine,
    StatementSeries,
)
from ledger.services import payout_approval, payouts, royalties
from ledger.services.bank_answers import bank_message_ingest
from ledger.services.bank_details import bank_details_set
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
POLICY = Policy(fee_bp=1_000, holdback_bp=1_000, holdback_periods=2)
VALUES = {"ann": "0.2", "bob": ("0.1", "0.01"), "cleo": "-0.05"}
THEN = datetime(2014, 1, 20, 9, tzinfo=UTC)


class Killed(Exception):
    """Where the process died."""


@contextmanager
def killed_at(count):
    """The connection dies at the count-th statement."""
    seen = []

    def wrapper(execute, sql, params, many, context):
        seen.append(sql)
        if len(seen) == count:
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def run_rows():
    """Everything a royalty run writes, without the ids and hashes that name it."""
    return {
        "lines": list(RoyaltyLine.objects.order_by("position").values_list(
            "code", "weight", "quota", "gross_minor", "held_minor", "reason_code")),
        "events": list(RoyaltyRunEvent.objects.order_by("id").values_list(
            "sequence", "transition_id")),
        "entries": list(JournalEntry.objects.order_by("seq").values_list(
            "seq", "event", "effective_on", "posting_count")),
        "postings": list(Posting.objects.order_by("entry__seq", "line").values_list(
            "debit_account__purpose", "credit_account__purpose", "amount_minor")),
        "statements": list(Statement.objects.order_by("sequence").values_list(
            "number", "gross_minor", "closing_minor", "net_minor", "state")),
        "statement_lines": list(StatementLine.objects.order_by(
            "statement__sequence", "position").values_list("kind", "amount_minor", "reason_code")),
        "series": list(StatementSeries.objects.values_list("code", "last_sequence")),
        "holdbacks": list(Holdback.objects.order_by("id").values_list("kind", "amount_minor")),
    }  # fmt: skip


def killed_at_every_statement(step):
    """Do one step, killed at its first statement, then at its second, until it ends; count them."""
    number = 0
    while True:
        number += 1
        try:
            with killed_at(number):
                return number, step()
        except Killed:
            continue


def run_steps(pool, values, reviewer, approver):
    run = {}

    def calculate():
        run["id"] = royalties.royalty_run_calculate(
            pool_id=pool.id, valuation_run_id=values.id, actor=reviewer, now=NOW
        ).id

    def submit():
        royalties.royalty_run_submit(run_id=run["id"], actor=reviewer, now=NOW)

    def approve():
        royalties.royalty_run_approve(run_id=run["id"], actor=approver, now=NOW)

    return calculate, submit, approve


def test_a_run_killed_at_any_statement_and_run_again_ends_in_the_same_rows(
    make_pool, make_values, reviewer, approver
):
    steps = run_steps(make_pool(100_000, POLICY), make_values(VALUES), reviewer, approver)
    with transaction.atomic():
        for step in steps:
            step()
        expected = run_rows()
        transaction.set_rollback(True)
    counts = [killed_at_every_statement(step)[0] for step in steps]
    assert run_rows() == expected
    assert min(counts) > 4 and sum(counts) > 60, counts


def batch_rows():
    return {
        "batch": list(PayoutBatch.objects.values_list("code", "state", "approved_by")),
        "payouts": list(Payout.objects.order_by("position").values_list(
            "contributor__code", "state", "gross_minor", "net_minor", "hold_code")),
        "events": list(Payout.objects.order_by("position", "events__sequence").values_list(
            "position", "events__transition_id")),
        "entries": list(JournalEntry.objects.order_by("seq").values_list("seq", "event")),
    }  # fmt: skip


def batch_steps(reviewer, approver):
    batch = {}

    def prepare():
        batch["batch_id"] = payouts.payout_batch_prepare(
            code="2014-01", currency="EUR", rail="sepa", bank="main", pay_on=date(2014, 1, 21),
            actor=reviewer, now=THEN,
        ).id  # fmt: skip

    def submit():
        payouts.payout_batch_submit(**batch, actor=reviewer, now=THEN)

    def approve():
        payout_approval.payout_batch_approve(**batch, actor=approver, now=THEN)

    def export():
        payout_approval.payout_batch_export(**batch, actor=reviewer, now=THEN)

    def send():
        payout_approval.payout_batch_mark_sent(**batch, actor=reviewer, now=THEN)

    def settle():
        bank_message_ingest(content=bank.debits(payments()), actor=reviewer, now=THEN)

    def come_back():
        (name, paid), *_ = payments().items()
        bank_message_ingest(content=bank.returned(name, paid), actor=reviewer, now=THEN)

    def close():
        payouts.payout_batch_close(**batch, actor=reviewer, now=THEN)

    def payments():
        content = payout_approval.payout_batch_export(**batch, actor=reviewer, now=THEN)
        return bank.payments_in(content)

    return prepare, submit, approve, export, send, settle, come_back, close


def test_a_batch_killed_at_any_statement_and_run_again_ends_in_the_same_rows(
    make_run, make_contributor, make_user, reviewer, approver
):
    make_run(VALUES, 40_000, Policy(fee_bp=0), currency="EUR")
    ann = make_contributor("ann")
    ann.user = make_user("ann")
    ann.save()
    bank_details_set(
        contributor=ann, holder="Ann", iban="NL30MOCK0000000005", bic="", actor=ann.user, now=THEN
    )
    steps = batch_steps(reviewer, approver)
    with transaction.atomic():
        for step in steps:
            step()
        expected = batch_rows()
        transaction.set_rollback(True)
    counts = [killed_at_every_statement(step)[0] for step in steps]
    assert batch_rows() == expected
    assert [state for _, state, *_ in expected["payouts"]] == ["returned", "held"]
    assert [event for _, event in expected["entries"]][-3:] == [
        "payout_reserved",
        "payout_settled",
        "payout_returned",
    ]
    assert min(counts) > 4 and sum(counts) > 60, counts

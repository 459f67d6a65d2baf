"""Short stories of money, each as a table of postings that an accountant can read."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contributors.models import Contributor
from ledger.core.money import amount_text
from ledger.core.policy import Policy
from ledger.models import Holdback, Posting, Statement
from ledger.services.bank_details import bank_details_set
from ledger.services.disputes import dispute_decide, dispute_open
from ledger.services.holdbacks import holdback_decide
from ledger.services.payout_approval import payout_batch_approve
from ledger.services.payouts import (
    advance_agree,
    payout_batch_cancel,
    payout_batch_prepare,
    payout_batch_submit,
)
from ledger.services.pools import pool_create, pool_fund
from ledger.services.tax import tax_profile_add, tax_remit
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db
LATER = datetime(2014, 1, 20, 9, tzinfo=UTC)
IBANS = {"ann": "NL30MOCK0000000005", "bob": "NL84MOCK0000000003"}


def table():
    """Every posting in the order it was made: event, debit, credit, amount."""
    codes = {str(row.id): row.code for row in Contributor.objects.all()}
    rows = Posting.objects.order_by("entry__seq", "line").values_list(
        "entry__event", "debit_account__code", "credit_account__code", "amount_minor", "currency"
    )
    return "\n".join(
        f"{event:<20} {_name(debit, codes):<24} {_name(credit, codes):<24} "
        f"{amount_text(amount, currency):>8}"
        for event, debit, credit, amount, currency in rows
    )


def _name(code, codes):
    _, purpose, *owner = code.split(":")
    return ":".join([purpose, *(codes.get(each, each) for each in owner)])


def reads(text):
    """Compare, line by line and word by word; the columns may be as wide as they like."""
    assert [line.split() for line in table().splitlines()] == [
        line.split() for line in text.strip().splitlines()
    ]


def payees(make_user, *codes):
    for code in codes:
        contributor = Contributor.objects.get(code=code)
        contributor.user = make_user(f"{code}-payee")
        contributor.save()
        bank_details_set(
            contributor=contributor, holder=code.title(), iban=IBANS[code], bic="",
            actor=contributor.user, now=LATER,
        )  # fmt: skip


def paid(reviewer, approver, code="2014-01"):
    batch = payout_batch_prepare(
        code=code, currency="USD", rail="ach", bank="main", pay_on=date(2014, 1, 21),
        actor=reviewer, now=LATER,
    )  # fmt: skip
    payout_batch_submit(batch_id=batch.id, actor=reviewer, now=LATER)
    return payout_batch_approve(batch_id=batch.id, actor=approver, now=LATER)


def test_royalty_cycle(make_run, make_user, reviewer, approver):
    run = make_run({"ann": "3", "bob": "1"}, 10_000, Policy(fee_bp=1_000))
    pool_fund(
        pool_id=run.pool_id, bank="main", amount_minor=10_000, key="B-1", actor=reviewer, now=NOW
    )
    payees(make_user, "ann", "bob")
    paid(reviewer, approver)
    reads("""
        pool_promised     receivable:platform  pool:2013-Q4-delays-USD   100.00
        fee_taken         pool:2013-Q4-delays-USD  platform-fee           10.00
        period_allocated  pool:2013-Q4-delays-USD  payable:ann            67.50
        period_allocated  pool:2013-Q4-delays-USD  payable:bob            22.50
        pool_funded       bank:main            receivable:platform       100.00
        payout_reserved   payable:ann          payout-clearing:ach        67.50
        payout_reserved   payable:bob          payout-clearing:ach        22.50
    """)


def test_a_holdback_is_released_in_two_parts(make_run):
    policy = Policy(fee_bp=0, holdback_bp=1_000, holdback_periods=2)
    for quarter in (2, 3, 4):
        make_run({"ann": "1"}, 1_001, policy, quarter=quarter)
    reads("""
        pool_promised       receivable:platform      pool:2013-Q2-delays-USD  10.01
        period_allocated    pool:2013-Q2-delays-USD  payable:ann              10.01
        holdback_set_aside  payable:ann              holdback:ann              1.00
        pool_promised       receivable:platform      pool:2013-Q3-delays-USD  10.01
        holdback_released   holdback:ann             payable:ann               0.50
        period_allocated    pool:2013-Q3-delays-USD  payable:ann              10.01
        holdback_set_aside  payable:ann              holdback:ann              1.00
        pool_promised       receivable:platform      pool:2013-Q4-delays-USD  10.01
        holdback_released   holdback:ann             payable:ann               0.50
        holdback_released   holdback:ann             payable:ann               0.50
        period_allocated    pool:2013-Q4-delays-USD  payable:ann              10.01
        holdback_set_aside  payable:ann              holdback:ann              1.00
    """)


def test_an_advance_is_taxed_when_paid_and_repaid_out_of_earnings(
    make_run, make_contributor, make_user, reviewer, approver
):
    ann = make_contributor("ann")
    payees(make_user, "ann")
    tax_profile_add(
        contributor_id=ann.id, form="W-8BEN", country="DE", rate_bp=1_500,
        evidence_sha256="0" * 64, valid_from=date(2013, 1, 1), valid_to=date(2014, 12, 31),
        actor=reviewer, now=NOW,
    )  # fmt: skip
    advance_agree(
        contributor_id=ann.id, currency="USD", amount_minor=1_000, agreement="Contract 7.",
        actor=reviewer, now=NOW,
    )  # fmt: skip
    _period(2013, 3)
    paid(reviewer, approver)
    make_run({"ann": "1"}, 1_600, Policy(fee_bp=0, recoupment_bp=5_000))
    tax_remit(
        authority="tax", bank="main", amount_minor=150, currency="USD", reference="T-1",
        actor=reviewer, now=LATER,
    )  # fmt: skip
    reads("""
        advance_paid      advance:ann              payout-clearing:ach       8.50
        advance_paid      advance:ann              withholding:tax           1.50
        pool_promised     receivable:platform      pool:2013-Q4-delays-USD  16.00
        period_allocated  pool:2013-Q4-delays-USD  payable:ann              16.00
        advance_recouped  payable:ann              advance:ann               8.00
        tax_remitted      withholding:tax          bank:main                 1.50
    """)


def _period(year, quarter):
    from ledger.services.periods import period_open

    period_open(
        code=f"{year}-Q{quarter}",
        starts_on=date(year, 3 * quarter - 2, 1),
        ends_on=date(year, 3 * quarter, 30),
    )


def test_a_cancelled_batch_is_reversed(make_run, make_user, reviewer, approver):
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0))
    payees(make_user, "ann")
    batch = paid(reviewer, approver)
    payout_batch_cancel(batch_id=batch.id, note="Wrong day.", actor=reviewer, now=LATER)
    reads("""
        pool_promised     receivable:platform      pool:2013-Q4-delays-USD  10.00
        period_allocated  pool:2013-Q4-delays-USD  payable:ann              10.00
        payout_reserved   payable:ann              payout-clearing:ach      10.00
        payout_cancelled  payout-clearing:ach      payable:ann              10.00
    """)


def test_a_dispute_is_upheld_out_of_the_reserve(make_run, make_user, reviewer):
    run = make_run({"ann": "1"}, 1_000, Policy(fee_bp=0))
    payees(make_user, "ann")
    pool_create(
        code="reserve", period_id=run.pool.period_id, programme_id=None, currency="USD",
        amount_minor=500, funder="platform", policy_id=run.policy_id, actor=reviewer, now=NOW,
        kind="adjustment_reserve",
    )  # fmt: skip
    statement = Statement.objects.get()
    dispute = dispute_open(
        statement_id=statement.id, kind="value", amount_minor=400, text="Rows are missing.",
        actor=statement.contributor.user, now=NOW + timedelta(days=1),
    )  # fmt: skip
    dispute_decide(
        dispute_id=dispute.id, outcome="upheld", decision="Yes.", adjustment_minor=250,
        reserve="reserve", actor=reviewer, now=LATER,
    )  # fmt: skip
    reads("""
        pool_promised     receivable:platform      pool:2013-Q4-delays-USD  10.00
        period_allocated  pool:2013-Q4-delays-USD  payable:ann              10.00
        pool_promised     receivable:platform      pool:reserve              5.00
        dispute_opened    payable:ann              disputed:ann              4.00
        dispute_closed    disputed:ann             payable:ann               4.00
        adjusted_up       pool:reserve             payable:ann               2.50
    """)


def test_what_the_interval_does_not_support_is_held_and_forfeited(make_run, reviewer):
    make_run({"ann": ("1", "0.25"), "bob": "1"}, 2_000, Policy(fee_bp=0, confidence_rule="hold"))
    holdback_decide(holdback_id=Holdback.objects.get().id, forfeit=True, actor=reviewer, now=LATER)
    reads("""
        pool_promised       receivable:platform      pool:2013-Q4-delays-USD  20.00
        period_allocated    pool:2013-Q4-delays-USD  payable:ann              10.00
        period_allocated    pool:2013-Q4-delays-USD  payable:bob              10.00
        holdback_set_aside  payable:ann              holdback:ann              4.90
        holdback_forfeited  holdback:ann             forfeited                 4.90
    """)


def test_a_negative_value_is_owed_back_where_the_contract_says_so(make_run):
    policy = Policy(fee_bp=0, negative_rule="debit")
    make_run({"ann": "3", "bob": "-1"}, 3_000, policy, quarter=3)
    make_run({"ann": "1", "bob": "1"}, 1_000, policy, quarter=4)
    reads("""
        pool_promised     receivable:platform      pool:2013-Q3-delays-USD  30.00
        period_allocated  pool:2013-Q3-delays-USD  payable:ann              30.00
        adjusted_down     clawback:bob             pool:2013-Q3-delays-USD  10.00
        pool_promised     receivable:platform      pool:2013-Q4-delays-USD  10.00
        period_allocated  pool:2013-Q4-delays-USD  payable:ann               5.00
        period_allocated  pool:2013-Q4-delays-USD  payable:bob               5.00
        clawback_netted   payable:bob              clawback:bob              5.00
    """)

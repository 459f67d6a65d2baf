"""Disputes: within the window, the disputed amount alone, a linked entry."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from contributors.errors import NotPermitted
from ledger.core.payments import payout_reserved
from ledger.core.policy import Policy
from ledger.errors import (
    AdjustmentTooLarge,
    DisputeAmountUnsuitable,
    DisputeNotInState,
    DisputeOpen,
    DisputeWindowClosed,
    NotYours,
    Overdraft,
    OwnWork,
    ReserveMissing,
    StatementNotInState,
)
from ledger.models import Dispute, JournalEntry, Statement
from ledger.selectors.journal import held_minor
from ledger.services.disputes import (
    answer_due_on,
    dispute_decide,
    dispute_message_add,
    dispute_open,
    dispute_withdraw,
)
from ledger.services.journal import journal_entry_post
from ledger.services.pools import occasion_in, pool_create
from ledger.services.statements import statement_finalise, statements_finalise_due

pytestmark = pytest.mark.django_db
VALUES = {"ann": "0.2", "bob": "0.1"}


@pytest.fixture
def ann(make_user, make_contributor):
    contributor = make_contributor("ann")
    contributor.user = make_user("ann")
    contributor.save()
    return contributor


@pytest.fixture
def statement(make_run, ann):
    make_run(VALUES, 30_000, Policy(fee_bp=0))
    return Statement.objects.get(contributor=ann)


@pytest.fixture
def dispute(statement, ann, now):
    return open_(statement, ann, now)


@pytest.fixture
def reserve(statement, reviewer, now):
    return pool_create(
        code="reserve", period_id=statement.period_id, programme_id=None, currency="USD",
        amount_minor=5_000, funder="platform", policy_id=statement.run.policy_id, actor=reviewer,
        now=now, kind="adjustment_reserve",
    ).code  # fmt: skip


def open_(statement, ann, now, amount_minor=5_000):
    return dispute_open(
        statement_id=statement.id, kind="value", amount_minor=amount_minor,
        text="My rows were counted twice.", actor=ann.user, now=now,
    )  # fmt: skip


def pay(contributor, statement, now, amount_minor):
    """So much of what is owed is on its way to the bank."""
    draft = payout_reserved(
        occasion_in(statement.period, now, "payout", "1"),
        party=str(contributor.id), rail="transfer", net_minor=amount_minor, currency="USD",
    )  # fmt: skip
    journal_entry_post(draft=draft, idempotency_key="paid", actor=None, now=now)


def balances(contributor):
    return [
        held_minor(code=f"{number}:{purpose}:{contributor.id}", currency="USD")
        for number, purpose in ((2100, "payable"), (2120, "disputed"), (1210, "clawback"))
    ]


def decide(dispute, reviewer, now, adjustment_minor=0, reserve=""):
    return dispute_decide(
        dispute_id=dispute.id, outcome="partly", decision="Half of the rows were yours.",
        adjustment_minor=adjustment_minor, reserve=reserve, actor=reviewer, now=now,
    )  # fmt: skip


def test_only_the_disputed_amount_is_held_and_the_rest_stays_payable(dispute, statement, ann):
    assert balances(ann) == [15_000, 5_000, 0]
    statement.refresh_from_db()
    assert statement.state == "disputed"
    assert dispute.messages.get().text == "My rows were counted twice."


def test_a_dispute_on_the_last_day_is_accepted_and_one_later_is_not(statement, ann):
    last = statement.dispute_until
    with pytest.raises(DisputeWindowClosed):
        open_(statement, ann, last + timedelta(seconds=1))
    assert open_(statement, ann, last).state == "open"


def test_nobody_disputes_anothers_statement(statement, make_user, now, ann):
    with pytest.raises(NotYours):
        dispute_open(
            statement_id=statement.id, kind="value", amount_minor=1, text="", now=now,
            actor=make_user("dan"),
        )  # fmt: skip


def test_opening_twice_finds_the_open_dispute(dispute, statement, ann, now):
    assert open_(statement, ann, now).id == dispute.id
    assert balances(ann) == [15_000, 5_000, 0]


def test_more_than_is_payable_is_disputed_but_only_the_payable_is_held(statement, ann, now):
    dispute = open_(statement, ann, now, 30_000)
    assert (dispute.amount_minor, dispute.held_minor) == (30_000, 20_000)
    assert balances(ann) == [0, 20_000, 0]


def test_a_dismissed_dispute_gives_back_what_was_held(dispute, ann, reviewer, now):
    decide(dispute, reviewer, now)
    assert balances(ann) == [20_000, 0, 0]
    assert dispute.statement.__class__.objects.get(id=dispute.statement_id).state == "resolved"


def test_a_decision_in_favour_posts_a_linked_entry_out_of_the_reserve(
    dispute, ann, reviewer, now, reserve
):
    decided = decide(dispute, reviewer, now, 1_500, reserve)
    assert balances(ann) == [21_500, 0, 0]
    entry = JournalEntry.objects.get(id=decided.adjustment_entry_id)
    assert (entry.event, entry.adjusts.event) == ("adjusted_up", "period_allocated")
    assert decide(dispute, reviewer, now, 1_500, reserve).id == decided.id
    assert balances(ann) == [21_500, 0, 0]


def test_a_decision_against_takes_what_is_payable_and_claws_back_the_rest(
    dispute, statement, ann, reviewer, now, reserve
):
    pay(ann, statement, now, 3_000)
    decide(dispute, reviewer, now, -20_000, reserve)
    assert balances(ann) == [0, 0, 3_000]
    assert held_minor(code="2000:pool:reserve", currency="USD") == 25_000


def test_no_decision_takes_back_more_than_the_statement_gave(
    dispute, statement, ann, reviewer, now, reserve
):
    with pytest.raises(AdjustmentTooLarge):
        decide(dispute, reviewer, now, -20_001, reserve)
    decide(dispute, reviewer, now, -12_000, reserve)
    again = open_(statement, ann, now)
    with pytest.raises(AdjustmentTooLarge):
        decide(again, reviewer, now, -8_001, reserve)
    decide(again, reviewer, now, -8_000, reserve)
    assert balances(ann) == [0, 0, 0]


@pytest.mark.parametrize("amount_minor", [0, 30_001, 10**18, 2**63])
def test_no_more_than_the_pool_is_disputed(statement, ann, now, amount_minor):
    with pytest.raises(DisputeAmountUnsuitable):
        open_(statement, ann, now, amount_minor)


def test_another_dispute_while_one_is_open_is_refused_and_not_lost(dispute, statement, ann, now):
    with pytest.raises(DisputeOpen) as refused:
        open_(statement, ann, now, 4_999)
    assert refused.value.context["dispute_id"] == str(dispute.id)


def test_nobody_decides_their_own_dispute(dispute, ann, now):
    ann.user.role = "reviewer"
    with pytest.raises(OwnWork):
        decide(dispute, ann.user, now)


def test_an_adjustment_needs_a_reserve_that_holds_enough(dispute, reviewer, now, reserve):
    with pytest.raises(ReserveMissing):
        decide(dispute, reviewer, now, 1_500)
    with pytest.raises(Overdraft), transaction.atomic():
        decide(dispute, reviewer, now, 6_000, reserve)


def test_the_clawback_is_netted_from_later_earnings_and_shown(
    dispute, statement, ann, reviewer, now, reserve, make_run
):
    pay(ann, statement, now, 3_000)
    decide(dispute, reviewer, now, -20_000, reserve)
    make_run({"ann": "1"}, 10_000, Policy(fee_bp=0), year=2014, quarter=1)
    later = Statement.objects.filter(contributor=ann).order_by("-chain_seq").first()
    assert (later.opening_minor, later.adjustment_minor, later.clawback_minor) == (
        20_000,
        -17_000,
        3_000,
    )
    assert later.closing_minor == 7_000
    lines = list(later.lines.order_by("position").values_list("kind", "amount_minor"))
    assert ("adjustment", -17_000) in lines and ("clawback", -3_000) in lines


def test_a_withdrawn_dispute_gives_back_what_was_held(dispute, ann, now, reviewer):
    dispute_withdraw(dispute_id=dispute.id, actor=ann.user, now=now)
    assert balances(ann) == [20_000, 0, 0]
    with pytest.raises(DisputeNotInState):
        decide(dispute, reviewer, now)


def test_only_the_two_sides_write_in_the_thread(dispute, ann, reviewer, make_user, now):
    dispute_message_add(dispute_id=dispute.id, text="Which rows?", actor=reviewer, now=now)
    dispute_message_add(dispute_id=dispute.id, text="All of May.", actor=ann.user, now=now)
    with pytest.raises(NotYours):
        dispute_message_add(dispute_id=dispute.id, text="Me too.", actor=make_user("dan"), now=now)
    assert dispute.messages.count() == 3


def test_only_a_reviewer_decides_and_never_the_opener(dispute, ann, approver, now):
    for actor in (ann.user, approver):
        with pytest.raises(NotPermitted):
            decide(dispute, actor, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(id=dispute.id).update(decided_by=dispute.opened_by)


def test_a_statement_is_final_after_its_window_and_not_while_disputed(
    statement, ann, now, dispute, reviewer
):
    later = statement.dispute_until + timedelta(days=1)
    with pytest.raises(StatementNotInState):
        statement_finalise(statement_id=statement.id, actor=reviewer, now=later)
    assert statements_finalise_due(now=later) == 1
    decide(dispute, reviewer, later)
    assert statements_finalise_due(now=later) == 1
    assert set(Statement.objects.values_list("state", flat=True)) == {"final"}


def test_the_answer_is_due_in_ten_working_days():
    assert answer_due_on(date(2014, 1, 17)) == date(2014, 1, 31)

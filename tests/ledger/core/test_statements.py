"""From gross to net: D7, D12, D13, D15 and the reasons."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.policy import Policy
from ledger.core.reasons import reason
from ledger.core.royalties import LineDraft
from ledger.core.statements import Movement, Opening, draft_statement, statement_adds_up

PLAIN = Policy(fee_bp=0)
minors = st.integers(0, 10**12)
policies = st.builds(
    Policy,
    fee_bp=st.just(0),
    holdback_bp=st.integers(1, 9_999),
    holdback_periods=st.integers(1, 12),
    recoupment_bp=st.integers(0, 10_000),
    threshold_minor=minors,
)
openings = st.builds(
    Opening,
    balance_minor=minors,
    movements=st.lists(
        st.builds(
            Movement,
            kind=st.sampled_from(["payment_returned", "adjustment", "holdback_released"]),
            amount_minor=minors,
        ),
        max_size=3,
    ).map(tuple),
    advance_minor=minors,
    clawback_minor=minors,
    withholding_bp=st.integers(0, 10_000),
)


def line(gross_minor, held_minor=0, debit_minor=0):
    return LineDraft(
        player_key="ann",
        contributor_id="1",
        code="ann",
        value="1",
        standard_error="0",
        weight="1",
        quota="1",
        gross_minor=gross_minor,
        held_minor=held_minor,
        debit_minor=debit_minor,
        carried_value="0",
        reason=None if gross_minor else reason("zero_value"),
        held_reason=reason("not_supported_by_interval", lower="0.5") if held_minor else None,
    )


def statement(gross_minor, policy=PLAIN, opening=None, **amounts):
    return draft_statement(
        contributor_id="1",
        code="ann",
        lines=[line(gross_minor, **amounts)],
        opening=opening or Opening(),
        policy=policy,
        currency="USD",
    )


def codes(draft):
    return [each.reason.code for each in draft.lines if each.reason]


@given(minors, policies, openings)
def test_opening_and_lines_and_payments_always_give_closing(gross, policy, opening):
    draft = statement(gross, policy, opening)
    assert statement_adds_up(draft)
    moves = [each for each in draft.lines if each.kind not in ("carried", "withholding", "net")]
    total = sum(each.amount_minor for each in moves)
    assert draft.opening_minor + total == draft.closing_minor


@given(minors, policies, openings)
def test_recoupment_never_takes_more_than_the_advance_nor_a_balance_below_zero(
    gross, policy, opening
):
    draft = statement(gross, policy, opening)
    assert 0 <= draft.recouped_minor <= opening.advance_minor
    assert draft.recouped_minor <= gross - draft.holdback_minor
    assert 0 <= draft.clawback_minor <= opening.clawback_minor
    assert draft.closing_minor >= 0


@given(minors, policies, openings)
def test_every_amount_that_is_zero_held_carried_or_reduced_has_a_reason(gross, policy, opening):
    for each in statement(gross, policy, opening).lines:
        earning = each.kind in ("gross", "net") and each.amount_minor > 0
        assert earning or each.reason is not None


@pytest.mark.parametrize(("balance", "carried"), [(999, 999), (1000, 0), (1001, 0)])
def test_a_balance_of_exactly_the_threshold_is_paid(balance, carried):
    draft = statement(balance, replace(PLAIN, threshold_minor=1000))
    assert (draft.carried_minor, draft.due_minor) == (carried, balance - carried)


def test_below_the_threshold_the_whole_amount_is_carried_and_says_how_far_it_is():
    draft = statement(320, replace(PLAIN, threshold_minor=1000))
    assert (draft.net_minor, draft.carried_minor, draft.closing_minor) == (0, 320, 320)
    assert draft.lines[1].reason.sentence == (
        "Carried forward: 3.20 of the 10.00 that a payment needs."
    )


def test_the_threshold_compares_the_balance_before_withholding():
    policy = replace(PLAIN, threshold_minor=1000)
    draft = statement(1000, policy, Opening(withholding_bp=3000))
    assert (draft.withholding_minor, draft.net_minor) == (300, 700)


def test_a_contributor_who_leaves_is_paid_whatever_the_balance():
    draft = statement(1, replace(PLAIN, threshold_minor=1000), Opening(leaving=True))
    assert draft.net_minor == 1


def test_deductions_follow_the_order_of_the_design():
    policy = Policy(
        fee_bp=0, holdback_bp=1000, holdback_periods=2, recoupment_bp=5000, threshold_minor=1
    )
    opening = Opening(
        balance_minor=500,
        movements=(
            Movement(kind="paid", amount_minor=-500),
            Movement(kind="adjustment", amount_minor=100),
            Movement(kind="disputed", amount_minor=-40),
        ),
        advance_minor=300,
        clawback_minor=50,
        withholding_bp=1000,
    )
    draft = statement(1000, policy, opening, held_minor=200)
    assert [(each.kind, each.amount_minor) for each in draft.lines] == [
        ("gross", 1000),
        ("paid", -500),
        ("adjustment", 100),
        ("disputed", -40),
        ("held", -200),
        ("holdback", -80),
        ("recoupment", -300),
        ("clawback", -50),
        ("withholding", -43),
        ("net", 387),
    ]


def test_a_debit_is_netted_from_the_balance_and_the_rest_is_owed_back_later():
    draft = statement(0, PLAIN, Opening(balance_minor=100), debit_minor=250)
    assert (draft.clawback_minor, draft.clawback_left_minor) == (100, 150)
    assert codes(draft) == ["zero_value", "clawback", "nothing_due"]


def test_a_contributor_without_data_in_the_run_still_gets_a_statement_that_says_so():
    draft = draft_statement(
        contributor_id="1",
        code="ann",
        lines=[],
        opening=Opening(balance_minor=700),
        policy=PLAIN,
        currency="USD",
    )
    assert (draft.gross_minor, draft.net_minor) == (0, 700)
    assert codes(draft) == ["not_in_run"]

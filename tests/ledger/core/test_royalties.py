"""From pool and values to gross: D1 to D5, the rules, the reasons."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.policy import Policy
from ledger.core.reasons import REASONS
from ledger.core.royalties import Member, Player, split_pool
from ledger.errors import PolicyUnsuitable

CLIP = Policy(fee_bp=1000)
values = st.floats(-1e300, 1e300).map(lambda value: format(value, ".12g"))
errors = st.floats(0, 1e3).map(lambda value: format(value, ".12g"))
policies = st.builds(
    Policy,
    fee_bp=st.integers(0, 9_999),
    negative_rule=st.sampled_from(["clip", "carry", "debit"]),
    confidence_rule=st.sampled_from(["estimate", "hold"]),
    duplicate_rule=st.sampled_from(["rows", "equal", "earliest"]),
    tie_rule=st.sampled_from(["code", "earliest"]),
)


def member(code, rows=10, first="2013-01-01T00:00:00Z"):
    return Member(
        contributor_id=code, code=code, row_count=rows, first_accepted_at=first, weight=rows
    )


def player(key, value, error="0", members=None):
    return Player(
        key=key, value=value, standard_error=error, members=members or (member(f"{key}-code"),)
    )


def split(players, policy=CLIP, pool_minor=10_000, **options):
    return split_pool(
        pool_minor=pool_minor, policy=policy, players=players, empty="0", grand="1", **options
    )


def grosses(result):
    return {line.code: line.gross_minor for line in result.lines}


players_strategy = st.lists(
    st.tuples(values, errors, st.lists(st.integers(0, 50), min_size=1, max_size=3)),
    min_size=1,
    max_size=8,
).map(
    lambda rows: [
        player(
            f"p{index}",
            value,
            error,
            tuple(member(f"c{index}-{number}", count) for number, count in enumerate(counts)),
        )
        for index, (value, error, counts) in enumerate(rows)
    ]
)


@given(players_strategy, policies, st.integers(1, 10**13))
def test_fee_and_gross_sum_to_the_pool_whatever_the_values(players, policy, pool_minor):
    result = split(players, policy, pool_minor)
    if result.decision:
        assert all(float(each.value) <= 0 for each in players) and not result.lines
        return
    assert result.fee_minor + sum(grosses(result).values()) == pool_minor


@given(players_strategy, policies, st.integers(1, 10**13), st.randoms())
def test_the_order_of_players_never_changes_a_line(players, policy, pool_minor, random):
    shuffled = [
        replace(each, members=tuple(random.sample(each.members, len(each.members))))
        for each in random.sample(players, len(players))
    ]
    assert split(players, policy, pool_minor) == split(shuffled, policy, pool_minor)


@given(players_strategy, policies, st.integers(1, 10**13))
def test_every_zero_or_held_line_has_a_reason(players, policy, pool_minor):
    for line in split(players, policy, pool_minor).lines:
        if line.gross_minor == 0:
            assert line.reason is not None
        if line.held_minor:
            assert line.held_reason is not None and 0 < line.held_minor <= line.gross_minor
        if line.debit_minor:
            assert line.gross_minor == 0


def test_all_values_at_or_below_zero_need_a_decision_and_pay_nobody():
    result = split([player("ann", "-1"), player("bob", "0")])
    assert (result.decision, result.lines) == ("no_positive_value", ())


def test_no_surplus_over_the_constant_predictor_needs_a_decision():
    arguments = {"pool_minor": 100, "policy": CLIP, "empty": "-0.5", "grand": "-0.6"}
    players = [player("ann", "0.1"), player("bob", "-0.2")]
    assert split_pool(players=players, **arguments).decision == "no_surplus"
    accepted = split_pool(players=players, accept_no_surplus=True, **arguments)
    assert grosses(accepted) == {"ann-code": 90, "bob-code": 0}


def test_a_run_without_players_needs_a_decision():
    assert split([]).decision == "no_players"


def test_a_negative_value_is_clipped_and_never_debited():
    result = split([player("ann", "3"), player("bob", "-1"), player("cleo", "1")])
    assert grosses(result) == {"ann-code": 6750, "bob-code": 0, "cleo-code": 2250}
    bob = result.lines[1]
    assert (bob.reason.code, bob.debit_minor, bob.carried_value) == ("negative_value", 0, "0")


def test_a_carried_negative_value_reduces_later_values_and_never_money():
    carry = replace(CLIP, negative_rule="carry")
    first = split([player("ann", "3"), player("bob", "-1")], carry)
    memo = {line.player_key: line.carried_value for line in first.lines}
    assert memo == {"ann": "0", "bob": "-1"}
    second = split([player("ann", "3"), player("bob", "4")], carry, memos=memo)
    assert grosses(second) == {"ann-code": 4500, "bob-code": 4500}
    assert second.lines[1].reason.code == "carried_value_applied"
    assert second.lines[1].carried_value == "0"


def test_a_debited_negative_value_owes_its_magnitude_at_the_price_that_others_earn():
    debit = replace(CLIP, negative_rule="debit")
    result = split([player("ann", "3"), player("bob", "-1")], debit)
    assert grosses(result) == {"ann-code": 9000, "bob-code": 0}
    assert result.lines[1].debit_minor == 3000


def test_what_the_interval_does_not_support_is_held():
    hold = replace(CLIP, confidence_rule="hold")
    result = split([player("ann", "1", "0.25"), player("bob", "1", "1"), player("c", "1")], hold)
    assert [line.gross_minor for line in result.lines] == [3000, 3000, 3000]
    assert [line.held_minor for line in result.lines] == [1470, 3000, 0]
    assert result.lines[0].held_reason.sentence.startswith("The 95 % interval reaches down to 0.51")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("rows", {"ann": 6000, "bob": 3000}),
        ("equal", {"ann": 4500, "bob": 4500}),
        ("earliest", {"ann": 0, "bob": 9000}),
    ],
)
def test_what_a_cluster_earns_is_split_inside_it_by_the_policy(rule, expected):
    cluster = (member("ann", 20, "2013-02-01"), member("bob", 10, "2013-01-01"))
    result = split([player("x", "1", members=cluster)], replace(CLIP, duplicate_rule=rule))
    assert grosses(result) == expected


@pytest.mark.parametrize("rule, winner", [("code", "ann"), ("earliest", "bob")])
def test_a_tie_of_one_minor_unit_goes_to_whom_the_policy_says(rule, winner):
    policy = Policy(fee_bp=0, tie_rule=rule)
    ann, bob = member("ann", first="2013-06-01"), member("bob", first="2013-01-01")
    apart = split([player("ann", "1", members=(ann,)), player("bob", "1", members=(bob,))],
                  policy, 101)  # fmt: skip
    together = split([player("ann+bob", "1", members=(ann, bob))], policy, 101)
    for result in (apart, together):
        assert [line.code for line in result.lines] == ["ann", "bob"]
        assert {code for code, gross in grosses(result).items() if gross == 51} == {winner}


@given(players_strategy, policies, st.integers(1, 10**9), st.lists(st.integers(0, 50), min_size=1))
def test_splitting_ones_data_among_linked_accounts_never_changes_their_summed_share(
    players, policy, pool_minor, rows
):
    """D10: linked accounts are one player, so the split can move nothing but what is inside it."""
    one = split(players, policy, pool_minor)
    first, *others = sorted(players, key=lambda each: each.key)
    shells = tuple(member(f"shell-{number}", count) for number, count in enumerate(rows))
    many = split([replace(first, members=shells), *others], policy, pool_minor)
    totals = [
        sum(line.gross_minor for line in result.lines if line.player_key == first.key)
        for result in (one, many)
    ]
    assert totals[0] == totals[1]
    assert one.decision == many.decision


def test_the_quota_is_exact_and_within_one_unit_of_the_share():
    result = split([player("ann", "1"), player("bob", "2")], pool_minor=100)
    assert [line.quota for line in result.lines] == ["30", "60"]
    assert [line.quota for line in split([player("a", "1"), player("b", "6")]).lines] == [
        "9000/7",
        "54000/7",
    ]


@pytest.mark.parametrize(
    "numbers",
    [
        {"fee_bp": 10_000},
        {"fee_bp": -1},
        {"fee_bp": 0, "holdback_bp": 100},
        {"fee_bp": 0, "holdback_periods": 1},
        {"fee_bp": 0, "negative_rule": "punish"},
        {"fee_bp": 0, "confidence_rule": "guess"},
        {"fee_bp": 0, "duplicate_rule": "first"},
        {"fee_bp": 0, "dispute_window_days": 0},
        {"fee_bp": 0, "threshold_minor": -1},
        {"fee_bp": 0, "threshold_minor": 10**15 + 1},
        {"fee_bp": 0, "tie_rule": "loudest"},
        {"fee_bp": 0, "unclaimed_days": -1},
        {"fee_bp": 0, "recoupment_bp": 10_001},
    ],
)
def test_a_policy_that_cannot_govern_a_run_is_refused(numbers):
    with pytest.raises(PolicyUnsuitable):
        Policy(**numbers)


def test_every_reason_says_what_happened_what_to_do_and_until_when():
    for code, texts in REASONS.items():
        assert all(text.endswith(".") for text in texts), code

"""Reserves: set aside, released in parts with the next periods, forfeited by a decision."""

import pytest
from django.db.models import Sum

from ledger.core.policy import Policy
from ledger.errors import HoldbackReleased, OwnWork
from ledger.models import Holdback, HoldbackRelease, Statement
from ledger.selectors.holdbacks import holdback_list
from ledger.selectors.journal import held_minor
from ledger.services.holdbacks import holdback_decide

pytestmark = pytest.mark.django_db
POLICY = Policy(fee_bp=0, holdback_bp=1_000, holdback_periods=3)


def held(contributor):
    return held_minor(code=f"2110:holdback:{contributor.id}", currency="USD")


def test_set_aside_is_released_and_forfeited_and_still_held(make_run, make_contributor, now):
    ann = make_contributor("ann")
    balances = []
    for quarter in (1, 2, 3, 4):
        make_run({"ann": "1"}, 1_000, POLICY, quarter=quarter)
        balances.append(held(ann))
        kept = Holdback.objects.aggregate(total=Sum("amount_minor"))["total"]
        back = HoldbackRelease.objects.aggregate(total=Sum("amount_minor", default=0))["total"]
        assert kept == back + held(ann)
    # 100 kept each quarter; 34 + 33 + 33 of each come back over the next three.
    assert balances == [100, 166, 199, 199]
    assert list(
        Statement.objects.order_by("chain_seq").values_list("released_minor", flat=True)
    ) == [0, 34, 67, 100]


def test_what_uncertainty_holds_is_released_by_a_decision(
    make_run, make_contributor, reviewer, now
):
    policy = Policy(fee_bp=0, confidence_rule="hold")
    make_run({"ann": ("1", "0.25"), "bob": "1"}, 2_000, policy)
    holdback = Holdback.objects.get(kind="uncertainty")
    ann = make_contributor("ann")
    assert (holdback.amount_minor, held(ann)) == (490, 490)
    holdback_decide(holdback_id=holdback.id, forfeit=False, actor=reviewer, now=now)
    assert (held(ann), holdback_list()[0].held_minor) == (0, 0)
    with pytest.raises(HoldbackReleased):
        holdback_decide(holdback_id=holdback.id, forfeit=False, actor=reviewer, now=now)


def test_a_forfeited_reserve_is_income_and_never_released_later(
    make_run, make_contributor, reviewer, now
):
    make_run({"ann": "1"}, 1_000, POLICY, quarter=1)
    make_run({"ann": "1"}, 1_000, POLICY, quarter=2)
    first = Holdback.objects.order_by("id").first()
    holdback_decide(holdback_id=first.id, forfeit=True, actor=reviewer, now=now)
    assert held_minor(code="4100:forfeited", currency="USD") == 66
    make_run({"ann": "1"}, 1_000, POLICY, quarter=3)
    assert held(make_contributor("ann")) == 100 + 66


def test_nobody_releases_what_is_held_for_themselves(make_run, make_contributor, reviewer, now):
    ann = make_contributor("ann", user=reviewer)
    make_run({"ann": "1"}, 1_000, POLICY)
    with pytest.raises(OwnWork):
        holdback_decide(
            holdback_id=Holdback.objects.get().id, forfeit=False, actor=reviewer, now=now
        )
    assert held(ann) == 100

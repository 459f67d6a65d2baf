"""The demo's pool of 2013-Q4, from a promise to issued statements."""

from datetime import date, datetime
from uuid import UUID

from contributors.models import Programme
from ledger.core.policy import Policy
from ledger.management.demo.people import People
from ledger.models import Period, RoyaltyRun
from ledger.services.periods import period_freeze, period_open
from ledger.services.pools import policy_version_create, pool_create, pool_fund
from ledger.services.royalties import (
    royalty_run_approve,
    royalty_run_calculate,
    royalty_run_submit,
)
from valuation.models import RunState, ValuationRun
from valuation.services.runs import valuation_run_lock_values, valuation_run_review

POOL_MINOR = 100_000_00
QUARTER = (date(2013, 10, 1), date(2013, 12, 31))
POLICY = Policy(
    fee_bp=1_000,  # 10 % of the pool pays for the platform
    holdback_bp=500,  # 5 % of gross waits for late corrections
    holdback_periods=2,
    threshold_minor=10_00,  # smaller sums are carried forward
)


def period_ensure(now: datetime) -> Period:
    """The fourth quarter of 2013 is there and its intake is over."""
    period = period_open(code="2013-Q4", starts_on=QUARTER[0], ends_on=QUARTER[1])
    return period_freeze(period_id=period.id, now=now)


def royalties_ensure(
    programme: Programme, run_id: UUID, people: People, now: datetime
) -> RoyaltyRun:
    """The pool is split, submitted by the reviewer, approved by the approver, and stated."""
    _values_lock(run_id, people, now)
    policy = policy_version_create(
        name="flights", policy=POLICY, valid_from=QUARTER[0], actor=people.reviewer, now=now
    )
    pool = pool_create(
        code="flights-2013-Q4",
        period_id=period_ensure(now).id,
        programme_id=programme.id,
        currency="USD",
        amount_minor=POOL_MINOR,
        funder="airports",
        policy_id=policy.id,
        actor=people.reviewer,
        now=now,
    )
    pool_fund(
        pool_id=pool.id,
        bank="main",
        amount_minor=POOL_MINOR,
        key="airports-2013-Q4",
        actor=people.reviewer,
        now=now,
    )
    run = royalty_run_calculate(
        pool_id=pool.id, valuation_run_id=run_id, actor=people.reviewer, now=now
    )
    if run.state == RoyaltyRun.State.CALCULATED:
        royalty_run_submit(run_id=run.id, actor=people.reviewer, now=now)
    return royalty_run_approve(run_id=run.id, actor=people.approver, now=now)


def _values_lock(run_id: UUID, people: People, now: datetime) -> None:
    if ValuationRun.objects.get(pk=run_id).state == RunState.COMPUTED:
        valuation_run_review(run_id=run_id, actor=people.reviewer, now=now)
        valuation_run_lock_values(run_id=run_id, actor=people.reviewer, now=now)

"""Policies and pools: what is distributed, by which rules."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from ledger.core.bookkeeping import Occasion, pool_funded, pool_promised
from ledger.core.money import exponent
from ledger.core.policy import Policy
from ledger.errors import AmountOutOfRange, NotFound
from ledger.models import Period, PolicyVersion, Pool
from ledger.services.journal import PostedEntry, journal_entry_post
from ledger.services.roles import require_role


def policy_version_create(
    *, name: str, policy: Policy, valid_from: date, actor: Any, now: datetime
) -> PolicyVersion:
    """The policy is the newest version of its name; the same rules again give the same version."""
    require_role(actor, "reviewer")
    with transaction.atomic():
        versions = PolicyVersion.objects.filter(name=name)
        same = versions.filter(valid_from=valid_from, **policy.as_record()).first()
        if same is not None:
            return same
        last = versions.aggregate(last=Max("version"))["last"] or 0
        return PolicyVersion.objects.create(
            name=name,
            version=last + 1,
            valid_from=valid_from,
            created_by=actor,
            created_at=now,
            **policy.as_record(),
        )


def pool_create(
    *,
    code: str,
    period_id: UUID,
    programme_id: UUID | None,
    currency: str,
    amount_minor: int,
    funder: str,
    policy_id: UUID,
    actor: Any,
    now: datetime,
    kind: str = Pool.Kind.ROYALTY,
) -> Pool:
    """The pool is promised by its funder and in the books; the same code again finds it."""
    require_role(actor, "reviewer")
    exponent(currency)
    if amount_minor < 1:
        raise AmountOutOfRange(amount_minor=amount_minor)
    with transaction.atomic():
        period = _period(period_id)
        pool = Pool.objects.filter(code=code).first()
        if pool is None:
            pool = Pool.objects.create(
                code=code,
                kind=kind,
                period=period,
                programme_id=programme_id,
                currency=currency,
                amount_minor=amount_minor,
                funder=funder,
                policy_id=policy_id,
                created_by=actor,
                created_at=now,
            )
        journal_entry_post(
            draft=pool_promised(
                occasion_in(period, now, "pool", pool.id),
                pool=code,
                funder=funder,
                amount_minor=amount_minor,
                currency=currency,
            ),
            idempotency_key=f"pool:{code}:promised",
            actor=actor,
            now=now,
        )
    return pool


def pool_fund(
    *, pool_id: UUID, bank: str, amount_minor: int, key: str, actor: Any, now: datetime
) -> PostedEntry:
    """Money for the pool reached the bank; `key` names the bank's own booking."""
    require_role(actor, "reviewer")
    pool = Pool.objects.select_related("period").filter(id=pool_id).first()
    if pool is None:
        raise NotFound(pool_id=str(pool_id))
    draft = pool_funded(
        occasion_in(pool.period, now, "pool", pool.id),
        pool=pool.code,
        bank=bank,
        amount_minor=amount_minor,
        currency=pool.currency,
        funder=pool.funder,
    )
    return journal_entry_post(
        draft=draft, idempotency_key=f"pool:{pool.code}:funded:{key}", actor=actor, now=now
    )


def occasion_in(
    period: Period, now: datetime, source_type: str, source_id: Any, **more: Any
) -> Occasion:
    """An occasion in the period: on today's date if the period has it, else its nearest day."""
    today = now.date()
    return Occasion(
        period_id=period.id,
        effective_on=min(max(today, period.starts_on), period.ends_on),
        source_type=source_type,
        source_id=str(source_id),
        **more,
    )


def _period(period_id: UUID) -> Period:
    period = Period.objects.filter(id=period_id).first()
    if period is None:
        raise NotFound(period_id=str(period_id))
    return period

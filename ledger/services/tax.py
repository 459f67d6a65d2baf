"""Tax profiles and rules: data with dates, reviewed by a person. No filing, no advice."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from contributors.models import Contributor
from ledger.core.payments import tax_remitted
from ledger.errors import NotFound
from ledger.models import TaxProfile, TaxRule
from ledger.services.holdbacks import period_open_at
from ledger.services.journal import PostedEntry, journal_entry_post
from ledger.services.pools import occasion_in
from ledger.services.roles import refuse_own_work, require_role


def tax_profile_add(*, contributor_id: Any, actor: Any, now: datetime, **facts: Any) -> TaxProfile:
    """The payee has this profile for its dates; the newest one in force counts.

    `facts` are form, country, rate_bp, evidence_sha256, valid_from, valid_to and, where they
    apply, treaty_article, income_code and exemption_code. Adding it again finds it. Raises OwnWork
    if the payee is whoever adds it.
    """
    require_role(actor, "reviewer")
    payee = Contributor.objects.filter(pk=contributor_id).first()
    if payee is None:
        raise NotFound(contributor_id=str(contributor_id))
    refuse_own_work(actor, payee.user_id)
    with transaction.atomic():
        there = TaxProfile.objects.filter(contributor_id=contributor_id, **facts).first()
        return there or TaxProfile.objects.create(
            contributor_id=contributor_id, reviewed_by=actor, created_at=now, **facts
        )


def tax_rule_add(
    *,
    forms: list[str],
    authority: str,
    valid_from: date,
    actor: Any,
    now: datetime,
    payee_country: str = "",
    valid_to: date | None = None,
) -> TaxRule:
    """From this day on, payees (of a country, or all) need one of these forms to be paid."""
    require_role(actor, "reviewer")
    return TaxRule.objects.create(
        payee_country=payee_country,
        forms=forms,
        authority=authority,
        valid_from=valid_from,
        valid_to=valid_to,
        created_by=actor,
        created_at=now,
    )


def tax_remit(
    *,
    authority: str,
    bank: str,
    amount_minor: int,
    currency: str,
    reference: str,
    actor: Any,
    now: datetime,
) -> PostedEntry:
    """Withheld tax reached its authority; `reference` names the bank's booking."""
    require_role(actor, "reviewer")
    draft = tax_remitted(
        occasion_in(period_open_at(now), now, "tax", authority),
        authority=authority,
        bank=bank,
        amount_minor=amount_minor,
        currency=currency,
    )
    key = f"tax:{authority}:{reference}"
    return journal_entry_post(draft=draft, idempotency_key=key, actor=actor, now=now)

"""Balances that nobody can be paid, and since when: what may be kept as unclaimed."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from contributors.models import Contributor
from ledger.core.reasons import Reason
from ledger.models import PolicyVersion, Statement
from ledger.selectors.journal import account_balances
from ledger.selectors.payouts import payouts_payable

# Why a payment is held that only the payee can end.
UNPAYABLE = ("needs_certificate", "needs_details", "bank_refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclaimedBalance:
    """What is owed to somebody who cannot be paid, once the term of its policy has passed."""

    contributor_id: str
    code: str
    currency: str
    amount_minor: int
    since: date
    reason: Reason


def unclaimed_due(*, on: date, currency: str | None = None) -> tuple[UnclaimedBalance, ...]:
    """Every such balance, by currency and code.

    The term runs from the contributor's last statement, by the policy of that statement; of
    somebody erased it is over at once. Constant queries for each currency.
    """
    ever = PolicyVersion.objects.filter(unclaimed_days__gt=0).exists()
    if not ever and not Contributor.objects.filter(erased_at__isnull=False).exists():
        return ()
    payable = {row.currency for row in account_balances(purpose="payable") if row.held_minor}
    wanted = payable if currency is None else payable & {currency}
    return tuple(each for name in sorted(wanted) for each in _due(name, on))


def _due(currency: str, on: date) -> list[UnclaimedBalance]:
    held = {
        draft.contributor_id: draft
        for draft in payouts_payable(currency=currency, on=on)
        if draft.advance_id is None and draft.hold and draft.hold.code in UNPAYABLE
    }
    over = _terms_over(set(held), currency, on)
    return [
        UnclaimedBalance(
            contributor_id=party,
            code=code,
            currency=currency,
            amount_minor=held[party].gross_minor,
            since=since,
            reason=reason,
        )
        for code, party, since in over
        if (reason := held[party].hold) is not None
    ]


def _terms_over(parties: set[str], currency: str, on: date) -> list[tuple[str, str, date]]:
    """Code, id and the day since which the term is over, by code."""
    statements = Statement.objects.filter(currency=currency, contributor_id__in=parties)
    terms: dict[str, date] = {}
    for party, issued_at, policy in statements.order_by("chain_seq").values_list(
        "contributor_id", "issued_at", "run__policy_record"
    ):
        terms.pop(str(party), None)
        if days := policy.get("unclaimed_days", 0):
            terms[str(party)] = issued_at.date() + timedelta(days=days)
    chosen = Contributor.objects.filter(
        Q(id__in=terms) | Q(id__in=parties, erased_at__isnull=False)
    )
    found = []
    for party, code, erased_at in chosen.order_by("code").values_list("id", "code", "erased_at"):
        since = erased_at.date() if erased_at else terms[str(party)]
        if since <= on:
            found.append((code, str(party), since))
    return found

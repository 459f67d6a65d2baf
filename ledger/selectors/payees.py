"""Payees: the tax profile in force, what each earned and got in a year, advances."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from contributors.models import Contributor
from ledger.models import Advance, Payout, Posting, TaxProfile
from ledger.selectors.journal import account_balances
from ledger.selectors.reports import YearlyTotal, yearly_totals
from ledger.selectors.tax import TaxPosition, tax_positions

# What became of an advance, by the state of the payout that pays it; without one it waits.
ADVANCE_STATES = {
    "settled": "paid",
    "overpaid": "paid",
    **dict.fromkeys(("eligible", "reserved", "in_file", "sent", "accepted"), "pending"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeLine:
    """One payee in one currency and year; `currency` is empty where no money moved."""

    code: str
    position: TaxPosition
    currency: str
    earned_minor: int
    withheld_minor: int
    paid_minor: int
    advance_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceRecord:
    """One advance: agreed until a payout batch pays it, then pending, then paid."""

    id: UUID
    contributor_id: UUID
    currency: str
    amount_minor: int
    agreement: str
    created_at: datetime
    state: str


def payee_list(*, on: date, codes: Sequence[str]) -> tuple[PayeeLine, ...]:
    """These payees by code and currency, with the totals of the day's year. Constant queries."""
    payees = dict(Contributor.objects.filter(code__in=codes).values_list("code", "id"))
    parties = {str(each) for each in payees.values()}
    positions = tax_positions(contributor_ids=parties, on=on)
    totals: dict[str, dict[str, YearlyTotal]] = defaultdict(dict)
    for total in yearly_totals(year=on.year, parties=parties):
        totals[total.party][total.currency] = total
    outstanding: dict[str, dict[str, int]] = defaultdict(dict)
    for row in account_balances(purpose="advance"):
        if row.held_minor:
            outstanding[row.party][row.currency] = row.held_minor
    lines = []
    for code, party in sorted((code, str(payee)) for code, payee in payees.items()):
        for currency in sorted({*totals[party], *outstanding[party]}) or [""]:
            total_of = totals[party].get(currency)
            advance_minor = outstanding[party].get(currency, 0)
            lines.append(_line(code, positions.of(party), currency, total_of, advance_minor))
    return tuple(lines)


def payee_years(contributor_id: UUID) -> tuple[tuple[int, YearlyTotal], ...]:
    """What one payee earned and got, by year and currency, the newest year first."""
    party = str(contributor_id)
    own = Q(debit_account__party=party) | Q(credit_account__party=party)
    days = Posting.objects.filter(own).dates("entry__effective_on", "year", order="DESC")
    return tuple(
        (day.year, total) for day in days for total in yearly_totals(year=day.year, parties=[party])
    )


def tax_profile_list(contributor_id: UUID) -> tuple[TaxProfile, ...]:
    """Every profile of a payee, the one entered last first. One query."""
    return tuple(TaxProfile.objects.filter(contributor_id=contributor_id).order_by("-id"))


def advance_list(*, contributor_id: UUID | None = None) -> tuple[AdvanceRecord, ...]:
    """Advances with what became of them, the newest first; one payee's, or all. Two queries."""
    rows = Advance.objects.order_by("-id")
    if contributor_id is not None:
        rows = rows.filter(contributor_id=contributor_id)
    advances = list(rows)
    states = _advance_states(advances)
    own = ("id", "contributor_id", "currency", "amount_minor", "agreement", "created_at")
    return tuple(
        AdvanceRecord(
            **{name: getattr(row, name) for name in own}, state=states.get(row.id, "agreed")
        )
        for row in advances
    )


def advances_outstanding(contributor_id: UUID) -> dict[str, int]:
    """What is still to be repaid out of earnings, by currency. One query."""
    rows = account_balances(purpose="advance", party=str(contributor_id))
    return {row.currency: row.held_minor for row in rows if row.held_minor}


def balances_owed(contributor_id: UUID) -> dict[str, int]:
    """What waits to be paid, by currency. One query."""
    rows = account_balances(purpose="payable", party=str(contributor_id))
    return {row.currency: row.held_minor for row in rows if row.held_minor}


def _advance_states(advances: Iterable[Advance]) -> dict[UUID | None, str]:
    """A payout that failed or is held leaves the advance as it was agreed."""
    payouts = Payout.objects.filter(advance__in=[each.id for each in advances])
    live = payouts.filter(state__in=ADVANCE_STATES)
    return {
        advance_id: ADVANCE_STATES[state]
        for advance_id, state in live.values_list("advance_id", "state")
    }


def _line(
    code: str,
    position: TaxPosition,
    currency: str,
    total: YearlyTotal | None,
    advance_minor: int,
) -> PayeeLine:
    return PayeeLine(
        code=code,
        position=position,
        currency=currency,
        earned_minor=total.earned_minor if total else 0,
        withheld_minor=total.withheld_minor if total else 0,
        paid_minor=total.paid_minor if total else 0,
        advance_minor=advance_minor,
    )

"""Reports over the whole of the books: do they agree with themselves, what is owed since when,
what did each payee get in a year.

The sums are taken in SQL, once over the postings, however many there are.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from ledger.core.bookkeeping import Event
from ledger.core.chart import Kind
from ledger.models import Balance, Posting
from ledger.selectors.journal import ROWS_PER_FETCH, account_balances


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A balance that is not the sum of its postings: stored less summed."""

    account: str
    currency: str
    debit_minor: int
    credit_minor: int
    posting_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """Assets + expenses = liabilities + equity + income, each on its own side, of one currency."""

    currency: str
    assets_minor: int
    expenses_minor: int
    liabilities_minor: int
    equity_minor: int
    income_minor: int

    @property
    def difference_minor(self) -> int:
        left = self.assets_minor + self.expenses_minor
        return left - self.liabilities_minor - self.equity_minor - self.income_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class AgingRow:
    """What is owed to one party, by how long it has been owed; the oldest is paid first."""

    party: str
    currency: str
    purpose: str
    owed_minor: int
    days_0_30_minor: int
    days_31_60_minor: int
    days_61_90_minor: int
    days_over_90_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyTotal:
    """What one payee earned, had withheld and was paid in a year, net of what came back."""

    party: str
    currency: str
    earned_minor: int
    withheld_minor: int
    recouped_minor: int
    advanced_minor: int
    paid_minor: int


# Postings are summed first on each side, so that the larger half of the work is a plain scan.
_DISAGREEMENTS = """
SELECT account.code, account.currency,
       coalesce(balance.debit_minor, 0) - coalesce(debits.total, 0),
       coalesce(balance.credit_minor, 0) - coalesce(credits.total, 0),
       coalesce(balance.posting_count, 0) - coalesce(debits.n, 0) - coalesce(credits.n, 0)
FROM ledger_account AS account
LEFT JOIN ledger_balance AS balance ON balance.account_id = account.id
LEFT JOIN (
  SELECT debit_account_id AS account_id, sum(amount_minor) AS total, count(*) AS n
  FROM ledger_posting GROUP BY debit_account_id
) AS debits ON debits.account_id = account.id
LEFT JOIN (
  SELECT credit_account_id AS account_id, sum(amount_minor) AS total, count(*) AS n
  FROM ledger_posting GROUP BY credit_account_id
) AS credits ON credits.account_id = account.id
WHERE coalesce(balance.debit_minor, 0) <> coalesce(debits.total, 0)
   OR coalesce(balance.credit_minor, 0) <> coalesce(credits.total, 0)
   OR coalesce(balance.posting_count, 0) <> coalesce(debits.n, 0) + coalesce(credits.n, 0)
ORDER BY account.code, account.currency
"""


def reconciliation() -> tuple[Disagreement, ...]:
    """Every account whose balance is not the sum and count of its postings: none, or a fault."""
    with connection.cursor() as cursor:
        cursor.execute(_DISAGREEMENTS)
        rows = cursor.fetchall()
    return tuple(
        Disagreement(
            account=code,
            currency=currency,
            debit_minor=int(debit_minor),
            credit_minor=int(credit_minor),
            posting_count=int(posting_count),
        )
        for code, currency, debit_minor, credit_minor, posting_count in rows
    )


def accounting_equations() -> tuple[Equation, ...]:
    """The accounting equation of every currency, from the balances."""
    sums: dict[str, dict[str, int]] = {}
    rows = Balance.objects.values_list("account__currency", "account__kind").annotate(
        debit=Sum("debit_minor"), credit=Sum("credit_minor")
    )
    for currency, kind, debit, credit in rows:
        sums.setdefault(currency, {})[kind] = int(debit) - int(credit)
    return tuple(
        Equation(
            currency=currency,
            assets_minor=of.get(Kind.ASSET, 0),
            expenses_minor=of.get(Kind.EXPENSE, 0),
            liabilities_minor=-of.get(Kind.LIABILITY, 0),
            equity_minor=-of.get(Kind.EQUITY, 0),
            income_minor=-of.get(Kind.INCOME, 0),
        )
        for currency, of in sorted(sums.items())
    )


def aging(*, on: date, purpose: str = "payable") -> tuple[AgingRow, ...]:
    """What is owed now, by its age on a day. Two queries."""
    owed = {
        (each.code, each.currency): each
        for each in account_balances(purpose=purpose)
        if each.held_minor > 0
    }
    rows = []
    credits_ = groupby(_credits_newest_first(purpose), key=lambda row: row[:2])
    for key, postings in credits_:
        if account := owed.get(key):
            buckets = _buckets(
                account.held_minor, ((day, amount) for *_, day, amount in postings), on
            )
            rows.append(
                AgingRow(
                    party=account.party,
                    currency=account.currency,
                    purpose=purpose,
                    owed_minor=account.held_minor,
                    days_0_30_minor=buckets[0],
                    days_31_60_minor=buckets[1],
                    days_61_90_minor=buckets[2],
                    days_over_90_minor=buckets[3],
                )
            )
    return tuple(rows)


def yearly_totals(*, year: int, parties: Collection[str] | None = None) -> tuple[YearlyTotal, ...]:
    """What every payee, or these, earned and got in a year, by effective date. Two queries.

    An amount counts by where it went: a payable to withholding was withheld, to payout
    clearing was paid, and what came back from there counts against it.
    """
    flows: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
    for party, currency, own, other, total in _party_flows(year, parties):
        of = flows.setdefault((party, currency), {})
        of[own, other] = of.get((own, other), 0) + total
    return tuple(_yearly_total(*key, of) for key, of in sorted(flows.items()))


def _yearly_total(party: str, currency: str, flows: dict[tuple[str, str], int]) -> YearlyTotal:
    def out(own: tuple[str, ...], other: tuple[str, ...]) -> int:
        return sum(flows.get((mine, its), 0) for mine in own for its in other)

    owed, advance = ("payable", "holdback", "disputed", "clawback"), ("advance",)
    return YearlyTotal(
        party=party,
        currency=currency,
        earned_minor=-out(owed, ("pool",)),
        withheld_minor=out((*owed, *advance), ("withholding",)),
        recouped_minor=out(owed, advance),
        advanced_minor=out(advance, ("payout-clearing", "withholding", "bank")),
        paid_minor=out((*owed, *advance), ("payout-clearing", "bank")),
    )


def _party_flows(
    year: int, parties: Collection[str] | None
) -> Iterator[tuple[str, str, str, str, int]]:
    """(party, currency, purpose of its account, purpose of the other, debits less credits)."""
    of_year = Posting.objects.filter(entry__effective_on__year=year)
    for own, other, sign in (
        ("debit_account", "credit_account", 1),
        ("credit_account", "debit_account", -1),
    ):
        chosen = of_year.exclude(**{f"{own}__party": ""})
        if parties is not None:
            chosen = chosen.filter(**{f"{own}__party__in": parties})
        rows = (
            chosen.values_list(f"{own}__party", "currency", f"{own}__purpose", f"{other}__purpose")
            .annotate(total=Sum("amount_minor"))
            .order_by()
        )
        for party, currency, own_purpose, other_purpose, total in rows:
            yield party, currency, own_purpose, other_purpose, sign * int(total)


def _credits_newest_first(purpose: str) -> Iterator[tuple[str, str, date, int]]:
    rows = (
        Posting.objects.filter(credit_account__purpose=purpose)
        .order_by("credit_account__code", "currency", "-entry__effective_on", "-entry__seq")
        .values_list("credit_account__code", "currency", "entry__effective_on", "amount_minor")
    )
    return rows.iterator(ROWS_PER_FETCH)


def _buckets(owed_minor: int, credits_: Iterator[tuple[date, int]], on: date) -> list[int]:
    """Spread what is owed over its newest credits: the oldest were paid first.

    >>> _buckets(10, iter([(date(2026, 3, 1), 7), (date(2026, 1, 1), 9)]), date(2026, 3, 2))
    [7, 3, 0, 0]
    """
    buckets = [0, 0, 0, 0]
    for day, amount_minor in credits_:
        part = min(amount_minor, owed_minor)
        age = (on - day).days
        buckets[0 if age <= 30 else 1 if age <= 60 else 2 if age <= 90 else 3] += part
        owed_minor -= part
        if not owed_minor:
            break
    return buckets


def pool_funded_minor(pool_id: UUID) -> int:
    """What of a pool's money has reached the bank. One query."""
    booked = Posting.objects.filter(
        entry__source_type="pool", entry__source_id=str(pool_id), entry__event=Event.POOL_FUNDED
    )
    return int(booked.aggregate(sum=Sum("amount_minor", default=0))["sum"])

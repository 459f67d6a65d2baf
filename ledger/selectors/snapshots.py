"""The books at one head of the chain, so that what is exported agrees with itself.

Entries may be posted while a file streams. Head and balances are read in one statement, which
every database answers from one moment; entries after the head are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Max, Min, Subquery
from django.db.models.functions import Coalesce

from ledger.models import Account, JournalEntry
from ledger.selectors.journal import AccountBalance, EntryRecord, entries_in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A head of the chain, the days of its entries, and every balance as it was then."""

    seq: int
    hash: str
    starts_on: date
    ends_on: date
    balances: tuple[AccountBalance, ...]

    @property
    def head(self) -> str:
        """The head as `manage.py verify --head` takes it."""
        return f"{self.seq}:{self.hash}"

    def entries(self) -> Iterator[EntryRecord]:
        """Every entry up to the head, in the order posted, streamed."""
        return entries_in_order(until_seq=self.seq)


def snapshot() -> Snapshot | None:
    """The books as they are now, or None while they are empty. Three queries."""
    last = JournalEntry.objects.order_by("-seq").values("seq")[:1]
    rows = list(
        Account.objects.order_by("code", "currency").values(
            "code", "currency", "kind", "purpose", "party",
            debit_minor=Coalesce("balance__debit_minor", 0),
            credit_minor=Coalesce("balance__credit_minor", 0),
            posting_count=Coalesce("balance__posting_count", 0),
            seq=Subquery(last),
        )
    )  # fmt: skip
    if not rows or rows[0]["seq"] is None:
        return None
    seq: int = rows[0]["seq"]
    entries = JournalEntry.objects.filter(seq__lte=seq)
    days = entries.aggregate(first=Min("effective_on"), last=Max("effective_on"))
    return Snapshot(
        seq=seq,
        hash=JournalEntry.objects.values_list("hash", flat=True).get(seq=seq),
        starts_on=days["first"],
        ends_on=days["last"],
        balances=tuple(_balance(**row) for row in rows),
    )


def _balance(*, seq: int, **balance: Any) -> AccountBalance:
    """The row without the head, which is the same in all."""
    return AccountBalance(**balance)

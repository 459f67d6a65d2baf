"""Where contributors stand before a run: balances, movements, advances, overpayments.

Everything is read from the journal, so a statement is the journal seen by one person.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ledger.core.bookkeeping import Event
from ledger.core.statements import Movement, Opening
from ledger.models import Period, Posting, Statement
from ledger.selectors.holdbacks import holdbacks_due
from ledger.selectors.journal import account_balances

# What an event does to what is owed, as a statement calls it; others are adjustments.
MOVEMENT_OF_EVENT = {
    Event.PAYOUT_RESERVED: "paid",
    Event.PAYOUT_OVERPAID: "paid",
    Event.PAYOUT_CANCELLED: "payment_returned",
    Event.PAYOUT_REJECTED: "payment_returned",
    Event.PAYOUT_RETURNED: "payment_returned",
    Event.HOLDBACK_RELEASED: "holdback_released",
    Event.DISPUTE_OPENED: "disputed",
    Event.DISPUTE_CLOSED: "dispute_closed",
    Event.UNCLAIMED: "unclaimed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LastStatement:
    """The newest statement of a contributor in a currency."""

    statement_id: Any
    closing_minor: int
    chain_seq: int


def last_statements(currency: str) -> dict[str, LastStatement]:
    """The newest statement of every contributor, by contributor id. One query."""
    newer = Statement.objects.filter(
        contributor_id=OuterRef("contributor_id"),
        currency=currency,
        chain_seq__gt=OuterRef("chain_seq"),
    )
    rows = Statement.objects.filter(~Exists(newer), currency=currency).exclude(state="superseded")
    return {
        str(contributor_id): LastStatement(
            statement_id=statement_id, closing_minor=closing_minor, chain_seq=chain_seq
        )
        for statement_id, contributor_id, closing_minor, chain_seq in rows.values_list(
            "id", "contributor_id", "closing_minor", "chain_seq"
        )
    }


def openings(*, period: Period, currency: str) -> dict[str, Opening]:
    """Where everybody with money in this currency stands, by contributor id.

    What of earlier holdbacks is due with this period counts as released. Constant queries.
    """
    last = last_statements(currency)
    moved = _movements(currency, last)
    for due in holdbacks_due(period=period, currency=currency):
        released = Movement(kind="holdback_released", amount_minor=due.amount_minor)
        moved[str(due.contributor_id)].append(released)
    advances = _held("advance", currency)
    clawbacks = _held("clawback", currency)
    parties = set(last) | set(moved) | set(advances) | set(clawbacks)
    return {
        party: Opening(
            balance_minor=last[party].closing_minor if party in last else 0,
            movements=tuple(moved.get(party, ())),
            advance_minor=advances.get(party, 0),
            clawback_minor=clawbacks.get(party, 0),
        )
        for party in sorted(parties)
    }


def with_tax(opening: Opening, *, withholding_bp: int, hold: str) -> Opening:
    """The opening with the rate and the hold of the tax profile in force."""
    return replace(opening, withholding_bp=withholding_bp, hold=hold)


def _held(purpose: str, currency: str) -> dict[str, int]:
    rows = account_balances(purpose=purpose, currency=currency)
    return {row.party: row.held_minor for row in rows if row.held_minor}


def _movements(currency: str, last: dict[str, LastStatement]) -> dict[str, list[Movement]]:
    """What happened to each payable balance since the last statement, entry by entry."""
    postings = Posting.objects.filter(currency=currency)
    seen = min((each.chain_seq for each in last.values()), default=0)
    known = _rows(postings.filter(entry__seq__gt=seen))
    never_stated = [
        row.party
        for row in account_balances(purpose="payable", currency=currency)
        if row.posting_count and row.party not in last
    ]
    if never_stated and seen:
        earlier = postings.filter(entry__seq__lte=seen).filter(
            Q(debit_account__party__in=never_stated) | Q(credit_account__party__in=never_stated)
        )
        known = [*_rows(earlier), *known]
    since = [row for row in known if row[2] not in last or row[0] > last[row[2]].chain_seq]
    moved: dict[str, list[Movement]] = defaultdict(list)
    for party, movement in _by_entry(since):
        moved[party].append(movement)
    return moved


def movements_between(
    *, party: str, currency: str, after_seq: int, before_seq: int
) -> tuple[Movement, ...]:
    """What happened to one payable balance between two entries, both left out. Two queries."""
    postings = Posting.objects.filter(
        Q(debit_account__party=party) | Q(credit_account__party=party),
        currency=currency,
        entry__seq__gt=after_seq,
        entry__seq__lt=before_seq,
    )
    return tuple(movement for whose, movement in _by_entry(_rows(postings)) if whose == party)


def _by_entry(rows: Iterable[tuple[int, str, str, int]]) -> Iterator[tuple[str, Movement]]:
    """One movement for each entry and party, in the order of the entries."""
    totals: dict[tuple[int, str, str], int] = defaultdict(int)
    for seq, event, party, amount_minor in rows:
        totals[seq, party, event] += amount_minor
    for (seq, party, event), amount_minor in sorted(totals.items()):
        kind = MOVEMENT_OF_EVENT.get(Event(event), "adjustment")
        yield party, Movement(kind=kind, amount_minor=amount_minor, reference=f"entry {seq}")


def _rows(postings: QuerySet[Posting]) -> Iterable[tuple[int, str, str, int]]:
    """Entry number, event, party and signed amount of each posting to a payable account."""
    rows = []
    for side, sign in (("credit", 1), ("debit", -1)):
        found = postings.filter(**{f"{side}_account__purpose": "payable"}).values_list(
            F("entry__seq"), F("entry__event"), F(f"{side}_account__party"), F("amount_minor")
        )
        rows += [(seq, event, party, sign * amount) for seq, event, party, amount in found]
    return rows

"""Every business event as the entry that books it.

An entry draft is what is about to be posted. Each function below is one event of the
business and returns its draft; `docs/bookkeeping.md` shows each as a table of postings.
Amounts are positive integers in minor units; zeros are left out, so an event may have
nothing to post, which `journal_entry_post` refuses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from ledger.core.chart import account_code
from ledger.errors import AmountOutOfRange, EmptyEntry

# Ten million million euros. Nine thousand such amounts still sum within 64 bits.
AMOUNT_MINOR_MAX = 10**15


class Event(StrEnum):
    """What happened."""

    POOL_PROMISED = "pool_promised"
    POOL_FUNDED = "pool_funded"
    FEE_TAKEN = "fee_taken"
    PERIOD_ALLOCATED = "period_allocated"
    HOLDBACK_SET_ASIDE = "holdback_set_aside"
    HOLDBACK_RELEASED = "holdback_released"
    HOLDBACK_FORFEITED = "holdback_forfeited"
    ADVANCE_PAID = "advance_paid"
    ADVANCE_RECOUPED = "advance_recouped"
    CLAWBACK_NETTED = "clawback_netted"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CLOSED = "dispute_closed"
    PAYOUT_RESERVED = "payout_reserved"
    PAYOUT_CANCELLED = "payout_cancelled"
    PAYOUT_REJECTED = "payout_rejected"
    PAYOUT_SETTLED = "payout_settled"
    PAYOUT_RETURNED = "payout_returned"
    PAYOUT_OVERPAID = "payout_overpaid"
    BANK_FEE = "bank_fee"
    TAX_REMITTED = "tax_remitted"
    ADJUSTED_UP = "adjusted_up"
    ADJUSTED_DOWN = "adjusted_down"
    CURRENCY_EXCHANGED = "currency_exchanged"
    UNCLAIMED = "unclaimed"
    WRITTEN_OFF = "written_off"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingDraft:
    """An amount about to move from a credit account to a debit account, both named by code."""

    debit_account: str
    credit_account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What an entry needs beside its amounts: when it counts, in which period, and why."""

    period_id: UUID
    effective_on: date
    source_type: str
    source_id: str
    approval_id: UUID | None = None
    adjusts_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry about to be posted."""

    event: str
    period_id: UUID
    effective_on: date
    source_type: str
    source_id: str
    postings: tuple[PostingDraft, ...]
    approval_id: UUID | None = None
    reverses_id: UUID | None = None
    adjusts_id: UUID | None = None


def entry_draft(
    occasion: Occasion,
    event: str,
    postings: Iterable[PostingDraft],
    *,
    reverses_id: UUID | None = None,
) -> EntryDraft:
    """The draft of an event, without the postings of zero."""
    return EntryDraft(
        event=event,
        period_id=occasion.period_id,
        effective_on=occasion.effective_on,
        source_type=occasion.source_type,
        source_id=occasion.source_id,
        approval_id=occasion.approval_id,
        adjusts_id=occasion.adjusts_id,
        reverses_id=reverses_id,
        postings=tuple(posting for posting in postings if posting.amount_minor != 0),
    )


def check_draft(draft: EntryDraft) -> None:
    """The draft has a posting, and every amount is a whole number in range.

    Raises
    ------
    EmptyEntry, AmountOutOfRange
    """
    if not draft.postings:
        raise EmptyEntry(event=draft.event)
    for posting in draft.postings:
        whole = type(posting.amount_minor) is int
        if not whole or not 1 <= posting.amount_minor <= AMOUNT_MINOR_MAX:
            raise AmountOutOfRange(amount_minor=posting.amount_minor)


def draft_lines(draft: EntryDraft) -> list[str]:
    """The draft as lines of text: what two requests under one key must agree in."""
    ids = (draft.period_id, draft.approval_id, draft.reverses_id, draft.adjusts_id)
    head = [draft.event, draft.effective_on.isoformat(), draft.source_type, draft.source_id]
    head += ["" if one is None else UUID(str(one)).hex for one in ids]
    return head + [
        f"{posting.debit_account}|{posting.credit_account}|{posting.currency}|{posting.amount_minor}"
        for posting in draft.postings
    ]


def move(debit: str, credit: str, amount_minor: int, currency: str) -> PostingDraft:
    """Debit one account and credit another."""
    return PostingDraft(
        debit_account=debit, credit_account=credit, amount_minor=amount_minor, currency=currency
    )


# --- pools -----------------------------------------------------------------------------


def pool_promised(
    occasion: Occasion, *, pool: str, funder: str, amount_minor: int, currency: str
) -> EntryDraft:
    """A funder owes the pool."""
    receivable, to = account_code("receivable", funder), account_code("pool", pool)
    return entry_draft(
        occasion, Event.POOL_PROMISED, [move(receivable, to, amount_minor, currency)]
    )


def pool_funded(
    occasion: Occasion,
    *,
    pool: str,
    bank: str,
    amount_minor: int,
    currency: str,
    funder: str = "",
) -> EntryDraft:
    """Money reached the bank: for a pool, or for the receivable of the funder who promised it."""
    source = account_code("receivable", funder) if funder else account_code("pool", pool)
    posting = move(account_code("bank", bank), source, amount_minor, currency)
    return entry_draft(occasion, Event.POOL_FUNDED, [posting])


def fee_taken(occasion: Occasion, *, pool: str, amount_minor: int, currency: str) -> EntryDraft:
    """The platform's fee left the pool, before it is allocated."""
    posting = move(account_code("pool", pool), account_code("platform-fee"), amount_minor, currency)
    return entry_draft(occasion, Event.FEE_TAKEN, [posting])


def fee_minor(pool_minor: int, fee_bp: int) -> int:
    """The fee of a pool: basis points of it, rounded half up.

    >>> fee_minor(1000, 125), fee_minor(100, 50)
    (13, 1)
    """
    return (pool_minor * fee_bp * 2 + 10_000) // 20_000


def period_allocated(
    occasion: Occasion, *, pool: str, shares_minor: Mapping[str, int], currency: str
) -> EntryDraft:
    """The pool became what is owed to each contributor, in one entry."""
    source = account_code("pool", pool)
    return entry_draft(
        occasion,
        Event.PERIOD_ALLOCATED,
        [
            move(source, account_code("payable", party), share, currency)
            for party, share in shares_minor.items()
        ],
    )


# --- what is owed to one contributor ---------------------------------------------------


def holdback_set_aside(
    occasion: Occasion, *, party: str, amount_minor: int, currency: str
) -> EntryDraft:
    """Part of what is owed waits for its release date."""
    debit, credit = account_code("payable", party), account_code("holdback", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.HOLDBACK_SET_ASIDE, postings)


def holdback_released(
    occasion: Occasion, *, party: str, amount_minor: int, currency: str
) -> EntryDraft:
    """What waited is owed again."""
    debit, credit = account_code("holdback", party), account_code("payable", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.HOLDBACK_RELEASED, postings)


def holdback_forfeited(
    occasion: Occasion, *, party: str, amount_minor: int, currency: str, pool: str = ""
) -> EntryDraft:
    """What waited is lost: to a later pool where one is named, else to the platform."""
    credit = account_code("pool", pool) if pool else account_code("forfeited")
    debit = account_code("holdback", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.HOLDBACK_FORFEITED, postings)


def advance_paid(
    occasion: Occasion,
    *,
    party: str,
    rail: str,
    net_minor: int,
    currency: str,
    tax_minor: int = 0,
    authority: str = "",
) -> EntryDraft:
    """An advance was approved: owed by the contributor, on its way to the bank, tax held now."""
    advance = account_code("advance", party)
    postings = [move(advance, account_code("payout-clearing", rail), net_minor, currency)]
    if tax_minor:
        postings.append(move(advance, account_code("withholding", authority), tax_minor, currency))
    return entry_draft(occasion, Event.ADVANCE_PAID, postings)


def advance_recouped(
    occasion: Occasion, *, party: str, amount_minor: int, currency: str
) -> EntryDraft:
    """Part of what is owed pays the advance back."""
    debit, credit = account_code("payable", party), account_code("advance", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.ADVANCE_RECOUPED, postings)


def clawback_netted(
    occasion: Occasion, *, party: str, amount_minor: int, currency: str
) -> EntryDraft:
    """Part of what is owed pays an earlier overpayment back."""
    debit, credit = account_code("payable", party), account_code("clawback", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.CLAWBACK_NETTED, postings)


def dispute_opened(
    occasion: Occasion, *, party: str, amount_minor: int, currency: str
) -> EntryDraft:
    """The disputed part of what is owed is frozen."""
    debit, credit = account_code("payable", party), account_code("disputed", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.DISPUTE_OPENED, postings)


def dispute_closed(
    occasion: Occasion, *, party: str, amount_minor: int, currency: str
) -> EntryDraft:
    """What was frozen is owed again; what the decision changes is an entry of its own."""
    debit, credit = account_code("disputed", party), account_code("payable", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.DISPUTE_CLOSED, postings)


def unclaimed(occasion: Occasion, *, party: str, amount_minor: int, currency: str) -> EntryDraft:
    """What is owed to somebody erased or unreachable waits without a name."""
    debit, credit = account_code("payable", party), account_code("unclaimed")
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.UNCLAIMED, postings)


def adjusted_up(
    occasion: Occasion, *, party: str, pool: str, amount_minor: int, currency: str
) -> EntryDraft:
    """More is owed than was stated: the adjustment reserve of an open pool gives it."""
    debit, credit = account_code("pool", pool), account_code("payable", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.ADJUSTED_UP, postings)


def adjusted_down(
    occasion: Occasion,
    *,
    party: str,
    pool: str,
    amount_minor: int,
    payable_minor: int,
    currency: str,
) -> EntryDraft:
    """Less is owed than was stated: taken from what is payable, the rest becomes a clawback."""
    taken = min(amount_minor, max(payable_minor, 0))
    to = account_code("pool", pool)
    return entry_draft(
        occasion,
        Event.ADJUSTED_DOWN,
        [
            move(account_code("payable", party), to, taken, currency),
            move(account_code("clawback", party), to, amount_minor - taken, currency),
        ],
    )


def written_off(occasion: Occasion, *, party: str, amount_minor: int, currency: str) -> EntryDraft:
    """A clawback that nobody will pay back is a loss."""
    debit, credit = account_code("written-off"), account_code("clawback", party)
    postings = [move(debit, credit, amount_minor, currency)]
    return entry_draft(occasion, Event.WRITTEN_OFF, postings)

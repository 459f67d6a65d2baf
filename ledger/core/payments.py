"""The events of paying as entries: reserved, settled, sent back, taxed, exchanged, reversed."""

from uuid import UUID

from ledger.core.bookkeeping import EntryDraft, Event, Occasion, PostingDraft, entry_draft, move
from ledger.core.chart import account_code


def payout_reserved(
    occasion: Occasion,
    *,
    party: str,
    rail: str,
    net_minor: int,
    currency: str,
    tax_minor: int = 0,
    authority: str = "",
) -> EntryDraft:
    """What is owed became a payout: the net waits for the bank, the tax for its authority."""
    payable = account_code("payable", party)
    postings = [move(payable, account_code("payout-clearing", rail), net_minor, currency)]
    if tax_minor:
        postings.append(move(payable, account_code("withholding", authority), tax_minor, currency))
    return entry_draft(occasion, Event.PAYOUT_RESERVED, postings)


def payout_settled(
    occasion: Occasion, *, rail: str, bank: str, amount_minor: int, currency: str
) -> EntryDraft:
    """The bank paid."""
    posting = move(
        account_code("payout-clearing", rail), account_code("bank", bank), amount_minor, currency
    )
    return entry_draft(occasion, Event.PAYOUT_SETTLED, [posting])


def payout_returned(
    occasion: Occasion,
    *,
    party: str,
    bank: str,
    net_minor: int,
    currency: str,
    tax_minor: int = 0,
    authority: str = "",
) -> EntryDraft:
    """A settled payment came back and is owed again.

    `tax_minor` is the tax that is given back with it: in the same tax year, while it is not
    yet remitted; otherwise 0, and the tax stays and is reported.
    """
    payable = account_code("payable", party)
    postings = [move(account_code("bank", bank), payable, net_minor, currency)]
    if tax_minor:
        postings.append(move(account_code("withholding", authority), payable, tax_minor, currency))
    return entry_draft(occasion, Event.PAYOUT_RETURNED, postings)


def bank_fee(occasion: Occasion, *, bank: str, amount_minor: int, currency: str) -> EntryDraft:
    """The bank charged the platform."""
    posting = move(account_code("bank-charges"), account_code("bank", bank), amount_minor, currency)
    return entry_draft(occasion, Event.BANK_FEE, [posting])


def tax_remitted(
    occasion: Occasion, *, authority: str, bank: str, amount_minor: int, currency: str
) -> EntryDraft:
    """Withheld tax reached its authority."""
    posting = move(
        account_code("withholding", authority), account_code("bank", bank), amount_minor, currency
    )
    return entry_draft(occasion, Event.TAX_REMITTED, [posting])


def currency_exchanged(
    occasion: Occasion,
    *,
    bank: str,
    sold_minor: int,
    sold_currency: str,
    bought_minor: int,
    bought_currency: str,
) -> EntryDraft:
    """Money of one currency became another's; each currency balances in itself."""
    trading = account_code("fx", f"{sold_currency}-{bought_currency}")
    cash = account_code("bank", bank)
    return entry_draft(
        occasion,
        Event.CURRENCY_EXCHANGED,
        [
            move(trading, cash, sold_minor, sold_currency),
            move(cash, trading, bought_minor, bought_currency),
        ],
    )


def reversal(
    occasion: Occasion,
    *,
    entry_id: UUID,
    postings: tuple[PostingDraft, ...],
    event: str = Event.REVERSAL,
) -> EntryDraft:
    """Every posting of an entry with its sides swapped, line by line.

    A cancelled and a rejected payout are reversals of its reserve; `event` names them.
    """
    swapped = [
        move(posting.credit_account, posting.debit_account, posting.amount_minor, posting.currency)
        for posting in postings
    ]
    return entry_draft(occasion, event, swapped, reverses_id=entry_id)

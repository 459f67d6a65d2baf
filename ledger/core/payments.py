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
    clawback_minor: int = 0,
    advance_minor: int = 0,
) -> EntryDraft:
    """A settled payment came back and is owed again.

    `tax_minor` is the tax that is given back with it: in the same tax year, while it is not
    yet remitted; otherwise 0, and the tax stays and is reported. `clawback_minor` is what the
    payee owes back of an overpayment that comes back, `advance_minor` what of an advance is
    still outstanding: that much is owed back no more, and only the rest is owed.
    """
    parts = [(account_code("bank", bank), net_minor)]
    if tax_minor:
        parts.append((account_code("withholding", authority), tax_minor))
    debts = {"clawback": clawback_minor, "advance": advance_minor}
    postings = _given_back(parts, party, debts, currency)
    return entry_draft(occasion, Event.PAYOUT_RETURNED, postings)


def payout_given_back(
    occasion: Occasion,
    *,
    event: str,
    party: str,
    rail: str,
    net_minor: int,
    currency: str,
    tax_minor: int = 0,
    authority: str = "",
    advance_minor: int = 0,
) -> EntryDraft:
    """A payment that never left is owed again, where its reserve cannot be reversed as it was.

    Its tax was remitted meanwhile, or earnings have repaid the advance that it was: what they
    repaid is owed, because nobody got the advance.
    """
    parts = [(account_code("payout-clearing", rail), net_minor)]
    if tax_minor:
        parts.append((account_code("withholding", authority), tax_minor))
    postings = _given_back(parts, party, {"advance": advance_minor}, currency)
    return entry_draft(occasion, event, postings)


def _given_back(
    parts: list[tuple[str, int]], party: str, debts_minor: dict[str, int], currency: str
) -> list[PostingDraft]:
    """What lies in these accounts pays what the party owes back, in order; the rest is owed."""
    postings, left = [], dict(debts_minor)
    for account, amount_minor in parts:
        rest = amount_minor
        for purpose, debt in left.items():
            paid = min(debt, rest)
            left[purpose] = debt - paid
            rest -= paid
            postings.append(move(account, account_code(purpose, party), paid, currency))
        postings.append(move(account, account_code("payable", party), rest, currency))
    return postings


def payout_overpaid(
    occasion: Occasion,
    *,
    party: str,
    bank: str,
    net_minor: int,
    payable_minor: int,
    currency: str,
    tax_minor: int = 0,
    authority: str = "",
) -> EntryDraft:
    """The bank paid what was cancelled or rejected, as it was approved, tax included.

    Taken from what is payable, so that it is not paid again; the rest becomes a clawback.
    """
    payable, clawback = account_code("payable", party), account_code("clawback", party)
    postings, left = [], max(payable_minor, 0)
    owed = [(account_code("bank", bank), net_minor)]
    owed += [(account_code("withholding", authority), tax_minor)] if tax_minor else []
    for account, amount_minor in owed:
        taken = min(amount_minor, left)
        left -= taken
        postings.append(move(payable, account, taken, currency))
        postings.append(move(clawback, account, amount_minor - taken, currency))
    return entry_draft(occasion, Event.PAYOUT_OVERPAID, postings)


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

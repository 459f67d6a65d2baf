"""The books as files for Beancount, hledger and ledger.

A posting of ours is two legs there. Every file names the head of the chain that it is of, and
ends in an assertion of each account's balance at that head, so a program that loads it without
error holds the same balances.
"""

from collections.abc import Iterator
from datetime import timedelta

from ledger.core.chart import Kind
from ledger.core.money import amount_text
from ledger.selectors.journal import AccountBalance, EntryRecord
from ledger.selectors.snapshots import snapshot

_ROOTS = {
    Kind.ASSET: "Assets",
    Kind.LIABILITY: "Liabilities",
    Kind.EQUITY: "Equity",
    Kind.INCOME: "Income",
    Kind.EXPENSE: "Expenses",
}


def account_name(code: str, kind: str) -> str:
    """The account's name in the three programs; each part starts with a capital or a digit.

    >>> account_name("2100:payable:ann", "liability"), account_name("3000:opening", "equity")
    ('Liabilities:2100-payable:Id-ann', 'Equity:3000-opening')
    """
    number, purpose, *owner = code.split(":")
    return ":".join([_ROOTS[Kind(kind)], f"{number}-{purpose}", *(f"Id-{each}" for each in owner)])


def beancount_lines() -> Iterator[str]:
    """Yield the lines of a Beancount file."""
    books = snapshot()
    if books is None:
        return
    yield f"; chain head {books.head}\n"
    names = _names(books.balances)
    for name in dict.fromkeys(names.values()):
        yield f"{books.starts_on} open {name}\n"
    for entry in books.entries():
        yield f'\n{entry.effective_on} * "{entry.event}"\n'
        yield f'  seq: {entry.seq}\n  hash: "{entry.hash}"\n'
        yield from _legs(entry, names)
    yield "\n"
    after = books.ends_on + timedelta(days=1)  # Beancount asserts at the start of a day
    for each in books.balances:
        balance = amount_text(each.balance_minor, each.currency)
        # Without "~ 0" Beancount tolerates a cent.
        yield f"{after} balance {names[each.code]}  {balance} ~ 0 {each.currency}\n"


def journal_lines() -> Iterator[str]:
    """Yield the lines of a journal that hledger and ledger both read, with --strict too."""
    books = snapshot()
    if books is None:
        return
    yield f"; chain head {books.head}\n"
    names = _names(books.balances)
    for name in dict.fromkeys(names.values()):
        yield f"account {name}\n"
    yield "tag hash\n"
    for currency in sorted({each.currency for each in books.balances}):
        yield f"commodity {currency}\n"
    for entry in books.entries():
        yield f"\n{entry.effective_on} * ({entry.seq}) {entry.event}\n    ; hash: {entry.hash}\n"
        yield from _legs(entry, names)
    yield f"\n{books.ends_on} * balances at the end\n"
    for each in books.balances:
        nothing = _amount(0, each.currency)
        balance = _amount(each.balance_minor, each.currency)
        yield f"  {names[each.code]}  {nothing} = {balance}\n"


FORMATS = {"beancount": beancount_lines, "hledger": journal_lines, "ledger": journal_lines}


def _names(accounts: tuple[AccountBalance, ...]) -> dict[str, str]:
    return {each.code: account_name(each.code, each.kind) for each in accounts}


def _legs(entry: EntryRecord, names: dict[str, str]) -> Iterator[str]:
    for posting in entry.postings:
        amount_minor, currency = posting.amount_minor, posting.currency
        yield f"  {names[posting.debit_account]}  {_amount(amount_minor, currency)}\n"
        yield f"  {names[posting.credit_account]}  {_amount(-amount_minor, currency)}\n"


def _amount(amount_minor: int, currency: str) -> str:
    return f"{amount_text(amount_minor, currency)} {currency}"

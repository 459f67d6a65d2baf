"""The chart of accounts: what an account's code says about it.

A code is a number, a purpose and, where there is one account for each, whose it is:
`2100:payable:<party>`. The party is an opaque id; no code holds a person's data.
The same code exists once in each currency.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from ledger.errors import UnknownAccount


class Kind(StrEnum):
    """The five kinds of account; assets and expenses grow on the debit side."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


DEBIT_KINDS = frozenset({Kind.ASSET, Kind.EXPENSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """What all accounts of one purpose have in common."""

    number: str
    purpose: str
    kind: Kind
    no_overdraft: bool
    of: str = ""

    @property
    def stem(self) -> str:
        return f"{self.number}:{self.purpose}"


def _row(number: str, purpose: str, kind: Kind, *, of: str = "", overdraft: bool) -> ChartRow:
    return ChartRow(number=number, purpose=purpose, kind=kind, of=of, no_overdraft=not overdraft)


CHART: tuple[ChartRow, ...] = (
    _row("1000", "bank", Kind.ASSET, of="bank", overdraft=True),
    _row("1100", "receivable", Kind.ASSET, of="funder", overdraft=False),
    _row("1200", "advance", Kind.ASSET, of="party", overdraft=False),
    _row("1210", "clawback", Kind.ASSET, of="party", overdraft=False),
    _row("2000", "pool", Kind.LIABILITY, of="pool", overdraft=False),
    _row("2100", "payable", Kind.LIABILITY, of="party", overdraft=False),
    _row("2110", "holdback", Kind.LIABILITY, of="party", overdraft=False),
    _row("2120", "disputed", Kind.LIABILITY, of="party", overdraft=False),
    _row("2200", "withholding", Kind.LIABILITY, of="authority", overdraft=False),
    _row("2300", "payout-clearing", Kind.LIABILITY, of="rail", overdraft=False),
    _row("2400", "unclaimed", Kind.LIABILITY, overdraft=False),
    _row("3000", "opening", Kind.EQUITY, overdraft=True),
    _row("3900", "fx", Kind.EQUITY, of="pair", overdraft=True),
    _row("4000", "platform-fee", Kind.INCOME, overdraft=True),
    _row("4100", "forfeited", Kind.INCOME, overdraft=True),
    _row("4900", "rounding", Kind.INCOME, overdraft=True),
    _row("5000", "bank-charges", Kind.EXPENSE, overdraft=True),
    _row("5100", "written-off", Kind.EXPENSE, overdraft=True),
)

_BY_STEM = {row.stem: row for row in CHART}
_BY_PURPOSE = {row.purpose: row for row in CHART}
# What Beancount, hledger and ledger all accept inside an account's name.
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSpec:
    """One account as the chart describes it."""

    code: str
    kind: Kind
    purpose: str
    party: str
    no_overdraft: bool


def account_code(purpose: str, owner: str = "") -> str:
    """The code of the account of a purpose, for its owner where the chart names one.

    >>> account_code("payable", "ann"), account_code("unclaimed")
    ('2100:payable:ann', '2400:unclaimed')
    """
    row = _BY_PURPOSE.get(purpose)
    if row is None or bool(owner) != bool(row.of) or (owner and not _OWNER.fullmatch(owner)):
        raise UnknownAccount(purpose=purpose, owner=owner)
    return f"{row.stem}:{owner}" if owner else row.stem


def account_spec(code: str) -> AccountSpec:
    """What the chart says of a code.

    Raises
    ------
    UnknownAccount
        If the chart has no such purpose, or the owner is missing or malformed.

    >>> account_spec("2100:payable:ann").party
    'ann'
    """
    number, _, rest = code.partition(":")
    purpose, _, owner = rest.partition(":")
    row = _BY_STEM.get(f"{number}:{purpose}")
    if row is None or account_code(purpose, owner) != code:
        raise UnknownAccount(account=code)
    party = owner if row.of == "party" else ""
    return AccountSpec(
        code=code, kind=row.kind, purpose=purpose, party=party, no_overdraft=row.no_overdraft
    )

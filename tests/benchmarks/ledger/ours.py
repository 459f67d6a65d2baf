"""Our side, through the public service and selectors.

Arguments: the postings that balances are asked at, the entries of a round of singles.
"""

import os
import sys
from datetime import UTC, date, datetime
from itertools import islice

import django

sys.path.insert(0, os.getcwd())
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger.project.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from ledger.core.bookkeeping import (  # noqa: E402
    EntryDraft,
    Occasion,
    entry_draft,
    move,
    period_allocated,
    pool_funded,
)
from ledger.selectors.journal import (  # noqa: E402
    account_balance,
    account_balances,
    account_lines,
)
from ledger.selectors.reports import reconciliation  # noqa: E402
from ledger.services.accounts import accounts_ensure  # noqa: E402
from ledger.services.journal import journal_entry_post  # noqa: E402
from ledger.services.periods import period_open  # noqa: E402
from tests.benchmarks.ledger.measures import (  # noqa: E402
    LINES_AT,
    PAYEES,
    STATEMENT_LINES,
    Figures,
    payee,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TODAY = date(2026, 11, 23)
BUSIEST = "2000:pool:load"  # one side of every posting of the load
PAYABLE = [f"2100:payable:p{index}" for index in range(PAYEES)]
POSTINGS_PER_ENTRY = 1_000


def main(postings: int, singles: int) -> None:
    call_command("migrate", verbosity=0)
    figures = Figures()
    occasion = _occasion()
    for pool in ("p1", "load"):
        _post(_fund(occasion, 10**12, pool), f"fund:{pool}")
    _analyse()
    for index in range(20):
        _post(_fund(occasion, 100), f"warm:{index}")
    figures.rate("singles", lambda index: _post(_fund(occasion, 100), f"single:{index}"), n=singles)
    for payees in (8_000, 100_000):
        _allocations(figures, occasion, payees)
    figures.memory("memory MiB")
    _load(occasion, 0, LINES_AT)
    _lines(figures)
    _load(occasion, LINES_AT, postings)
    _analyse()
    figures.time("busiest", lambda: account_balance(code=BUSIEST, currency="EUR"), repeat=20)
    figures.time("balances", lambda: account_balances(codes=PAYABLE, currency="EUR"), repeat=20)
    assert figures.time("reconciliation", reconciliation, repeat=3) == ()
    figures.print()


def _occasion() -> Occasion:
    period = period_open(code="2026", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    return Occasion(period_id=period.id, effective_on=TODAY, source_type="benchmark", source_id="1")


def _post(draft: EntryDraft, key: str) -> None:
    journal_entry_post(draft=draft, idempotency_key=key, actor=None, now=NOW)


def _fund(occasion: Occasion, amount_minor: int, pool: str = "p1") -> EntryDraft:
    return pool_funded(occasion, pool=pool, bank="main", amount_minor=amount_minor, currency="EUR")


def _allocations(figures: Figures, occasion: Occasion, payees: int) -> None:
    """One entry to payees who have accounts, and one to as many who have none yet."""
    known, new = ([f"{kind}{index}" for index in range(payees)] for kind in ("c", f"n{payees}-"))
    accounts_ensure(codes=[(f"2100:payable:{party}", "EUR") for party in known], now=NOW)
    for name, parties in ((f"allocation {payees}", known), (f"first {payees}", new)):
        draft = period_allocated(
            occasion, pool="p1", shares_minor=dict.fromkeys(parties, 100), currency="EUR"
        )
        figures.time(name, lambda draft=draft, name=name: _post(draft, name))


def _load(occasion: Occasion, already: int, postings: int) -> None:
    """The journal has this many more postings in entries of a thousand, of the pool to payees."""
    for number in range(already // POSTINGS_PER_ENTRY, postings // POSTINGS_PER_ENTRY):
        moves = [
            move(BUSIEST, PAYABLE[payee(index)], 1, "EUR") for index in range(POSTINGS_PER_ENTRY)
        ]
        _post(entry_draft(occasion, "load", moves), f"load:{number}")


def _lines(figures: Figures) -> None:
    """The first lines of a payee's account, and of the account that has every posting."""
    for name, code in (("lines", PAYABLE[0]), ("lines of the busiest", BUSIEST)):
        lines = figures.time(
            name,
            lambda code=code: list(
                islice(account_lines(code=code, currency="EUR"), STATEMENT_LINES)
            ),
            repeat=5,
        )
        assert len(lines) == STATEMENT_LINES


def _analyse() -> None:
    """PostgreSQL's own upkeep, at once. SQLite's statistics are never made by the product."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

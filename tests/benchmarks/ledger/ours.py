"""Our side, through the public service and selectors. Arguments: postings for the balances."""

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
from tests.benchmarks.ledger.measures import PAYEES, STATEMENT_LINES, Figures  # noqa: E402

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TODAY = date(2026, 11, 23)
POOL = "2000:pool:p1"


def main(postings: int, singles: int) -> None:
    call_command("migrate", verbosity=0)
    figures = Figures()
    period = period_open(code="2026", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    occasion = Occasion(
        period_id=period.id, effective_on=TODAY, source_type="benchmark", source_id="1"
    )

    def post(draft: EntryDraft, key: str) -> None:
        journal_entry_post(draft=draft, idempotency_key=key, actor=None, now=NOW)

    def fund(amount_minor: int) -> EntryDraft:
        return pool_funded(
            occasion, pool="p1", bank="main", amount_minor=amount_minor, currency="EUR"
        )

    post(fund(10**12), "fund")
    _analyse()
    for index in range(20):
        post(fund(100), f"warm:{index}")
    figures.rate("singles", lambda index: post(fund(100), f"single:{index}"), n=singles)
    for payees in (8_000, 100_000):
        parties = [f"c{index}" for index in range(payees)]
        accounts_ensure(codes=[(f"2100:payable:{party}", "EUR") for party in parties], now=NOW)
        draft = period_allocated(
            occasion, pool="p1", shares_minor=dict.fromkeys(parties, 100), currency="EUR"
        )
        figures.time(f"allocation {payees}", lambda d=draft, n=payees: post(d, f"allocate:{n}"))
    figures.memory("memory MiB")
    _load(post, occasion, postings)
    _analyse()
    codes = [f"2100:payable:p{index}" for index in range(PAYEES)]
    figures.time("busiest", lambda: account_balance(code=POOL, currency="EUR"), repeat=20)
    figures.time("balances", lambda: account_balances(codes=codes, currency="EUR"), repeat=20)
    lines = figures.time(
        "lines",
        lambda: list(islice(account_lines(code=codes[0], currency="EUR"), STATEMENT_LINES)),
        repeat=5,
    )
    figures.values["lines n"] = len(lines)
    assert figures.time("reconciliation", reconciliation, repeat=3) == ()
    figures.print()


def _load(post: object, occasion: Occasion, postings: int) -> None:
    """Entries of 1,000 postings to 200 payees; payee p0 has at least the lines of a statement."""
    each = {f"p{index}": 1 for index in range(PAYEES)}
    for number in range(postings // 1_000):
        one = period_allocated(occasion, pool="p1", shares_minor=each, currency="EUR")
        draft = type(one)(
            event="load",
            period_id=one.period_id,
            effective_on=one.effective_on,
            source_type="benchmark",
            source_id=str(number),
            postings=one.postings * (1_000 // PAYEES),
        )
        post(draft, f"load:{number}")  # type: ignore[operator]


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

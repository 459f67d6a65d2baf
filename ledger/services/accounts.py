"""Opening and closing accounts. Their kind and rules come from the chart, not from callers."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger.core.chart import account_spec
from ledger.core.money import exponent
from ledger.errors import UnknownAccount
from ledger.models import Account
from ledger.services import journal_rows
from ledger.services.locks import journal_lock
from ledger.services.refusals import refusals_named

# Opened at once, so many outrun PostgreSQL's own upkeep of its statistics.
ACCOUNTS_TO_ANALYSE = 500

# The codes are one parameter: SQLite takes few of them, and each costs PostgreSQL's driver time.
_IDS = {
    "sqlite": "SELECT code, currency, id FROM ledger_account"
    " WHERE code IN (SELECT value FROM json_each(%s))",
    "postgresql": "SELECT code, currency, id FROM ledger_account WHERE code = ANY(%s)",
}


def accounts_ensure(
    *, codes: Iterable[tuple[str, str]], now: datetime
) -> dict[tuple[str, str], int]:
    """Every (code, currency) is an account; its row id, by code and currency.

    Raises
    ------
    UnknownAccount, UnknownCurrency
        If the chart or ISO 4217 does not know one; then none is opened.
    """
    wanted = sorted(set(codes))
    found = account_ids(wanted)
    missing = [key for key in wanted if key not in found]
    if not missing:
        return found
    with transaction.atomic():
        return found | _open(missing, now)


def account_close(*, code: str, currency: str, now: datetime) -> Account:
    """The account takes no posting any more. Closing it again changes nothing.

    Raises
    ------
    AccountNotEmpty
        If it holds a balance.
    """
    with transaction.atomic():
        journal_lock()
        account = Account.objects.filter(code=code, currency=currency).first()
        if account is None:
            raise UnknownAccount(account=code, currency=currency)
        if account.closed_at is None:
            account.closed_at = now
            with refusals_named(account=code), transaction.atomic():
                account.save(update_fields=["closed_at"])
    return account


def _open(missing: list[tuple[str, str]], now: datetime) -> dict[tuple[str, str], int]:
    """Two who open the same account at once: the second waits, looks again, finds it."""
    opened_at = connection.ops.adapt_datetimefield_value(now)
    opened = [_account_row(code, currency, opened_at) for code, currency in missing]
    journal_lock()
    found = account_ids(missing)
    journal_rows.insert_accounts(
        [row for key, row in zip(missing, opened, strict=True) if key not in found]
    )
    if connection.vendor == "postgresql" and len(missing) >= ACCOUNTS_TO_ANALYSE:
        # Else every check of a posting's key would read the whole table, by a plan of when it
        # was small.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ledger_account")
    return account_ids(missing)


def _account_row(code: str, currency: str, opened_at: Any) -> journal_rows.AccountRow:
    spec = account_spec(code)
    exponent(currency)  # refuses what is no currency
    return (
        spec.code,
        spec.kind.value,
        currency,
        spec.purpose,
        spec.party,
        spec.no_overdraft,
        opened_at,
    )


def account_ids(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The row ids of those (code, currency) that are accounts. One query."""
    wanted = set(keys)
    codes = sorted({code for code, _ in wanted})
    one = json.dumps(codes) if connection.vendor == "sqlite" else codes
    with connection.cursor() as cursor:
        cursor.execute(_IDS[connection.vendor], [one])
        found = {(code, currency): row_id for code, currency, row_id in cursor.fetchall()}
    return {key: found[key] for key in wanted & found.keys()}

"""Opening and closing accounts. Their kind and rules come from the chart, not from callers."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from ledger.core.chart import account_spec
from ledger.core.money import exponent
from ledger.errors import UnknownAccount
from ledger.models import Account
from ledger.services.locks import journal_lock
from ledger.services.refusals import refusals_named

# Fewer than the 999 parameters that any SQLite takes.
CODES_PER_QUERY = 900
# Opened at once, so many outrun PostgreSQL's own upkeep of its statistics.
ACCOUNTS_TO_ANALYSE = 500


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
    opened = [_account(code, currency, now) for code, currency in missing]
    journal_lock()
    found = account_ids(missing)
    Account.objects.bulk_create(
        [account for account in opened if (account.code, account.currency) not in found]
    )
    if connection.vendor == "postgresql" and len(missing) >= ACCOUNTS_TO_ANALYSE:
        # Else every check of a posting's key would read the whole table, by a plan of when it
        # was small.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ledger_account")
    return account_ids(missing)


def _account(code: str, currency: str, now: datetime) -> Account:
    spec = account_spec(code)
    exponent(currency)  # refuses what is no currency
    return Account(
        code=spec.code,
        kind=spec.kind.value,
        currency=currency,
        purpose=spec.purpose,
        party=spec.party,
        no_overdraft=spec.no_overdraft,
        opened_at=now,
    )


def account_ids(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The row ids of those (code, currency) that are accounts."""
    wanted = set(keys)
    codes = sorted({code for code, _ in wanted})
    found = {}
    with connection.cursor() as cursor:
        for start in range(0, len(codes), CODES_PER_QUERY):
            some = codes[start : start + CODES_PER_QUERY]
            marks = ", ".join(["%s"] * len(some))
            cursor.execute(
                f"SELECT code, currency, id FROM ledger_account WHERE code IN ({marks})", some
            )
            found.update({(code, currency): row_id for code, currency, row_id in cursor.fetchall()})
    return {key: found[key] for key in wanted & found.keys()}

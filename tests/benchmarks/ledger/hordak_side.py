"""django-hordak's side, through its public models. PostgreSQL alone: it has no SQLite."""

import os
import sys
from datetime import date

import dj_database_url
import django
from django.conf import settings

DATABASE = dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=60)
settings.configure(
    DATABASES={"default": DATABASE},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "mptt",
        "hordak",
    ],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    CURRENCIES=["EUR"],
    HORDAK_CURRENCIES=["EUR"],
    DEFAULT_CURRENCY="EUR",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from hordak.models import Account, AccountType, Leg, Transaction  # noqa: E402
from measures import PAYEES, STATEMENT_LINES, Figures, payee  # noqa: E402
from moneyed import Money  # noqa: E402

TODAY = date(2026, 11, 23)


def main(postings: int, singles: int) -> None:
    call_command("migrate", verbosity=0)
    figures = Figures()
    bank = _account("bank", AccountType.asset)
    pool = _account("pool", AccountType.liability)
    payees = [_account(f"payee {index}", AccountType.liability) for index in range(PAYEES)]
    _analyse()
    one = Money("1.00", "EUR")
    for _ in range(20):
        pool.transfer_to(bank, one, date=TODAY)
    figures.rate("singles", lambda _: pool.transfer_to(bank, one, date=TODAY), n=singles)
    figures.time("allocation 8000", lambda: _allocate(pool, payees, 8_000))
    for _ in range(postings // 1_000):
        _allocate(pool, payees, 1_000)
    _analyse()
    figures.time("busiest", payees[0].get_balance, repeat=5)
    ids = [each.id for each in payees]
    figures.time(
        "balances",
        lambda: [each.balance for each in Account.objects.filter(id__in=ids).with_balances()],
    )
    legs = payees[0].legs.order_by("id").with_account_balance_after()
    lines = figures.time("lines", lambda: list(legs[:STATEMENT_LINES]))
    figures.values["lines n"] = len(lines)
    figures.time("reconciliation", Account.validate_accounting_equation)
    figures.print()


@transaction.atomic
def _allocate(pool: Account, payees: list[Account], n: int) -> None:
    """One transaction of n + 1 legs, made in bulk: its fastest public way."""
    made = Transaction.objects.create(date=TODAY)
    legs = [Leg(transaction=made, account=pool, debit=Money(n, "EUR"))]
    legs += [
        Leg(transaction=made, account=payees[payee(index)], credit=Money(1, "EUR"))
        for index in range(n)
    ]
    Leg.objects.bulk_create(legs)


def _account(name: str, kind: AccountType) -> Account:
    return Account.objects.create(name=name, type=kind, currencies=["EUR"])


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

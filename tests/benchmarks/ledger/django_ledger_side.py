"""django-ledger's side, through its public models, on either database."""

import os
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import dj_database_url
import django
from django.conf import settings

DATABASE = dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=60)
if DATABASE["ENGINE"].endswith("sqlite3"):  # as ours is set
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
settings.configure(
    DATABASES={"default": DATABASE},
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django_ledger",
    ],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    SECRET_KEY="benchmark",  # noqa: S106
    ROOT_URLCONF=__name__,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {}}],
    USE_TZ=True,
)
urlpatterns: list[object] = []
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django_ledger.io import roles  # noqa: E402
from django_ledger.models import EntityModel  # noqa: E402
from measures import PAYEES, Figures, payee  # noqa: E402

MOMENT = datetime(2026, 11, 23, tzinfo=UTC)


def main(postings: int, singles: int) -> None:
    call_command("migrate", verbosity=0)
    figures = Figures()
    admin = get_user_model().objects.create_user("ann")
    entity = EntityModel.create_entity(
        name="benchmark", admin=admin, use_accrual_method=True, fy_start_month=1
    )
    chart = entity.create_chart_of_accounts(assign_as_default=True, commit=True, coa_name="chart")

    def account(code: str, role: str, side: str):  # noqa: ANN202
        return entity.create_account(
            code=code, role=role, name=code, balance_type=side, active=True, coa_model=chart
        )

    bank = account("1000", roles.ASSET_CA_CASH, "debit")
    pool = account("2000", roles.LIABILITY_CL_ACC_PAYABLE, "credit")
    payees = [
        account(f"2{index:04}", roles.LIABILITY_CL_OTHER, "credit") for index in range(PAYEES)
    ]
    ledger = entity.create_ledger(name="books", posted=True)
    _analyse()

    def commit(legs: list[tuple[object, int, str]]) -> None:
        ledger.commit_txs(
            je_timestamp=MOMENT,
            je_ledger_model=ledger,
            je_posted=True,
            je_txs=[
                {"account": one, "amount": Decimal(n), "tx_type": side, "description": "x"}
                for one, n, side in legs
            ],
        )

    def single(_: int) -> None:
        commit([(bank, 1, "debit"), (pool, 1, "credit")])

    def allocate(n: int) -> None:
        commit([(pool, n, "debit")] + [(payees[payee(index)], 1, "credit") for index in range(n)])

    for index in range(5):
        single(index)
    figures.rate("singles", single, n=singles)
    figures.time("allocation 8000", lambda: allocate(8_000))
    for _ in range(postings // 1_000):
        allocate(1_000)
    _analyse()
    today = date(2026, 11, 23)

    def digest(codes: list[str]) -> None:
        entity.digest(to_date=today, accounts=codes, entity_slug=entity.slug, user_model=admin)

    figures.time("busiest", lambda: digest([payees[0].code]), repeat=3)
    figures.time("balances", lambda: digest([each.code for each in payees]))
    figures.time(
        "reconciliation", lambda: entity.digest_balance_sheet(to_date=today, user_model=admin)
    )
    figures.print()


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""manage.py verify_statement NUMBER: is this what was owed?"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contributors.errors import BatchErased
from ledger.core.money import amount_text
from ledger.models import Statement
from ledger.services.statement_checks import statement_differences
from valuation.services.values import values_recompute


class Command(BaseCommand):
    """Computes a statement again, to the cent, from the stored scores of coalitions. Offline."""

    help = "Recompute a statement from stored coalition utilities; say OK or what differs."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("number", help="such as 2013-Q4-USD-00001")
        parser.add_argument("--statement-version", type=int, default=1)

    def handle(self, *, number: str, statement_version: int, **options: Any) -> None:
        statement = _find(number, statement_version)
        try:
            recomputed = values_recompute(statement.run.valuation_run_id)
        except BatchErased as refusal:
            raise CommandError(
                f"{number} cannot be computed again. {refusal.sentence}"
            ) from refusal
        values = {key: (value, error) for key, value, error in recomputed}
        differences = statement_differences(statement=statement, values=values)
        for each in differences:
            self.stderr.write(f"{each.name}: stated {each.stated}, computed {each.computed}")
        if differences:
            raise CommandError(f"{number} differs in {len(differences)} places.")
        net = amount_text(statement.net_minor, statement.currency)
        self.stdout.write(
            f"OK: {number}, net {net} {statement.currency}, computed again from "
            f"{len(values)} values, which were computed again from stored coalition utilities."
        )


def _find(number: str, version: int) -> Statement:
    rows = Statement.objects.select_related(
        "run__pool", "run__policy", "period", "previous", "contributor"
    )
    found = rows.filter(number=number, version=version).first()
    if found is None:
        raise CommandError(f"There is no statement {number} version {version}.")
    return found

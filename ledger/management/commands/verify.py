"""manage.py verify: is everything in the books as it must be?"""

import argparse
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.selectors.verification import CHECKS, Check, head_is_in_chain

# Modules with a `CHECKS` of their own: statements and their files.
MORE = ("ledger.services.statement_checks",)


HASH_DIGITS = 64  # of a SHA-256, in hexadecimal


class Command(BaseCommand):
    """Runs every check, prints each finding with its row, and fails if there is one."""

    help = "Check the whole ledger and every issued statement; name each row at fault."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            metavar="SEQ:HASH",
            action="append",
            default=[],
            help="a chain head printed on a statement or kept elsewhere; may be repeated",
        )

    def handle(self, *args: Any, head: list[str], **options: Any) -> None:
        checks = [*all_checks(), *(_head_check(each) for each in head)]
        found = [finding for check in checks for finding in check()]
        for finding in found:
            self.stderr.write(f"{finding.check}: {finding.row} {finding.sentence}.")
        if found:
            findings = "1 finding" if len(found) == 1 else f"{len(found)} findings"
            raise CommandError(f"{findings} in {len(checks)} checks.")
        self.stdout.write(f"OK: {len(checks)} checks found nothing.")


def all_checks() -> list[Check]:
    """The journal's checks, then those of the modules that have some."""
    more = [import_module(name).CHECKS for name in MORE if find_spec(name)]
    return [*CHECKS, *(check for checks in more for check in checks)]


def _head_check(head: str) -> Check:
    seq, _, published = head.partition(":")
    if not seq.isdigit() or not published:
        raise CommandError(f"{head} is not of the form SEQ:HASH.")
    if len(published) != HASH_DIGITS:
        raise CommandError(
            f"{head} is shortened, as in a footer. Give all {HASH_DIGITS} digits; they stand "
            "at the statement's journal entry."
        )
    return lambda: head_is_in_chain(int(seq), published)

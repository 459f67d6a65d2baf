"""Whom the tests pay, when, and where the money stands."""

from datetime import UTC, datetime

from ledger.selectors.journal import held_minor

NOW = datetime(2014, 1, 20, 9, tzinfo=UTC)
# Accounts that the test bank holds (closed: the third), and one at another bank.
IBANS = {"ann": "NL30MOCK0000000005", "bob": "NL84MOCK0000000003", "cleo": "NL14MOCK0000000002"}
VALUES = {"ann": "0.2", "bob": "0.1", "cleo": "0.1"}
NUMBERS = {"payable": 2100, "advance": 1200, "clawback": 1210}


def states(batch):
    rows = batch.payouts.order_by("position").values_list("contributor__code", "state")
    return dict(rows)


def owed(contributor, purpose="payable", currency="EUR"):
    return held_minor(code=f"{NUMBERS[purpose]}:{purpose}:{contributor.id}", currency=currency)


def clearing(currency="EUR"):
    return held_minor(code="2300:payout-clearing:sepa", currency=currency)

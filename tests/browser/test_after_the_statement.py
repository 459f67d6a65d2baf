"""After a statement: bank details, a dispute and its decision, a payout and its bank file."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.ledger.conftest import (  # noqa: F401
    make_contributor,
    make_period,
    make_pool,
    make_run,
    make_values,
    programme,
)

pytestmark = pytest.mark.browser

IBAN = "NL30MOCK0000000005"


@pytest.fixture
def issued(make_user: Any, make_contributor: Any, make_run: Any) -> Any:  # noqa: F811
    """Ann has a statement that was issued a moment ago; her account's user."""
    ann = make_user("ann")
    make_contributor("ann", user=ann)
    make_run({"ann": ("0.2", "0.01"), "ben": ("0.195", "0.02"), "eve": "-0.1"}, at=timezone.now())
    return ann


def test_a_statement_is_disputed_and_decided_and_then_paid(
    person: Callable[..., Any], issued: Any, reviewer: Any, approver: Any
) -> None:
    ann, bob, cleo = person(issued), person(reviewer), person(approver)
    ann_enters_her_bank_details(ann)
    ann_disputes(ann)
    bob_decides(bob)
    ann.visit("/disputes/")
    ann.inspect("disputes")
    bob_prepares_a_payout(bob)
    cleo_approves_the_payout(cleo)
    bob_sends_the_file(bob)
    ann.visit("/")
    ann.sees("on its way to the bank")
    ann.inspect("earnings-pending")


def ann_enters_her_bank_details(ann: Any) -> None:
    ann.follow("Enter your bank details")
    ann.page.get_by_label("Name of the account").fill("Ann Example")
    ann.page.get_by_label("IBAN").fill("NL00MOCK0000000005")
    ann.press("Save")
    ann.sees("The account is not valid")
    ann.inspect("bank-details-refused")
    ann.page.get_by_label("IBAN").fill(IBAN)
    ann.press("Save")
    ann.sees("You are paid to NL••••0005")


def ann_disputes(ann: Any) -> None:
    ann.visit("/statements/")
    ann.page.locator("table a").first.click()
    ann.inspect("statement-with-interval")
    ann.follow("Open a dispute")
    ann.inspect("dispute-new")
    ann.page.get_by_label("Amount in question").fill("12.50")
    ann.page.get_by_label("What is wrong").fill("I gave more rows than this.")
    ann.press("Open the dispute")
    ann.sees("The dispute is open.")
    ann.sees("I gave more rows than this.")
    ann.inspect("dispute-own")


def bob_decides(bob: Any) -> None:
    bob.visit("/")
    bob.follow("Decide the dispute of")
    bob.page.get_by_label("Message").fill("We counted them again: it was ten.")
    bob.press("Send")
    bob.sees("We counted them again")
    bob.inspect("dispute-open")
    bob.page.get_by_label("Outcome").select_option("dismissed")
    bob.page.get_by_label("Reason").fill("The receipt says ten rows.")
    bob.press("Decide")
    bob.sees("Decision: dismissed")
    bob.inspect("dispute-decided")


def bob_prepares_a_payout(bob: Any) -> None:
    bob.follow("Payouts")
    bob.inspect("payouts-empty")
    bob.follow("Prepare a batch")
    bob.page.get_by_label("Code").fill("2014-01-USD")
    bob.page.get_by_label("Currency").fill("USD")
    bob.page.get_by_label("Rail").fill("transfer")
    bob.page.get_by_label("Pay on").fill("2026-12-01")
    bob.inspect("payout-new")
    bob.press("Prepare the batch")
    bob.sees("There are no usable bank details to pay to.")
    bob.inspect("payout-draft")
    bob.press("Submit for approval")
    bob.sees("The batch is now submitted.")
    expect(bob.page.get_by_role("button", name="Approve and reserve")).to_have_count(0)


def cleo_approves_the_payout(cleo: Any) -> None:
    cleo.visit("/")
    cleo.follow("Payout batch 2014-01-USD")
    cleo.inspect("payout-submitted")
    cleo.press("Approve and reserve")
    cleo.sees("The batch is now approved.")


def bob_sends_the_file(bob: Any) -> None:
    bob.page.reload()
    with bob.page.expect_download() as download:
        bob.press("Download pain.001")
    with open(download.value.path(), "rb") as file:
        assert IBAN.encode() in file.read()
    bob.page.reload()
    bob.press("The file is at the bank")
    bob.sees("The batch is now sent.")
    bob.inspect("payout-sent")

"""A reviewer records a certificate and grants an advance; the contributor sees both."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ledger.core.policy import Policy
from tests.ledger.conftest import (  # noqa: F401
    make_contributor,
    make_period,
    make_pool,
    make_run,
    make_values,
    programme,
)

pytestmark = pytest.mark.browser


def test_a_certificate_and_an_advance_are_recorded_and_seen_by_the_payee(
    person: Callable[..., Any],
    make_user: Any,
    make_contributor: Any,  # noqa: F811
    make_run: Any,  # noqa: F811
    reviewer: Any,
    tmp_path: Path,
) -> None:
    user = make_user("ann")
    make_contributor("ann", user=user)
    policy = Policy(fee_bp=1_000, confidence_rule="hold", unclaimed_days=1)
    values = {"ann": ("0.2", "0.01"), "ben": "0.1"}
    make_run(values, 100_000, policy, at=timezone.now() - timedelta(days=2))
    ann, bob = person(user), person(reviewer)
    ann_sees_that_nothing_is_there(ann)
    bob_records_the_certificate(bob, tmp_path)
    bob_grants_an_advance(bob)
    ann.page.reload()
    ann.sees("15 % tax is withheld from each payment, by form W-8BEN.")
    ann.sees("Contract 7, page 3.")
    ann.inspect("payee-own")
    bob_decides_on_the_holdback(bob)


def ann_sees_that_nothing_is_there(ann: Any) -> None:
    ann.visit("/profile/")
    ann.follow("Tax and advances")
    ann.sees("No tax profile yet")
    ann.sees("If one is agreed with you, it stands here")
    ann.inspect("payee-own-empty")


def bob_records_the_certificate(bob: Any, folder: Path) -> None:
    bob.visit("/")
    bob.follow("Payouts")
    bob.follow("Payees, tax and advances")
    bob.inspect("payees")
    bob.page.get_by_role("link", name="ann", exact=True).first.click()
    bob.inspect("payee-empty")
    bob.follow("Record a certificate")
    certificate = folder / "w8ben.pdf"
    certificate.write_bytes(b"I am a resident of the Netherlands.")
    fill = {
        "Country of the payee": "NL",
        "Rate, basis points": "1500",
        "Valid from": "2013-01-01",
        "Valid to": "2012-12-31",
        "Treaty article": "12",
    }
    bob.page.get_by_label("Form").select_option("W-8BEN")
    for label, text in fill.items():
        bob.page.get_by_label(label).fill(text)
    bob.page.get_by_label("Certificate").set_input_files(certificate)
    bob.press("Keep the profile")
    bob.sees("The last day is before the first.")
    bob.inspect("tax-profile-refused")
    bob.page.get_by_label("Valid to").fill("2099-12-31")
    bob.page.get_by_label("Certificate").set_input_files(certificate)
    bob.press("Keep the profile")
    bob.sees("The profile is kept.")


def bob_grants_an_advance(bob: Any) -> None:
    bob.follow("Grant an advance")
    bob.page.get_by_label("Amount").fill("1,000.50")
    bob.page.get_by_label("Currency").fill("USD")
    bob.page.get_by_label("Agreement").fill("Contract 7, page 3.")
    bob.inspect("advance-new")
    bob.press("Grant the advance")
    bob.sees("Agreed. The next payout batch of its currency pays it.")
    bob.inspect("payee")


def bob_decides_on_the_holdback(bob: Any) -> None:
    bob.sees("not supported by the interval; a reviewer decides")
    bob.press("Release the holdback of 2013-Q4")
    bob.sees("The holdback is owed again.")
    bob.page.get_by_label("Decision").fill("Letter 7")
    bob.press("Keep as unclaimed")
    bob.sees("Kept as unclaimed by entry")
    bob.inspect("payee-decided")

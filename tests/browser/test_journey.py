"""The whole way in a real browser: from an uploaded file to an approved statement."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.rain import rain_csv, spoilt, upload

pytestmark = pytest.mark.browser

LICENCE = "The rows may be used to train and evaluate the models of this programme."


def test_from_an_uploaded_file_to_an_approved_statement(
    person: Callable[..., Any],
    make_user: Callable[..., Any],
    run_queue: Callable[[], int],
) -> None:
    bob = person(make_user("bob", role="reviewer"))
    ann, cleo = make_user("ann"), make_user("cleo", role="approver")
    bob_drafts_and_opens_a_programme(bob)
    own = person(ann)
    ann_consents_and_uploads(own)
    another_gives_too(make_user("dan"))
    run_queue()
    bob_values_the_data(bob, run_queue)
    bob_shares_a_pool(bob)
    cleo_approves(person(cleo))
    ann_reads_her_statement(own)
    an_auditor_reads_the_books(person(make_user("eve", role="auditor")))


def bob_drafts_and_opens_a_programme(bob: Any) -> None:
    bob.inspect("overview-empty")
    bob.follow("Programmes")
    bob.inspect("programmes-empty")
    bob.follow("Create a programme")
    fill = bob.page.get_by_label
    fill("Title", exact=True).fill("Will it rain?")
    fill("Short name").fill("rain")
    fill("What it is for").fill("Tell from humidity and pressure whether it rains.")
    fill("Feature columns").fill("humidity\npressure")
    fill("Identity columns").fill("id")
    fill("Target column").fill("rain")
    fill("Labels of the target").fill("yes, no")
    fill("Model").select_option("logistic-regression")
    fill("Score").select_option("log-loss")
    fill("Currency").fill("EUR")
    fill("Or a new licence: its identifier").fill("LicenseRef-rain")
    fill("Title of the new licence").fill("Licence of the rain programme")
    fill("Text of the new licence").fill(LICENCE)
    bob.inspect("programme-new")
    bob.press("Save the draft")
    bob.sees("Rows that judge")
    bob.page.get_by_label("File").set_input_files(
        upload("validation.csv", rain_csv(seed=1, row_count=80))
    )
    bob.inspect("programme-draft")
    bob.press("Upload the rows")
    bob.sees("80 validation rows are stored apart.")
    bob.press("Open the programme")
    bob.sees("The programme is open")


def ann_consents_and_uploads(ann: Any) -> None:
    ann.inspect("earnings-empty")
    ann.follow("See the programmes")
    ann.follow("Will it rain?")
    ann.sees(LICENCE)
    ann.inspect("programme-consent")
    ann.page.get_by_label("I have read the licence").check()
    ann.press("Give consent")
    ann.sees("You consented on")
    ann.inspect("programme-open")
    ann.follow("Upload a batch")
    ann.inspect("upload")
    ann.page.get_by_label("File").set_input_files(
        upload("ann.csv", spoilt(rain_csv(seed=2, row_count=60)))
    )
    ann.press("Read the file")
    ann.sees("Is this how you meant it?")
    ann.inspect("upload-preview")
    ann.press("Register the batch")
    ann.sees("2 things to correct")
    ann.sees("The programme does not declare this label.")
    ann.inspect("upload-refused")
    ann.page.get_by_label("leave those rows out").check()
    ann.press("Register the batch")
    ann.sees("Receipt")
    ann.sees("58")
    ann.sees(re.compile("^[0-9a-f]{64}$"))
    ann.sees("This is not a number.")
    ann.inspect("batch")
    ann.follow("Batches")
    ann.inspect("batches")


def another_gives_too(dan: Any) -> None:
    """A second contributor, through the services: it is the first whose way is walked."""
    import io

    from django.utils import timezone

    from contributors import services
    from contributors.models import Programme

    now, programme = timezone.now(), Programme.objects.get(slug="rain")
    who = services.contributor_for_user(user=dan, now=now)
    given = {"contributor_id": who.id, "programme_id": programme.id, "actor": dan, "now": now}
    services.consent_give(**given)
    services.batch_register(file=io.BytesIO(rain_csv(seed=3, row_count=50)), **given)


def bob_values_the_data(bob: Any, run_queue: Callable[[], int]) -> None:
    bob.follow("Periods")
    bob.inspect("periods-empty")
    bob.follow("Open a period")
    bob.page.get_by_label("Code").fill("2026-Q4")
    bob.page.get_by_label("First day").fill("2026-10-01")
    bob.page.get_by_label("Last day").fill("2026-12-31")
    bob.press("Open the period")
    bob.press("Freeze the intake")
    bob.sees("The intake of 2026-Q4 is closed")
    bob.inspect("period-frozen")
    bob.follow("Start a valuation run")
    bob.inspect("run-new")
    bob.press("Start the run")
    bob.sees("waiting for a worker")
    bob.inspect("run-queued")
    run_queue()
    bob.sees("Score with no data")
    bob.inspect("run-computed")
    bob.press("Lock the values for payment")
    bob.sees("The run is now locked.")


def bob_shares_a_pool(bob: Any) -> None:
    bob.follow("Pools")
    bob.inspect("pools-empty")
    bob.follow("New policy version")
    bob.page.get_by_label("Valid from").fill("2026-01-01")
    bob.inspect("policy-new")
    bob.press("Save the version")
    bob.follow("Open a pool")
    bob.page.get_by_label("Code").fill("rain-2026-Q4")
    bob.page.get_by_label("Amount").fill("10,000.01")
    bob.page.get_by_label("Currency").fill("EUR")
    bob.page.get_by_label("Funder").fill("weather-co")
    bob.inspect("pool-new")
    bob.press("Open the pool")
    bob.inspect("pool")
    bob.follow("Calculate a royalty run")
    bob.press("Calculate")
    bob.sees("equal to the pool, to the cent")
    bob.inspect("royalty-run-calculated")
    bob.press("Submit for approval")
    bob.sees("The run waits for an approver who is not you.")
    expect(bob.page.get_by_role("button", name="Approve and post")).to_have_count(0)


def cleo_approves(cleo: Any) -> None:
    cleo.inspect("queue")
    cleo.follow(re.compile("Royalties of 2026-Q4"))
    cleo.inspect("royalty-run-in-review")
    cleo.press("Approve and post")
    cleo.sees("The run is approved and posted; its statements are issued.")
    cleo.inspect("royalty-run-posted")
    cleo.follow("Statements")
    cleo.inspect("statements-all")


def ann_reads_her_statement(ann: Any) -> None:
    ann.visit("/")
    ann.inspect("earnings")
    ann.follow(re.compile("^Read statement"))
    ann.sees("Why this amount")
    ann.sees("Your gross share")
    ann.inspect("statement")
    for form, start in (("PDF", b"%PDF-"), ("CSV", b""), ("JSON", b"{"), ("XLSX", b"PK")):
        with ann.page.expect_download() as download:
            ann.page.get_by_role("link", name=form, exact=True).click()
        with open(download.value.path(), "rb") as file:
            assert file.read().startswith(start), f"{form} is no {form}"
    ann.page.get_by_role("link", name="Open the valuation run").click()
    ann.sees("The value of your data")
    ann.inspect("run-own")


def an_auditor_reads_the_books(eve: Any) -> None:
    eve.inspect("overview-auditor")
    eve.follow("Journal")
    eve.inspect("journal")
    eve.page.locator("table a").first.click()
    eve.inspect("entry")
    eve.page.locator("table a").first.click()
    eve.inspect("account")
    eve.follow("Trial balance")
    eve.sees("Debits and credits are equal.")
    eve.inspect("trial-balance")
    eve.follow("Journal")
    eve.follow("Check the books")
    eve.sees("The books are whole")
    eve.inspect("books-check")

"""What a contributor reads before giving consent."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ledger.core.policy import Policy
from ledger.models import Period
from ledger.services.pools import policy_version_create

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(make_user: Any) -> Client:
    client = Client()
    client.force_login(make_user("ann"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_column_says_what_may_stand_in_it_and_a_file_has_them_all(
    ann: Client, programme: Any
) -> None:
    page = ann.get(f"/programmes/{programme.id}/").content.decode()
    assert "one of: no, yes" in page and "a number" in page
    file = ann.get(f"/programmes/{programme.id}/template/")
    assert file.content.decode() == "record,size,weight,late\r\n"
    assert file["Content-Disposition"].endswith('"parcels.csv"')


def test_the_terms_of_payment_are_a_step_from_the_consent(
    ann: Client, programme: Any, make_user: Any
) -> None:
    terms = f"/programmes/{programme.id}/terms/"
    page = ann.get(f"/programmes/{programme.id}/").content.decode()
    assert page.count(terms) == 2
    assert "No policy is in force yet" in ann.get(terms).content.decode()
    now = timezone.now()
    policy_version_create(
        name="standard",
        policy=Policy(fee_bp=1_250, threshold_minor=5_000),
        valid_from=now.date(),
        actor=make_user("rea", role="reviewer"),
        now=now,
    )
    Period.objects.create(code="2026-Q4", starts_on="2026-10-01", ends_on="2026-12-31")
    shown = ann.get(terms).content.decode()
    assert "12.5" in shown and "50.00" in shown and "2026-Q4" in shown


def test_a_contributor_is_offered_the_scopes_of_a_contributor(ann: Client) -> None:
    page = ann.get("/tokens/").content.decode()
    assert 'value="batches"' in page and 'value="valuation"' not in page


def test_the_first_page_leads_on_after_the_first_upload(
    ann: Client, programme: Any, join: Any, give: Any
) -> None:
    from contributors.models import User

    user = User.objects.get()
    receipt = give(join("ann", user=user), "r1,1,2,no", actor=user)
    page = ann.get("/").content.decode()
    assert f"/batches/{receipt.id}/" in page and "Accepted: 1 row." in page
    assert "Enter your bank details" in page
    batch = ann.get(f"/batches/{receipt.id}/").content.decode()
    assert f'href="/api/v1/batches/{receipt.id}/" download="receipt-' in batch

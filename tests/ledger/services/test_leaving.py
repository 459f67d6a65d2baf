"""Whoever leaves is paid whatever the balance (NEEDS C6)."""

from datetime import date, timedelta

import pytest

from contributors.models import Batch, Consent
from contributors.selectors import contributors_who_left
from contributors.services.batches import batch_withdraw
from ledger.core.policy import Policy
from ledger.models import Statement
from ledger.selectors.payouts import payouts_payable
from ledger.services.bank_details import bank_details_set
from ledger.services.statement_checks import statement_differences
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db
POLICY = Policy(fee_bp=0, threshold_minor=1_000)
VALUES = {"ann": "1", "bob": "1"}
EXACT = {"ann": ("1", "0"), "bob": ("1", "0")}


@pytest.fixture
def batch_of(programme, make_contributor, make_user):
    """Return a maker of accepted batches: batch_of("ann"); ann can be paid."""

    def make(code):
        contributor = make_contributor(code)
        if contributor.user is None:
            contributor.user = make_user(f"{code}-payee")
            contributor.save()
            bank_details_set(
                contributor=contributor, holder=code, iban="NL30MOCK0000000005", bic="",
                actor=contributor.user, now=NOW,
            )  # fmt: skip
        consent = Consent.objects.create(
            contributor=contributor, programme=programme, licence=programme.licence,
            licence_text_sha256="0" * 64, purpose="training", given_at=NOW,
        )  # fmt: skip
        return Batch.objects.create(
            programme=programme, contributor=contributor, consent=consent, state="accepted",
            file_format="csv", byte_count=1, file_sha256="0" * 64, content_sha256="0" * 64,
            received_at=NOW, accepted_at=NOW,
        )  # fmt: skip

    return make


def holds():
    """Why each balance cannot be paid, by its amount; None if it can."""
    due = payouts_payable(currency="USD", on=date(2014, 1, 20))
    return [draft.hold.code if draft.hold else None for draft in due]


def test_whoever_withdrew_everything_is_paid_below_the_threshold(make_run, batch_of):
    batches = [batch_of(code) for code in ("ann", "bob")]
    make_run(VALUES, 1_000, POLICY)
    assert holds() == ["below_threshold", "below_threshold"]
    batch_withdraw(batch_id=batches[0].id, actor=None, now=NOW)
    assert contributors_who_left() == {batches[0].contributor_id}
    assert sorted(holds(), key=str) == [None, "below_threshold"]


def test_the_statement_of_whoever_left_carries_nothing_and_is_the_same_computed_again(
    make_run, batch_of
):
    batch_withdraw(batch_id=batch_of("ann").id, actor=None, now=NOW - timedelta(days=1))
    batch = batch_of("bob")
    make_run(VALUES, 1_000, POLICY)
    statements = {each.contributor.code: each for each in Statement.objects.all()}
    assert [(statements[code].carried_minor, statements[code].net_minor) for code in VALUES] == [
        (0, 500),
        (500, 0),
    ]
    # Who leaves later changes nothing of what was stated before.
    batch_withdraw(batch_id=batch.id, actor=None, now=NOW + timedelta(days=1))
    for statement in statements.values():
        assert statement_differences(statement=statement, values=EXACT) == ()


def test_whoever_never_gave_a_batch_has_not_left(make_run, make_contributor):
    make_run(VALUES, 1_000, POLICY)
    assert contributors_who_left() == frozenset()


def test_a_consent_that_was_taken_back_counts_as_leaving(batch_of):
    batch = batch_of("ann")
    Consent.objects.update(revoked_at=NOW + timedelta(days=1))
    assert contributors_who_left() == {batch.contributor_id}
    assert contributors_who_left(at=NOW) == frozenset()
    assert contributors_who_left(at=NOW + timedelta(days=1)) == {batch.contributor_id}

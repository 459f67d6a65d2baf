"""What nobody can be paid is kept as unclaimed once the policy's term is over, and not before."""

from datetime import date, timedelta

import pytest
from django.test import Client

from ledger.core.policy import Policy
from ledger.errors import UnclaimedTooEarly
from ledger.models import JournalEntry, Statement
from ledger.selectors.journal import held_minor
from ledger.selectors.unclaimed import unclaimed_due
from ledger.services.bank_details import bank_details_set
from ledger.services.unclaimed import payable_unclaim
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db
POLICY = Policy(fee_bp=0, unclaimed_days=10)
TERM = NOW.date() + timedelta(days=10)


@pytest.fixture
def ann(make_contributor, make_user):
    return make_contributor("ann", user=make_user("ann"))


def keep(ann, reviewer, *, now):
    return payable_unclaim(
        contributor_id=ann.id, currency="USD", reference="7", actor=reviewer, now=now
    )


def test_a_balance_may_be_kept_from_the_last_day_of_its_term_on(ann, make_run, reviewer):
    make_run({"ann": "1"}, 1_000, POLICY)
    assert unclaimed_due(on=TERM - timedelta(days=1)) == ()
    with pytest.raises(UnclaimedTooEarly):
        keep(ann, reviewer, now=NOW + timedelta(days=9))
    (due,) = unclaimed_due(on=TERM)
    assert (due.code, due.amount_minor, due.since, due.reason.code) == (
        "ann",
        1_000,
        TERM,
        "needs_details",
    )
    keep(ann, reviewer, now=NOW + timedelta(days=10))
    assert held_minor(code="2400:unclaimed", currency="USD") == 1_000
    assert unclaimed_due(on=TERM) == ()


def test_whoever_can_be_paid_is_paid_and_never_unclaimed(ann, make_run, reviewer):
    make_run({"ann": "1"}, 1_000, POLICY)
    bank_details_set(
        contributor=ann, holder="Ann", iban="NL30MOCK0000000005", bic="", actor=ann.user, now=NOW
    )
    assert unclaimed_due(on=date(2099, 1, 1)) == ()
    with pytest.raises(UnclaimedTooEarly):
        keep(ann, reviewer, now=NOW + timedelta(days=99))


def test_without_a_term_nothing_is_ever_unclaimed_but_of_whoever_was_erased(
    ann, make_run, reviewer
):
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0))
    assert unclaimed_due(on=date(2099, 1, 1)) == ()
    ann.erased_at = NOW
    ann.save()
    (due,) = unclaimed_due(on=NOW.date())
    assert due.since == NOW.date()


def test_the_term_begins_again_with_each_statement(ann, make_run):
    make_run({"ann": "1"}, 1_000, POLICY, quarter=3)
    later = NOW + timedelta(days=8)
    make_run({"ann": "1"}, 1_000, POLICY, quarter=4, at=later)
    assert unclaimed_due(on=TERM) == ()
    assert len(unclaimed_due(on=later.date() + timedelta(days=10))) == 1
    assert Statement.objects.count() == 2


def test_a_reviewer_keeps_it_on_the_payees_page(ann, make_run, reviewer):
    make_run({"ann": "1"}, 1_000, POLICY)
    client = Client()
    client.force_login(reviewer, backend="django.contrib.auth.backends.ModelBackend")
    assert "What nobody can be paid" in client.get("/payees/").content.decode()
    assert "Keep as unclaimed" in client.get("/payees/ann/").content.decode()
    answer = client.post("/payees/ann/unclaimed/", {"currency": "USD", "reference": ""})
    assert answer.status_code == 302 and not JournalEntry.objects.filter(event="unclaimed")
    client.post("/payees/ann/unclaimed/", {"currency": "USD", "reference": "letter 7"})
    assert JournalEntry.objects.filter(event="unclaimed").count() == 1
    own = Client()
    own.force_login(ann.user, backend="django.contrib.auth.backends.ModelBackend")
    assert own.post("/payees/ann/unclaimed/", {}).status_code == 403

"""What falls due by itself, and what a lost message left behind: the scheduler finds it, once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ledger import actors
from ledger.core.policy import Policy
from ledger.models import JournalEntry, Period, Statement, StatementFile
from ledger.selectors.journal import held_minor
from ledger.services.disputes import dispute_open
from ledger.services.holdbacks import holdbacks_release_ended
from ledger.services.periods import period_close
from ledger.services.statement_checks import CHECKS
from ledger.services.statements import statements_finalise_due
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db
VALUES = {"ann": "0.2", "bob": "0.1"}
RESERVE = Policy(fee_bp=0, holdback_bp=1_000, holdback_periods=3)
FORMS = 4  # PDF, CSV, XLSX, JSON


@pytest.fixture
def committed(monkeypatch):
    """What waits for a commit is done at once: the test's transaction never commits."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda do, **_: do())


def client_of(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_approving_by_page_sends_the_files_of_every_statement(
    make_run, approver, committed, run_queue
):
    run = make_run(VALUES, up_to="submit")
    answer = client_of(approver).post(f"/royalty-runs/{run.id}/approval/", {"note": ""})
    assert answer.status_code == 302
    assert run_queue() == 1
    assert StatementFile.objects.count() == 2 * FORMS


def test_approving_over_the_api_sends_the_files_of_every_statement(
    make_run, approver, committed, run_queue, api
):
    run = make_run(VALUES, up_to="submit")
    answer = api(approver).post(
        f"/api/v1/royalty-runs/{run.id}/approval/", {"note": ""}, headers={"Idempotency-Key": "1"}
    )
    assert answer.status_code == 200
    assert run_queue() == 1
    assert StatementFile.objects.count() == 2 * FORMS


def test_the_next_version_of_a_statement_gets_its_files_too(
    make_run, reviewer, committed, run_queue, api
):
    make_run(VALUES)
    first = Statement.objects.order_by("sequence").first()
    answer = api(reviewer).post(
        f"/api/v1/statements/{first.number}/version/",
        {"note": "A better one."},
        headers={"Idempotency-Key": "1"},
    )
    assert answer.status_code == 201, answer.content
    assert run_queue() == 1
    assert set(StatementFile.objects.values_list("statement__version", flat=True)) == {2}


def test_files_whose_message_was_lost_are_sent_again_and_only_those(make_run, run_queue):
    make_run(VALUES, at=timezone.now() - timedelta(hours=1))
    actors.resume_statement_files.fn()
    assert run_queue() == 1
    assert StatementFile.objects.count() == 2 * FORMS
    actors.resume_statement_files.fn()
    assert run_queue() == 0


def test_files_that_are_being_made_are_not_sent_again(make_run, run_queue):
    make_run(VALUES, at=timezone.now() - timedelta(hours=1))
    one = Statement.objects.order_by("sequence").first()
    actors.make_statement_files.fn(statement_ids=[str(one.id)])
    actors.resume_statement_files.fn()
    assert run_queue() == 0


def test_files_of_a_moment_ago_are_given_time(make_run, run_queue):
    make_run(VALUES, at=timezone.now())
    actors.resume_statement_files.fn()
    assert run_queue() == 0


def test_a_statement_becomes_final_by_itself_once_its_window_has_passed_undisputed(
    make_run, make_contributor, make_user
):
    ann = make_contributor("ann", user=make_user("ann"))
    make_run(VALUES, at=NOW)
    statement = Statement.objects.get(contributor=ann)
    dispute_open(
        statement_id=statement.id, kind="value", amount_minor=1, text="No.", actor=ann.user, now=NOW
    )
    assert statements_finalise_due(now=statement.dispute_until) == 0
    assert statements_finalise_due(now=statement.dispute_until + timedelta(seconds=1)) == 1
    states = dict(Statement.objects.values_list("contributor__code", "state"))
    assert states == {"ann": "disputed", "bob": "final"}
    actors.finalise_statements.fn()
    assert dict(Statement.objects.values_list("contributor__code", "state")) == states


def test_a_holdback_comes_back_by_itself_when_a_period_had_no_run(
    make_run, make_contributor, make_period
):
    ann = make_contributor("ann")
    run = make_run({"ann": "1"}, 1_000, RESERVE, year=2013, quarter=1)
    assert (owed(ann, "payable"), owed(ann, "holdback")) == (900, 100)
    for year, quarter in ((2013, 2), (2013, 3)):
        make_period(year, quarter)
    during = run.pool.period.ends_on + timedelta(days=30)
    assert holdbacks_release_ended(now=at(during)) == 0  # the second quarter is not over
    assert holdbacks_release_ended(now=at(Period.objects.get(code="2013-Q3").ends_on)) == 1
    assert (owed(ann, "payable"), owed(ann, "holdback")) == (934, 66)
    assert holdbacks_release_ended(now=at(Period.objects.get(code="2013-Q3").ends_on)) == 0
    assert holdbacks_release_ended(now=NOW) == 1
    make_run({"ann": "1"}, 1_000, Policy(fee_bp=0), year=2013, quarter=4)
    last = Statement.objects.order_by("chain_seq").last()
    assert (last.opening_minor, last.released_minor, last.closing_minor) == (900, 100, 2_000)
    assert owed(ann, "holdback") == 0
    assert [finding for check in CHECKS for finding in check()] == []


def test_nothing_comes_back_while_every_period_is_closed(make_run, make_period):
    run = make_run({"ann": "1"}, 1_000, RESERVE, year=2013, quarter=1)
    second = make_period(2013, 2)
    for period in (run.pool.period, second):
        period_close(period_id=period.id, actor=None, now=NOW)
    entries = JournalEntry.objects.count()
    assert holdbacks_release_ended(now=NOW) == 0
    assert JournalEntry.objects.count() == entries


def at(day):
    """Noon of a day."""
    return NOW.replace(year=day.year, month=day.month, day=day.day)


def owed(contributor, purpose):
    number = {"payable": 2100, "holdback": 2110}[purpose]
    return held_minor(code=f"{number}:{purpose}:{contributor.id}", currency="USD")

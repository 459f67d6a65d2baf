"""Versions of a statement, and numbers without gaps under concurrent issue."""

import json

import pytest
from django.db import IntegrityError

from contributors.errors import NotPermitted
from ledger.core.policy import Policy
from ledger.errors import RejectionUnexplained, StatementNotInState
from ledger.models import Posting, RoyaltyRun, Statement
from ledger.services.disputes import dispute_decide, dispute_open
from ledger.services.pools import pool_create
from ledger.services.statement_checks import CHECKS, statement_differences
from ledger.services.statement_files import statement_file_get, statement_find
from ledger.services.statements import statement_finalise, statement_reissue

pytestmark = pytest.mark.django_db


@pytest.fixture
def resolved(make_run, make_user, make_contributor, reviewer, now):
    """ann's statement after a dispute that was upheld with 1.50 more."""
    run = make_run({"ann": "2", "bob": "1"}, 3_000, Policy(fee_bp=0))
    ann = make_contributor("ann")
    ann.user = make_user("ann")
    ann.save()
    pool_create(
        code="reserve", period_id=run.pool.period_id, programme_id=None, currency="USD",
        amount_minor=500, funder="platform", policy_id=run.policy_id, actor=reviewer, now=now,
        kind="adjustment_reserve",
    )  # fmt: skip
    dispute = dispute_open(
        statement_id=Statement.objects.get(contributor=ann).id, kind="value", amount_minor=100,
        text="No.", actor=ann.user, now=now,
    )  # fmt: skip
    dispute_decide(
        dispute_id=dispute.id, outcome="upheld", decision="Yes.", adjustment_minor=150,
        reserve="reserve", actor=reviewer, now=now,
    )  # fmt: skip
    return Statement.objects.get(contributor=ann)


def reissue(statement, actor, now, note="The dispute was upheld."):
    return statement_reissue(statement_id=statement.id, note=note, actor=actor, now=now)


def test_a_correction_before_final_is_the_next_version_and_the_first_stays(resolved, reviewer, now):
    before = (resolved.record_sha256, resolved.closing_minor)
    second = reissue(resolved, reviewer, now)
    resolved.refresh_from_db()
    assert (resolved.state, resolved.record_sha256, resolved.closing_minor) == (
        "superseded",
        *before,
    )
    assert (second.number, second.version, second.supersedes_id) == (
        resolved.number,
        2,
        resolved.id,
    )
    assert (second.adjustment_minor, second.closing_minor, second.net_minor) == (150, 2_150, 2_150)
    record = json.loads(second.record)
    assert record["supersedes"]["why"] == "The dispute was upheld."
    assert [line["kind"] for line in record["lines"]] == [
        "gross",
        "disputed",
        "dispute_closed",
        "adjustment",
        "net",
    ]
    assert [finding for check in CHECKS for finding in check()] == []
    assert statement_differences(statement=second, values={}) == ()


def test_the_lines_of_a_statement_sum_to_it_and_to_its_postings_in_the_journal(resolved, make_run):
    make_run({"ann": "1", "bob": "2"}, 700, Policy(fee_bp=500, holdback_bp=1_000,
             holdback_periods=1), year=2014, quarter=1)  # fmt: skip
    make_run({"ann": "2", "cleo": "1"}, 900, Policy(fee_bp=0), year=2014, quarter=2)
    assert Statement.objects.count() == 2 + 2 + 3
    for statement in Statement.objects.all():
        moved = statement.closing_minor - statement.opening_minor
        lines = statement.lines.exclude(kind__in=["carried", "withholding", "net"])
        assert sum(lines.values_list("amount_minor", flat=True)) == moved
        after = statement.previous.chain_seq if statement.previous else 0
        assert posted(statement, after, statement.chain_seq) == moved
    for run in RoyaltyRun.objects.all():
        stated = sum(run.statements.values_list("gross_minor", flat=True))
        assert stated + run.fee_minor == run.pool.amount_minor


def posted(statement, after, until):
    """What the entries between two numbers did to what is owed to the contributor."""
    postings = Posting.objects.filter(
        entry__seq__gt=after, entry__seq__lte=until, currency=statement.currency
    )
    code = f"2100:payable:{statement.contributor_id}"
    credit = postings.filter(credit_account__code=code).values_list("amount_minor", flat=True)
    debit = postings.filter(debit_account__code=code).values_list("amount_minor", flat=True)
    return sum(credit) - sum(debit)


def test_each_version_keeps_its_own_files(resolved, reviewer, now):
    first = statement_file_get(statement=resolved, format="json", actor=None, now=now)
    second = reissue(resolved, reviewer, now)
    assert statement_find(number=resolved.number, user=reviewer).id == second.id
    old = statement_find(number=resolved.number, user=reviewer, version=1)
    again = statement_file_get(statement=old, format="json", actor=None, now=now)
    assert (again.content, again.name) == (first.content, f"{resolved.number}-v1.json")


def test_the_next_statement_opens_where_the_last_version_closed(resolved, reviewer, now, make_run):
    second = reissue(resolved, reviewer, now)
    make_run({"ann": "1"}, 100, Policy(fee_bp=0), year=2014, quarter=1)
    later = Statement.objects.filter(contributor__code="ann").order_by("-chain_seq").first()
    assert (later.previous_id, later.opening_minor) == (second.id, second.closing_minor)


def test_a_reissue_needs_a_reviewer_a_reason_and_a_statement_that_is_not_final(
    resolved, reviewer, approver, now
):
    from datetime import timedelta

    with pytest.raises(NotPermitted):
        reissue(resolved, approver, now)
    with pytest.raises(RejectionUnexplained):
        reissue(resolved, reviewer, now, note=" ")
    later = resolved.dispute_until + timedelta(days=1)
    statement_finalise(statement_id=resolved.id, actor=reviewer, now=later)
    with pytest.raises(StatementNotInState):
        reissue(resolved, reviewer, later)


def test_a_version_with_a_gap_is_refused(resolved):
    from contributors.identifiers import uuid7

    first_id = resolved.id
    resolved.pk, resolved.version, resolved.supersedes_id = uuid7(), 3, first_id
    resolved.state = "issued"
    with pytest.raises(IntegrityError, match="statement_version_has_no_gap"):
        Statement.objects.bulk_create([resolved])

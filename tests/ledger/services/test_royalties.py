"""The royalty run through its service and through raw SQL."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from contributors.errors import NotPermitted
from contributors.identifiers import uuid7
from ledger.core.policy import Policy
from ledger.core.records import digest
from ledger.errors import (
    ApprovalVoid,
    NotFound,
    OwnWork,
    PeriodNotFrozen,
    PoolHasRun,
    ProgrammeDiffers,
    RejectionUnexplained,
    RunNotInState,
    ValuesNotLocked,
)
from ledger.models import JournalEntry, RoyaltyLine, RoyaltyRun, Statement, StatementLine
from ledger.selectors.journal import held_minor
from ledger.selectors.royalties import royalty_run_preview
from ledger.services import royalties

pytestmark = pytest.mark.django_db
VALUES = {"ann": "0.2", "bob": ("0.1", "0.01"), "cleo": "-0.05"}
HELD = Policy(fee_bp=1000, holdback_bp=2000, holdback_periods=2, threshold_minor=1_000)


def events(run):
    return [each.transition_id for each in run.events.order_by("sequence")]


def owed(purpose, contributor, currency="USD"):
    numbers = {"payable": 2100, "holdback": 2110}
    return held_minor(code=f"{numbers[purpose]}:{purpose}:{contributor.id}", currency=currency)


def test_an_approved_run_issues_numbered_statements_that_add_up_to_the_pool(make_run):
    run = make_run(VALUES, 100_000, HELD)
    assert run.state == "posted"
    statements = list(Statement.objects.order_by("sequence"))
    assert [each.number for each in statements] == [
        "2013-Q4-USD-00001",
        "2013-Q4-USD-00002",
        "2013-Q4-USD-00003",
    ]
    assert run.fee_minor + sum(each.gross_minor for each in statements) == 100_000
    assert [(each.gross_minor, each.holdback_minor, each.net_minor) for each in statements] == [
        (60_000, 12_000, 48_000),
        (30_000, 6_000, 24_000),
        (0, 0, 0),
    ]


def test_the_journal_owes_what_the_statements_say(make_run, make_contributor):
    make_run(VALUES, 100_000, HELD)
    ann = make_contributor("ann")
    assert (owed("payable", ann), owed("holdback", ann)) == (48_000, 12_000)
    assert held_minor(code="2000:pool:2013-Q4-delays-USD", currency="USD") == 0
    assert held_minor(code="4000:platform-fee", currency="USD") == 10_000
    assert list(JournalEntry.objects.order_by("seq").values_list("event", flat=True)) == [
        "pool_promised",
        "fee_taken",
        "period_allocated",
        "holdback_set_aside",
    ]


def test_every_step_asked_twice_gives_the_first_answer(make_run, reviewer, approver, now):
    run = make_run(VALUES)
    before = (JournalEntry.objects.count(), Statement.objects.count(), events(run))
    again = royalties.royalty_run_approve(run_id=run.id, actor=approver, now=now)
    calculated = royalties.royalty_run_calculate(
        pool_id=run.pool_id, valuation_run_id=run.valuation_run_id, actor=reviewer, now=now
    )
    assert again.id == calculated.id == run.id
    assert before == (JournalEntry.objects.count(), Statement.objects.count(), events(run))


def test_the_preview_is_what_approval_issues(make_run, approver, now):
    run = make_run(VALUES, policy=HELD, up_to="submit")
    preview = [
        (each.code, each.gross_minor, each.net_minor) for each in royalty_run_preview(run.id)
    ]
    royalties.royalty_run_approve(run_id=run.id, actor=approver, now=now)
    issued = Statement.objects.order_by("sequence").values_list(
        "contributor__code", "gross_minor", "net_minor"
    )
    assert preview == list(issued)


def test_every_line_that_is_zero_held_carried_or_reduced_has_a_reason(make_run):
    make_run(VALUES, 3_000, HELD)
    for line in StatementLine.objects.all():
        earning = line.kind in ("gross", "net") and line.amount_minor > 0
        assert earning or (line.reason_sentence and line.reason_action and line.reason_until)
    kinds = StatementLine.objects.filter(statement__contributor__code="bob")
    assert list(kinds.order_by("position").values_list("kind", "amount_minor", "reason_code")) == [
        ("gross", 900, ""),
        ("holdback", -180, "holdback"),
        ("carried", -720, "below_threshold"),
        ("net", 0, "nothing_due"),
    ]


def test_the_next_statement_opens_with_the_closing_balance_and_releases_the_reserve(make_run):
    make_run(VALUES, 100_000, HELD, quarter=3)
    make_run(VALUES, 50_000, HELD, quarter=4, at=None or _later())
    first, second = Statement.objects.filter(contributor__code="ann").order_by("chain_seq")
    assert second.previous_id == first.id
    assert second.opening_minor == first.closing_minor == 48_000
    assert second.released_minor == 6_000
    assert second.closing_minor == 48_000 + 30_000 - 6_000 + 6_000


def _later():
    from tests.ledger.conftest import NOW

    return NOW + timedelta(days=90)


def test_a_run_of_values_at_or_below_zero_needs_a_decision_and_moves_no_money(make_run, now):
    run = make_run({"ann": "-1", "bob": "0"}, up_to="calculate")
    assert (run.state, run.decision_code) == ("needs_decision", "no_positive_value")
    assert "nothing to split" in run.decision_sentence
    with pytest.raises(RunNotInState):
        royalties.royalty_run_submit(run_id=run.id, actor=run.created_by, now=now)
    assert JournalEntry.objects.filter(event="fee_taken").count() == 0


def test_a_run_without_surplus_goes_on_only_by_a_decision(make_values, make_pool, reviewer, now):
    values = make_values({"ann": "0.1", "bob": "-0.2"}, empty="-0.5", grand="-0.6")
    run = royalties.royalty_run_calculate(
        pool_id=make_pool(1_000).id, valuation_run_id=values.id, actor=reviewer, now=now
    )
    assert (run.state, run.decision_code) == ("needs_decision", "no_surplus")
    with pytest.raises(RejectionUnexplained):
        royalties.royalty_run_decide(run_id=run.id, note=" ", actor=reviewer, now=now)
    decided = royalties.royalty_run_decide(
        run_id=run.id, note="The contract pays by rank.", actor=reviewer, now=now
    )
    assert (decided.state, decided.decision_note) == ("calculated", "The contract pays by rank.")
    run.refresh_from_db()
    assert run.state == "rejected"


def test_the_same_person_cannot_prepare_and_approve(make_run, reviewer, approver, now):
    run = make_run(VALUES, up_to="submit")
    reviewer.role = "approver"
    reviewer.save()
    with pytest.raises(OwnWork):
        royalties.royalty_run_approve(run_id=run.id, actor=reviewer, now=now)
    with pytest.raises(OwnWork):
        royalties.royalty_run_reject(run_id=run.id, note="No.", actor=reviewer, now=now)


def test_the_database_refuses_an_approver_who_is_the_author(make_run):
    run = make_run(VALUES)
    for column in ("created_by_id", "submitted_by_id"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE ledger_royalty_run SET approved_by_id = {column} WHERE id = %s",
                [_raw(run.id)],
            )


def test_nobody_approves_a_run_that_pays_them(make_run, make_contributor, approver, now):
    run = make_run(VALUES, up_to="submit")
    ann = make_contributor("ann")
    ann.user = approver
    ann.save()
    with pytest.raises(OwnWork):
        royalties.royalty_run_approve(run_id=run.id, actor=approver, now=now)
    run.events.create(
        sequence=run.events.count() + 1, transition_id="royalty_run:in_review>approved", at=now
    )
    with pytest.raises(IntegrityError, match="royalty_run_approver_is_not_paid"):
        RoyaltyRun.objects.filter(id=run.id).update(state="approved", approved_by=approver)


def _raw(uuid):
    return uuid.hex if connection.vendor == "sqlite" else uuid


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_royalty_line SET gross_minor = gross_minor + 1",
        "DELETE FROM ledger_royalty_line",
        "UPDATE ledger_statement SET net_minor = net_minor + 1, due_minor = due_minor + 1",
        "UPDATE ledger_statement SET number = 'x'",
        "UPDATE ledger_statement SET record = record || ' '",
        "UPDATE ledger_statement SET state = 'final'",
        "DELETE FROM ledger_statement",
        "UPDATE ledger_statement_line SET amount_minor = 1",
        "DELETE FROM ledger_statement_line",
        "UPDATE ledger_royalty_run SET fee_minor = 0",
        "UPDATE ledger_royalty_run SET state = 'draft', approved_by_id = NULL",
        "UPDATE ledger_royalty_run SET state = 'closed'",
        "DELETE FROM ledger_royalty_run",
        "UPDATE ledger_pool SET amount_minor = 1",
        "UPDATE ledger_policy_version SET fee_bp = 0",
        "UPDATE ledger_approval SET note = 'x'",
        "DELETE FROM ledger_royalty_run_event",
        "UPDATE ledger_holdback SET amount_minor = 1",
        "INSERT INTO ledger_royalty_run_event (run_id, sequence, transition_id, at, reason,"
        " evidence_sha256) SELECT id, 9, 'royalty_run:draft>calculated', created_at, '', ''"
        " FROM ledger_royalty_run",
        "INSERT INTO ledger_royalty_run_event (run_id, sequence, transition_id, at, reason,"
        " evidence_sha256) SELECT id, 5, 'royalty_run:posted>draft', created_at, '', ''"
        " FROM ledger_royalty_run",
    ],
)
def test_raw_sql_cannot_change_what_was_posted_or_issued(make_run, statement):
    make_run(VALUES, policy=HELD)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_line_cannot_be_added_to_a_calculated_run(make_run):
    run = make_run(VALUES, up_to="calculate")
    line = run.lines.first()
    line.pk, line.position, line.player_key = None, 9, "dan"
    with pytest.raises(IntegrityError, match="royalty_line_belongs_to_a_draft"):
        line.save(force_insert=True)


def test_a_statement_number_with_a_gap_is_refused(make_run, make_contributor):
    make_run(VALUES)
    statement = Statement.objects.order_by("sequence").first()
    statement.pk, statement.sequence, statement.number = uuid7(), 9, "2013-Q4-USD-00009"
    statement.contributor = make_contributor("dan")
    with pytest.raises(IntegrityError, match="statement_number_has_no_gap"):
        Statement.objects.bulk_create([statement])


def test_a_statement_takes_no_further_line(make_run):
    make_run(VALUES)
    statement = Statement.objects.first()
    with pytest.raises(IntegrityError, match="statement_line_is_counted"):
        StatementLine.objects.create(
            statement=statement, position=statement.line_count + 1, kind="gross", amount_minor=5
        )


def test_lines_changed_under_the_approval_are_found(make_run, approver, now, monkeypatch):
    run = make_run(VALUES, up_to="submit")
    monkeypatch.setattr(royalties, "stored_line_drafts", lambda run: ())
    with pytest.raises(ApprovalVoid):
        royalties.royalty_run_approve(run_id=run.id, actor=approver, now=now)
    assert Statement.objects.count() == 0


def test_a_pool_has_one_run_until_it_is_rejected(make_run, make_values, reviewer, approver, now):
    run = make_run(VALUES, up_to="submit")
    other = make_values({"ann": "1"})
    request = {"pool_id": run.pool_id, "valuation_run_id": other.id, "actor": reviewer, "now": now}
    with pytest.raises(PoolHasRun):
        royalties.royalty_run_calculate(**request)
    royalties.royalty_run_reject(run_id=run.id, note="Wrong values.", actor=approver, now=now)
    assert royalties.royalty_run_calculate(**request).state == "calculated"


def test_values_must_be_locked_and_of_the_pools_programme(
    make_values, make_pool, reviewer, programme, now
):
    pool = make_pool(1_000)
    request = {"pool_id": pool.id, "actor": reviewer, "now": now}
    computed = make_values({"ann": "1"}, state="computed")
    with pytest.raises(ValuesNotLocked):
        royalties.royalty_run_calculate(valuation_run_id=computed.id, **request)
    locked = make_values({"ann": "1"})
    programme.pk, programme.slug = None, "other"
    programme._state.adding = True
    programme.id = uuid7()
    programme.save()
    locked.programme = programme
    locked.save()
    with pytest.raises(ProgrammeDiffers):
        royalties.royalty_run_calculate(valuation_run_id=locked.id, **request)


def test_the_intake_must_be_over_before_a_run(make_values, programme, reviewer, now):
    from datetime import date

    from ledger.services.periods import period_open
    from ledger.services.pools import policy_version_create, pool_create

    period = period_open(code="2014-Q1", starts_on=date(2014, 1, 1), ends_on=date(2014, 3, 31))
    policy = policy_version_create(
        name="p", policy=Policy(fee_bp=0), valid_from=now.date(), actor=reviewer, now=now
    )
    pool = pool_create(
        code="early", period_id=period.id, programme_id=programme.id, currency="USD",
        amount_minor=5, funder="platform", policy_id=policy.id, actor=reviewer, now=now,
    )  # fmt: skip
    with pytest.raises(PeriodNotFrozen):
        royalties.royalty_run_calculate(
            pool_id=pool.id, valuation_run_id=make_values({"ann": "1"}).id, actor=reviewer, now=now
        )


def test_only_a_reviewer_prepares_and_only_an_approver_approves(make_run, make_user, approver, now):
    run = make_run(VALUES, up_to="submit")
    for role in ("contributor", "reviewer", "auditor", "administrator"):
        user = make_user(f"dan-{role}", role=role)
        with pytest.raises(NotPermitted):
            royalties.royalty_run_approve(run_id=run.id, actor=user, now=now)
    with pytest.raises(NotPermitted):
        royalties.royalty_run_submit(run_id=run.id, actor=approver, now=now)


def test_an_unknown_run_is_not_found(reviewer, approver, now):
    with pytest.raises(NotFound):
        royalties.royalty_run_approve(run_id=uuid7(), actor=approver, now=now)


def test_the_record_says_all_that_the_statement_says(make_run):
    run = make_run(VALUES, policy=HELD)
    statement = Statement.objects.get(contributor__code="ann")
    record = json.loads(statement.record)
    assert digest(statement.record) == statement.record_sha256
    assert record["number"] == statement.number
    assert record["summary"]["net_minor"] == statement.net_minor
    assert record["journal"] == {"seq": statement.chain_seq, "head": statement.chain_head}
    assert record["royalty_run"]["lines_hash"] == run.lines_hash
    assert record["control"]["gross_total_minor"] + record["control"]["fee_minor"] == 100_000
    assert record["others"] is None
    assert "ann" not in json.dumps(record["values"][0]["quota"])


def test_calculating_again_on_another_day_gives_the_same_lines(make_run, reviewer, approver, now):
    run = make_run(VALUES, up_to="submit")
    royalties.royalty_run_reject(run_id=run.id, note="Again, please.", actor=approver, now=now)
    again = royalties.royalty_run_calculate(
        pool_id=run.pool_id,
        valuation_run_id=run.valuation_run_id,
        actor=reviewer,
        now=now + timedelta(days=1),
    )
    assert again.lines_hash == run.lines_hash
    fields = ["position", "code", "value", "quota", "weight", "gross_minor"]
    assert list(RoyaltyLine.objects.filter(run=again).order_by("position").values(*fields)) == list(
        RoyaltyLine.objects.filter(run=run).order_by("position").values(*fields)
    )


def test_a_draft_cannot_be_born_in_a_later_state(make_run):
    run = make_run(VALUES, up_to="calculate")
    run.pk, run.state = None, "posted"
    with pytest.raises(IntegrityError):
        RoyaltyRun.objects.bulk_create([run])

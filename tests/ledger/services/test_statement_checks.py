"""Checks that find nothing in sound books, and a statement computed again."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from ledger import triggers
from ledger.core.policy import Policy
from ledger.models import Statement
from ledger.services.payouts import advance_agree
from ledger.services.statement_checks import CHECKS, statement_differences
from ledger.services.statement_files import statement_file_get
from ledger.services.tax import tax_profile_add
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db
POLICY = Policy(
    fee_bp=1_000,
    holdback_bp=1_000,
    holdback_periods=2,
    confidence_rule="hold",
    recoupment_bp=5_000,
    threshold_minor=500,
)
VALUES = {"ann": ("0.2", "0.01"), "bob": "0.1", "cleo": "-0.05", "dan": "0.001"}


@pytest.fixture
def two_periods(make_run, make_contributor, reviewer):
    """Two periods with reserves, uncertainty, tax, carried and negative amounts."""
    tax_profile_add(
        contributor_id=make_contributor("bob").id, form="W-8BEN", country="DE", rate_bp=1_500,
        evidence_sha256="0" * 64, valid_from=date(2013, 1, 1), valid_to=date(2014, 12, 31),
        actor=reviewer, now=NOW,
    )  # fmt: skip
    make_run(VALUES, 100_000, POLICY, quarter=3)
    advance_agree(
        contributor_id=make_contributor("ann").id, currency="USD", amount_minor=5_000,
        agreement="Contract 7.", actor=reviewer, now=NOW,
    )  # fmt: skip
    make_run(VALUES, 50_000, POLICY, quarter=4, at=NOW + timedelta(days=90))


def findings():
    return [finding for check in CHECKS for finding in check()]


def values_of(statement):
    from valuation.selectors import player_value_list

    rows = player_value_list(statement.run.valuation_run_id)
    return {row.key: (row.value, row.standard_error) for row in rows}


def test_sound_books_have_no_finding(two_periods):
    statement = Statement.objects.order_by("id").first()
    for form in ("pdf", "csv", "json"):
        statement_file_get(statement=statement, format=form, actor=None, now=NOW)
    assert findings() == []


def test_every_statement_computed_again_is_what_was_stated(two_periods):
    assert Statement.objects.count() == 8
    for statement in Statement.objects.all():
        values = values_of(statement)
        assert statement_differences(statement=statement, values=values) == ()


def test_another_value_is_named_as_a_difference(two_periods):
    statement = Statement.objects.filter(contributor__code="ann").last()
    values = values_of(statement) | {"bob": ("0.11", "0")}
    names = [each.name for each in statement_differences(statement=statement, values=values)]
    assert "gross_minor" in names and "lines of the run" in names


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ("UPDATE ledger_royalty_run SET fee_minor = fee_minor + 1", "royalty run"),
        ("UPDATE ledger_royalty_line SET gross_minor = gross_minor + 1 WHERE position = 1",
         "royalty run"),
        ("UPDATE ledger_statement_line SET amount_minor = amount_minor + 1 WHERE position = 1",
         "statement 2013-Q3-USD-00001"),
        ("UPDATE ledger_statement SET record = record || ' '", "statement 2013-Q3-USD-00001"),
        ("UPDATE ledger_statement SET chain_head = 'x'", "statement 2013-Q3-USD-00001"),
        ("UPDATE ledger_statement SET previous_id = NULL", "statement 2013-Q4-USD-00001"),
        ("UPDATE ledger_statement SET state = 'final'", "statement"),
        ("UPDATE ledger_holdback SET amount_minor = amount_minor + 1", "account 2110:holdback:"),
        ("UPDATE ledger_statement_series SET last_sequence = 9", "series 2013-Q3-USD"),
        ("UPDATE ledger_royalty_run SET state = 'approved'", "royalty_run"),
        ("UPDATE ledger_statement_file SET sha256 = 'x'", "statement 2013-Q3-USD-00001"),
    ],
)  # fmt: skip
def test_a_change_made_with_the_triggers_off_is_found_and_its_row_named(two_periods, change, row):
    statement = Statement.objects.order_by("id").first()
    statement_file_get(statement=statement, format="csv", actor=None, now=NOW)
    triggers.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(change)
    found = [finding.row for finding in findings()]
    assert any(each.startswith(row) for each in found), found
    triggers.install(connection)


def test_the_command_says_ok_or_what_differs(two_periods, monkeypatch, capsys):
    from ledger.management.commands import verify_statement

    statement = Statement.objects.filter(contributor__code="ann").first()
    values = tuple((key, *pair) for key, pair in values_of(statement).items())
    monkeypatch.setattr(verify_statement, "values_recompute", lambda run_id: values)
    call_command("verify_statement", statement.number)
    assert f"OK: {statement.number}, net" in capsys.readouterr().out
    wrong = tuple((key, "1", "0") for key, _, _ in values)
    monkeypatch.setattr(verify_statement, "values_recompute", lambda run_id: wrong)
    with pytest.raises(CommandError, match="differs"):
        call_command("verify_statement", statement.number)
    assert "gross_minor: stated" in capsys.readouterr().err
    with pytest.raises(CommandError, match="no statement"):
        call_command("verify_statement", "2013-Q4-USD-99999")

"""Statements: listed, and explained step by step."""

import json
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from contributors.roles import ANYONE, PersonRequest, page
from ledger.core.records import digest
from ledger.models import Statement
from ledger.pages.explanation import way_of
from ledger.selectors.payouts import payment_of_statement
from ledger.services import statement_files
from ledger.services.statement_checks import statement_differences
from valuation.selectors import player_value_list

# Statements are not the administrator's business: that role does no money.
READERS = tuple(role for role in ANYONE if role != "administrator")
STATEMENTS_SHOWN = 100
FORMATS = ("pdf", "csv", "xlsx", "json")


@page(*READERS)
def statement_list(request: PersonRequest) -> HttpResponse:
    """The person's own statements; all of them for staff. The newest first."""
    found = visible(request).filter(**_after(request)).order_by("-id")[: STATEMENTS_SHOWN + 1]
    rows = [summary_of(statement) for statement in found]
    context = {
        "statements": rows[:STATEMENTS_SHOWN],
        "next_after": rows[STATEMENTS_SHOWN - 1]["id"] if len(rows) > STATEMENTS_SHOWN else None,
    }
    return render(request, "ledger/statements.html", context)


@page(*READERS)
def statement_detail(request: PersonRequest, number: str) -> HttpResponse:
    """One statement: why this amount, from the pool to the net."""
    statement = statement_files.statement_find(number=number, user=request.user)
    record = json.loads(statement.record)
    context = {
        "statement": statement,
        "summary": summary_of(statement),
        "record": record,
        "way": way_of(record),
        "values": [{**value, "label": value["player"]} for value in record["values"]],
        "formats": FORMATS,
        "disputes": list(statement.disputes.order_by("-id")),
        "payment": payment_of_statement(statement),
        "can_dispute": _can_dispute(request, statement),
    }
    return render(request, "ledger/statement.html", context)


@page(*READERS)
def statement_check(request: PersonRequest, number: str) -> HttpResponse:
    """The statement computed again from the stored values, and every difference."""
    statement = statement_files.statement_find(number=number, user=request.user)
    values = player_value_list(statement.run.valuation_run_id)
    differences = statement_differences(
        statement=statement,
        values={row.key: (row.value, row.standard_error) for row in values},
    )
    context = {
        "statement": statement,
        "differences": differences,
        "player_count": len(values),
        "record_holds": digest(statement.record) == statement.record_sha256,
    }
    return render(request, "ledger/statement_check.html", context)


@page(*READERS)
def statement_file(request: PersonRequest, number: str, form: str) -> HttpResponse:
    """One file of a statement, the same bytes every time."""
    file = statement_files.statement_file_get(
        statement=statement_files.statement_find(number=number, user=request.user),
        format=form,
        actor=request.user,
        now=timezone.now(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.content, content_type=file.content_type, headers=headers)


def visible(request: PersonRequest) -> Any:
    """The statements this person may see, without their records."""
    found = Statement.objects.visible_to(request.user).exclude(state="superseded")
    return found.select_related("period", "contributor").defer("record")


def summary_of(statement: Statement) -> dict[str, Any]:
    """One line of a list of statements."""
    names = ("id", "number", "state", "currency", "gross_minor", "net_minor", "issued_at")
    return {name: getattr(statement, name) for name in names} | {
        "period_code": statement.period.code,
        "contributor_code": statement.contributor.code,
    }


def _can_dispute(request: PersonRequest, statement: Statement) -> bool:
    open_ = statement.state in ("issued", "resolved") and timezone.now() <= statement.dispute_until
    return open_ and request.user.role == "contributor"


def _after(request: PersonRequest) -> dict[str, Any]:
    with suppress(ValueError):
        return {"id__lt": UUID(request.GET.get("after", ""))}
    return {}

"""Reports over the whole of the books, and the books as files, for those who read everything."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.api.shared import EXPORT, AnyAccept, exported
from ledger.errors import NotFound
from ledger.exports.plain_text import FORMATS
from ledger.exports.tables import ledger_csv
from ledger.selectors import journal, reports, tax
from ledger.selectors.ledger_lines import LineFilter, ledger_line_count
from ledger.selectors.snapshots import snapshot

DAYS = [
    OpenApiParameter("starts_on", OpenApiTypes.DATE),
    OpenApiParameter("ends_on", OpenApiTypes.DATE),
]


def _trial_balance(on: date, day_given: bool) -> tuple[Any, ...]:
    return journal.trial_balance(on=on if day_given else None)


REPORTS: dict[str, tuple[type, Any]] = {
    "trial-balance": (journal.AccountBalance, _trial_balance),
    "reconciliation": (reports.Disagreement, lambda *_: reports.reconciliation()),
    "equations": (reports.Equation, lambda *_: reports.accounting_equations()),
    "aging": (reports.AgingRow, lambda on, _: reports.aging(on=on)),
    "tax": (tax.TaxYearRow, lambda on, _: tax.tax_year(year=on.year)),
    "yearly-totals": (reports.YearlyTotal, lambda on, _: reports.yearly_totals(year=on.year)),
}


class _ForReaders(APIView):
    """Whoever may not read everything is told that there is nothing."""

    content_negotiation_class = AnyAccept

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if not getattr(request.user, "reads_everything", False):
            raise NotFound


class LedgerReportView(_ForReaders):
    """One report, of now or as of the end of a day; amounts are in minor units."""

    @extend_schema(
        operation_id="ledger_report",
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, enum=tuple(REPORTS)),
            OpenApiParameter("on", OpenApiTypes.DATE, description="Today by default."),
            EXPORT,
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, name: str) -> Any:
        if name not in REPORTS:
            raise NotFound
        record, report = REPORTS[name]
        day = _day(request, "on")
        rows = report(day or timezone.now().date(), day is not None)
        columns = [field.name for field in fields(record)]
        table = [[getattr(row, column) for column in columns] for row in rows]
        if request.query_params.get("export"):
            return exported(request, name=name, columns=columns, rows=table, row_count=len(table))
        return Response([dict(zip(columns, row, strict=True)) for row in table])


class LedgerExportView(_ForReaders):
    """The books as a file for Beancount, hledger or ledger, or as CSV with running balances."""

    @extend_schema(operation_id="ledger_export", parameters=DAYS, responses={200: OpenApiTypes.STR})
    def get(self, request: Request, form: str) -> StreamingHttpResponse:
        if form == "csv":
            return _csv(request)
        answer = StreamingHttpResponse(FORMATS[form](), content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="books.{form}"'
        return answer


EXPORT_FORMS: Sequence[str] = ("csv", *FORMATS)


def _csv(request: Request) -> StreamingHttpResponse:
    """Every line up to the chain's head as it is now; how many follow, and which head."""
    books = snapshot()
    wanted = LineFilter(
        starts_on=_day(request, "starts_on"),
        ends_on=_day(request, "ends_on"),
        party=request.query_params.get("party"),
        account=request.query_params.get("account"),
        currency=request.query_params.get("currency"),
        until_seq=books.seq if books else 0,
    )
    answer = StreamingHttpResponse(ledger_csv(wanted), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="books.csv"'
    answer["X-Row-Count"] = str(ledger_line_count(wanted))
    answer["X-Chain-Head"] = books.head if books else ""
    return answer


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    return serializers.DateField().to_internal_value(text) if text else None

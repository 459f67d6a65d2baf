"""Statements, their files, and royalty reports over the API."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger import actors
from ledger.api.shared import EXPORT, AnyAccept, NoteRequest, checked, decimal, exported, money
from ledger.core.records import AMOUNTS
from ledger.files.statement import CONTENT_TYPES
from ledger.models import Statement
from ledger.selectors import statements as selectors
from ledger.services import statement_files

FACTS = (
    "number", "version", "state", "code", "programme", "period", "earned_on", "issued_at",
    "dispute_until", "currency",
)  # fmt: skip
AMOUNT_NAMES = tuple(name.removesuffix("_minor") for name in AMOUNTS)
LINE_COLUMNS = (
    "number", "version", "code", "programme", "period", "earned_on", "issued_on", "currency",
    "position", "kind", "amount", "amount_minor", "reason_code", "reason_sentence", "reference",
)  # fmt: skip


class StatementAnswer(serializers.Serializer):
    """A statement; `amounts` holds each column with its currency."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.CharField()
    contributor = serializers.CharField(source="code")
    royalty_run = serializers.UUIDField(source="run_id")
    programme = serializers.CharField()
    period = serializers.CharField()
    earned_on = serializers.DateField()
    issued_at = serializers.DateTimeField()
    dispute_until = serializers.DateTimeField()
    amounts = serializers.SerializerMethodField()
    record_sha256 = serializers.CharField()
    journal_seq = serializers.IntegerField(source="chain_seq")
    journal_head = serializers.CharField(source="chain_head")

    @extend_schema(responses={"type": "object"})
    def get_amounts(self, row: Any) -> dict[str, Any]:
        return amounts_of(row)


class StatementLineAnswer(serializers.Serializer):
    """One line; the amount is signed, positive raises what is owed or paid."""

    position = serializers.IntegerField()
    kind = serializers.CharField()
    amount_minor = serializers.IntegerField()
    reason_code = serializers.CharField()
    reason_sentence = serializers.CharField()
    reason_action = serializers.CharField()
    reason_until = serializers.CharField()
    reference = serializers.CharField()


class StatementDetail(StatementAnswer):
    lines = StatementLineAnswer(many=True)


class StatementViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Statements: a contributor sees its own, everybody else all."""

    content_negotiation_class = AnyAccept
    serializer_class = StatementAnswer
    filterset_fields = {
        "period__code": ["exact"],
        "currency": ["exact"],
        "state": ["exact"],
        "contributor__code": ["exact"],
        "run": ["exact"],
    }
    parameters = ("export",)
    lookup_field = "number"
    queryset = Statement.objects.none()

    def get_queryset(self) -> Any:
        return selectors.report_statements(user=self.request.user, period=None, currency=None)

    def paginate_queryset(self, queryset: Any) -> Any:
        return [
            selectors.statement_record(row) for row in super().paginate_queryset(queryset) or ()
        ]

    @extend_schema(parameters=[EXPORT])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        if "export" in request.query_params:
            rows = self.filter_queryset(self.get_queryset())
            return summary_file(request, rows)
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=StatementDetail)
    def retrieve(self, request: Request, number: str) -> Response:
        found = statement_files.statement_find(number=number, user=request.user)
        row = self.get_queryset().filter(id=found.id).get()
        answer = dict(StatementAnswer(selectors.statement_record(row)).data)
        lines = selectors.statement_line_list(found.id)
        answer["lines"] = StatementLineAnswer(lines, many=True).data
        return Response(answer)

    @extend_schema(request=NoteRequest, responses={201: StatementDetail})
    @action(detail=True, methods=["post"])
    def version(self, request: Request, number: str) -> Response:
        """The next version of a statement that is not final, with the reason for it."""
        note = checked(NoteRequest, request)["note"]
        found = statement_files.statement_find(number=number, user=request.user)
        actors.enqueue_statement_reissue(
            statement_id=found.id, note=note, actor=request.user, now=timezone.now()
        )
        answer = self.retrieve(request, number)
        answer.status_code = 201
        return answer


class StatementFileView(APIView):
    """One file of a statement."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="statements_file",
        parameters=[OpenApiParameter("version", int, description="The newest by default.")],
        responses={(200, kind): OpenApiTypes.BINARY for kind in CONTENT_TYPES.values()},
    )
    def get(self, request: Request, number: str, form: str) -> HttpResponse:
        version = request.query_params.get("version")
        statement = statement_files.statement_find(
            number=number,
            user=request.user,
            version=int(version) if version and version.isdigit() else None,
        )
        file = statement_files.statement_file_get(
            statement=statement, format=form, actor=request.user, now=timezone.now()
        )
        headers = {
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "ETag": f'"{file.sha256}"',
        }
        return HttpResponse(file.content, content_type=file.content_type, headers=headers)


class RoyaltyReportView(APIView):
    """What was earned in a period: one row for each statement, or each line with `detail=lines`."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="royalty_reports",
        parameters=[
            OpenApiParameter("period", str),
            OpenApiParameter("currency", str),
            OpenApiParameter("detail", enum=["statements", "lines"]),
            EXPORT,
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Any:
        rows = selectors.report_statements(
            user=request.user,
            period=request.query_params.get("period"),
            currency=request.query_params.get("currency"),
        )
        if request.query_params.get("detail") == "lines":
            return lines_file(request, rows)
        if "export" in request.query_params:
            return summary_file(request, rows)
        records = [selectors.statement_record(row) for row in rows]
        totals = {
            currency: {
                name.removesuffix("_minor"): money(total, currency) for name, total in sums.items()
            }
            for currency, sums in selectors.report_totals(rows).items()
        }
        return Response(
            {
                "row_count": len(records),
                "totals": totals,
                "rows": StatementAnswer(records, many=True).data,
            }
        )


def amounts_of(row: Any) -> dict[str, Any]:
    return {
        name.removesuffix("_minor"): money(getattr(row, name), row.currency) for name in AMOUNTS
    }


def summary_file(request: Request, rows: Any) -> Any:
    """The statements as a file: plain decimals in CSV and XLSX, money objects in JSON."""
    as_json = request.query_params.get("export") == "json"

    def cells() -> Iterator[tuple[Any, ...]]:
        for each in rows.iterator(selectors.ROWS_PER_FETCH):
            row = selectors.statement_record(each)
            convert = money if as_json else decimal
            amounts = (convert(getattr(row, name), row.currency) for name in AMOUNTS)
            yield (*(getattr(row, name) for name in FACTS), *amounts)

    return exported(
        request,
        name="royalty-report",
        columns=(*FACTS, *AMOUNT_NAMES),
        rows=cells(),
        row_count=rows.count(),
    )


def lines_file(request: Request, rows: Any) -> Any:
    """Every line of every statement as a file."""
    lines = (
        (
            line.number, line.version, line.code, line.programme, line.period, line.earned_on,
            line.issued_on, line.currency, line.position, line.kind,
            decimal(line.amount_minor, line.currency), line.amount_minor, line.reason_code,
            line.reason_sentence, line.reference,
        )
        for line in selectors.report_lines(rows)
    )  # fmt: skip
    count = selectors.report_line_count(rows)
    return exported(
        request, name="royalty-lines", columns=LINE_COLUMNS, rows=lines, row_count=count
    )

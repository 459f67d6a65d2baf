"""What the ledger's views share: amounts with their currency, files of rows, dates as text."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.request import Request

from ledger.core.bookkeeping import AMOUNT_MINOR_MAX
from ledger.core.money import amount_text
from ledger.files.cells import csv_lines, xlsx_bytes
from ledger.files.statement import CONTENT_TYPES

FORMS = ("csv", "json", "xlsx")
EXPORT = OpenApiParameter("export", enum=FORMS, description="As a file.")
FILE = OpenApiParameter("export", enum=FORMS, required=True, description="It comes as a file only.")
# Of a worksheet; Excel cannot hold more. CSV and JSON have no limit.
XLSX_ROWS_MAX = 1_048_575


class AnyAccept(BaseContentNegotiation):
    """The address and `?export=` choose the form, so that any Accept header will do."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class Money(serializers.Serializer):
    """An amount in minor units of its currency."""

    amount_minor = serializers.IntegerField()
    currency = serializers.CharField(min_length=3, max_length=3)


class Amount(Money):
    """An amount that is asked for: no more than one posting takes."""

    amount_minor = serializers.IntegerField(min_value=-AMOUNT_MINOR_MAX, max_value=AMOUNT_MINOR_MAX)


class NoteRequest(serializers.Serializer):
    """What goes on record beside a decision."""

    note = serializers.CharField(max_length=2_000, allow_blank=True, default="")


@extend_schema_field(Money)
class MoneyOf(serializers.Field):
    """The amount of a column ending in `_minor`, with the row's currency."""

    def __init__(self, column: str) -> None:
        super().__init__(source="*", read_only=True)
        self.column = column

    def to_representation(self, row: Any) -> dict[str, Any]:
        return money(getattr(row, self.column), row.currency)


def money(amount_minor: int, currency: str) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": currency}


def person(request: Any) -> Any:
    """Whoever is logged in; the permissions let nobody else in."""
    return request.user


def checked(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """The request's body, checked."""
    wanted = serializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    return dict(wanted.validated_data)


def exported(
    request: Request,
    *,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    row_count: int,
) -> HttpResponse | StreamingHttpResponse:
    """The rows as the file that `?export=` asks for, streamed where the form allows it.

    Columns ending in `_minor` are left out of CSV and XLSX in favour of plain decimals by the
    caller; `X-Row-Count` tells how many rows follow, so that a cut file is noticed.
    """
    form = request.query_params.get("export", "")
    if form not in FORMS:
        raise serializers.ValidationError({"export": f"Ask for one of {', '.join(FORMS)}."})
    if form == "xlsx" and row_count > XLSX_ROWS_MAX:
        raise serializers.ValidationError(
            {"export": "A worksheet cannot hold so many rows; ask for csv."}
        )
    if form == "csv":
        body: Any = StreamingHttpResponse(csv_lines(columns, map(_texts, rows)))
    elif form == "json":
        body = StreamingHttpResponse(_json_lines(columns, rows))
    else:
        body = HttpResponse(xlsx_bytes({name[:31]: [columns, *map(_texts, rows)]}))
    body["Content-Type"] = CONTENT_TYPES[form]
    body["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    body["X-Row-Count"] = str(row_count)
    return body


def decimal(amount_minor: int, currency: str) -> str:
    return amount_text(amount_minor, currency)


def _texts(row: Sequence[Any]) -> list[Any]:
    return [_plain(cell) for cell in row]


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell) if isinstance(cell, UUID) else cell


def _json_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A JSON array, written row by row."""
    separator = "["
    for row in rows:
        yield separator + json.dumps(dict(zip(columns, _texts(row), strict=True)))
        separator = ",\n"
    yield "[]" if separator == "[" else "]"

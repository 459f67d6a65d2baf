"""The books over the API, read only: entries, accounts, balances."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters.rest_framework import CharFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api.shared import FILE, AnyAccept, decimal, exported, money, person
from ledger.errors import NotFound
from ledger.models import Account, JournalEntry, Posting
from ledger.selectors import journal as selectors
from ledger.selectors.ledger_lines import LineFilter, ledger_line_count


class PostingAnswer(serializers.Serializer):
    line = serializers.IntegerField()
    debit_account = serializers.CharField()
    credit_account = serializers.CharField()
    amount = serializers.SerializerMethodField()

    @extend_schema(responses={"type": "object"})
    def get_amount(self, row: Any) -> dict[str, Any]:
        return money(row.amount_minor, row.currency)


class JournalEntryAnswer(serializers.Serializer):
    """One business fact with its postings and its place in the hash chain."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    event = serializers.CharField()
    period = serializers.CharField()
    effective_on = serializers.DateField()
    created_at = serializers.DateTimeField()
    source_type = serializers.CharField()
    source_id = serializers.CharField()
    actor = serializers.UUIDField(source="actor_id", allow_null=True)
    approval = serializers.UUIDField(source="approval_id", allow_null=True)
    reverses = serializers.UUIDField(source="reverses_id", allow_null=True)
    adjusts = serializers.UUIDField(source="adjusts_id", allow_null=True)
    prev_hash = serializers.CharField()
    hash = serializers.CharField()
    postings = PostingAnswer(many=True)


class JournalEntryFilter(FilterSet):
    """Which entries are wanted; account, party and currency are those of any of its postings."""

    account = CharFilter(method="with_posting")
    party = CharFilter(method="with_posting")
    currency = CharFilter(method="with_posting")

    class Meta:
        model = JournalEntry
        fields = {
            "event": ["exact"],
            "period__code": ["exact"],
            "source_type": ["exact"],
            "source_id": ["exact"],
            "effective_on": ["gte", "lte"],
        }

    def with_posting(
        self, entries: QuerySet[JournalEntry], name: str, value: str
    ) -> QuerySet[JournalEntry]:
        column = {"account": "code"}.get(name, name)
        side = Q(**{f"debit_account__{column}": value}) | Q(**{f"credit_account__{column}": value})
        return entries.filter(Exists(Posting.objects.filter(side, entry=OuterRef("pk"))))


class JournalEntryViewSet(viewsets.GenericViewSet):
    """Journal entries, oldest first; nobody writes them but the services."""

    serializer_class = JournalEntryAnswer
    filterset_class = JournalEntryFilter
    lookup_value_converter = "uuid"
    queryset = JournalEntry.objects.none()

    def get_queryset(self) -> Any:
        entries = JournalEntry.objects.all()
        return entries if person(self.request).reads_everything else entries.none()

    @extend_schema(responses=JournalEntryAnswer(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        ids = [entry.id for entry in page or ()]
        records = selectors.entry_list(entries=JournalEntry.objects.filter(id__in=ids))
        return self.get_paginated_response(JournalEntryAnswer(records, many=True).data)

    def retrieve(self, request: Request, pk: Any) -> Response:
        if not self.get_queryset().filter(id=pk).exists():
            raise NotFound(entry_id=str(pk))
        return Response(JournalEntryAnswer(selectors.entry_get(pk)).data)


class AccountAnswer(serializers.Serializer):
    code = serializers.CharField()
    kind = serializers.CharField()
    purpose = serializers.CharField()
    currency = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True)


class BalanceAnswer(serializers.Serializer):
    """Debits count positive."""

    code = serializers.CharField()
    balance = serializers.DictField()
    debit = serializers.DictField()
    credit = serializers.DictField()
    posting_count = serializers.IntegerField()


CURRENCY = OpenApiParameter("currency", str, required=True)
LINE_COLUMNS = (
    "seq", "line", "event", "effective_on", "created_at", "source_type", "source_id",
    "counter_account", "currency", "amount", "balance",
)  # fmt: skip


class AccountViewSet(viewsets.GenericViewSet):
    """Accounts and what they hold; a contributor sees the accounts that are about itself."""

    content_negotiation_class = AnyAccept
    serializer_class = AccountAnswer
    filterset_fields = ["purpose", "currency", "kind", "party"]
    lookup_field = "code"
    queryset = Account.objects.none()

    def get_queryset(self) -> Any:
        user, accounts = person(self.request), Account.objects.all()
        if user.reads_everything:
            return accounts
        own = getattr(user, "contributor", None)
        return accounts.filter(party=str(own.id)) if own else accounts.none()

    @extend_schema(responses=AccountAnswer(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(AccountAnswer(page, many=True).data)

    @extend_schema(parameters=[CURRENCY], responses=BalanceAnswer)
    @action(detail=True, methods=["get"])
    def balance(self, request: Request, code: str) -> Response:
        currency = self._currency(request, code)
        row = selectors.account_balance(code=code, currency=currency)
        return Response(
            {
                "code": row.code,
                "balance": money(row.balance_minor, currency),
                "debit": money(row.debit_minor, currency),
                "credit": money(row.credit_minor, currency),
                "posting_count": row.posting_count,
            }
        )

    @extend_schema(
        parameters=[
            CURRENCY,
            FILE,
            OpenApiParameter("starts_on", OpenApiTypes.DATE),
            OpenApiParameter("ends_on", OpenApiTypes.DATE),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    @action(detail=True, methods=["get"])
    def lines(self, request: Request, code: str) -> Any:
        """The account's ledger with running balance, as a file, whole."""
        currency = self._currency(request, code)
        days = {
            name: serializers.DateField().to_internal_value(request.query_params[name])
            for name in ("starts_on", "ends_on")
            if name in request.query_params
        }
        found = selectors.account_lines(code=code, currency=currency, **days)
        wanted = LineFilter(
            account=code,
            currency=currency,
            starts_on=days.get("starts_on"),
            ends_on=days.get("ends_on"),
        )
        rows = (
            (
                line.seq, line.line, line.event, line.effective_on, line.created_at,
                line.source_type, line.source_id, line.counter_account, line.currency,
                decimal(line.amount_minor, currency), decimal(line.balance_minor, currency),
            )
            for line in found
        )  # fmt: skip
        return exported(
            request,
            name="account-lines",
            columns=LINE_COLUMNS,
            rows=rows,
            row_count=ledger_line_count(wanted),
        )

    def _currency(self, request: Request, code: str) -> str:
        currency: str = request.query_params.get("currency", "")
        if not currency:
            raise serializers.ValidationError({"currency": "Say which currency, such as EUR."})
        if not self.get_queryset().filter(code=code, currency=currency).exists():
            raise NotFound("There is no such account in this currency, or it is not yours.")
        return currency

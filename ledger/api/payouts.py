"""Payouts over the API: batches, the bank's file and its answers, advances, bank details."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contributors.permissions import ReviewersAndApproversWrite, ReviewersWrite
from ledger.api.shared import Amount, AnyAccept, MoneyOf, NoteRequest, checked, person
from ledger.errors import NotFound
from ledger.models import Advance, BankDetails, BankMessage, Payout, PayoutBatch
from ledger.selectors import payouts as selectors
from ledger.services import bank_answers, bank_details, payout_approval, payouts

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,29}$"


class PayoutBatchRequest(serializers.Serializer):
    """Pay everything payable in a currency, from a bank account, over a rail, on a day."""

    code = serializers.RegexField(NAME)
    currency = serializers.CharField(min_length=3, max_length=3)
    rail = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$", default="sepa")
    bank = serializers.RegexField(NAME, default="main")
    pay_on = serializers.DateField()


class PayoutBatchAnswer(serializers.Serializer):
    """A batch; held and cancelled payouts are not in its totals."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    state = serializers.CharField()
    rail = serializers.CharField()
    bank = serializers.CharField()
    currency = serializers.CharField()
    pay_on = serializers.DateField()
    gross = MoneyOf("gross_minor")
    withholding = MoneyOf("withholding_minor")
    net = MoneyOf("net_minor")
    settled = MoneyOf("settled_minor")
    returned = MoneyOf("returned_minor")
    payout_count = serializers.IntegerField()
    held_count = serializers.IntegerField()
    lines_hash = serializers.CharField()
    file_sha256 = serializers.CharField()
    message_id = serializers.CharField()
    prepared_by = serializers.UUIDField(source="prepared_by_id")
    submitted_by = serializers.UUIDField(source="submitted_by_id", allow_null=True)
    approved_by = serializers.UUIDField(source="approved_by_id", allow_null=True)
    created_at = serializers.DateTimeField()


class PayoutAnswer(serializers.Serializer):
    """One payment; a held one says why, what to do and until when."""

    id = serializers.UUIDField()
    batch = serializers.UUIDField(source="batch_id")
    batch_code = serializers.CharField()
    contributor = serializers.CharField(source="code")
    is_advance = serializers.BooleanField()
    gross = MoneyOf("gross_minor")
    withholding = MoneyOf("withholding_minor")
    withholding_bp = serializers.IntegerField()
    net = MoneyOf("net_minor")
    account = serializers.CharField(source="account_masked")
    end_to_end_id = serializers.CharField()
    state = serializers.CharField()
    hold_code = serializers.CharField()
    hold_reason = serializers.DictField(allow_null=True)
    bank_code = serializers.CharField()
    bank_text = serializers.CharField()
    settled_at = serializers.DateTimeField(allow_null=True)


class PayoutBatchViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Payout batches: reviewers prepare them, approvers decide, nobody both or for themselves."""

    permission_classes = [ReviewersAndApproversWrite]
    serializer_class = PayoutBatchAnswer
    content_negotiation_class = AnyAccept
    filterset_fields = ["state", "currency", "code"]
    lookup_value_converter = "uuid"
    queryset = PayoutBatch.objects.none()

    def get_queryset(self) -> Any:
        return PayoutBatch.objects.visible_to(self.request.user)

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset) or []
        ids = [batch.id for batch in page]
        return selectors.batch_records(PayoutBatch.objects.filter(id__in=ids).order_by("id"))

    @extend_schema(request=PayoutBatchRequest, responses={201: PayoutBatchAnswer})
    def create(self, request: Request) -> Response:
        batch = payouts.payout_batch_prepare(
            **checked(PayoutBatchRequest, request), actor=request.user, now=timezone.now()
        )
        return self._answer(request, batch.id, status=201)

    def retrieve(self, request: Request, pk: Any) -> Response:
        return self._answer(request, pk)

    @extend_schema(responses=PayoutAnswer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def payouts(self, request: Request, pk: Any) -> Response:
        selectors.payout_batch_get(pk, user=request.user)
        rows = selectors.payout_list(user=request.user, batch_id=pk)
        return Response(PayoutAnswer(rows, many=True).data)

    @extend_schema(request=None, responses=PayoutBatchAnswer)
    @action(detail=True, methods=["post"])
    def submission(self, request: Request, pk: Any) -> Response:
        payouts.payout_batch_submit(batch_id=pk, actor=request.user, now=timezone.now())
        return self._answer(request, pk)

    @extend_schema(request=NoteRequest, responses=PayoutBatchAnswer)
    @action(detail=True, methods=["post"])
    def approval(self, request: Request, pk: Any) -> Response:
        note = checked(NoteRequest, request)["note"]
        payout_approval.payout_batch_approve(
            batch_id=pk, note=note, actor=request.user, now=timezone.now()
        )
        return self._answer(request, pk)

    @extend_schema(request=NoteRequest, responses=PayoutBatchAnswer)
    @action(detail=True, methods=["post"])
    def rejection(self, request: Request, pk: Any) -> Response:
        note = checked(NoteRequest, request)["note"]
        payouts.payout_batch_reject(batch_id=pk, note=note, actor=request.user, now=timezone.now())
        return self._answer(request, pk)

    @extend_schema(request=NoteRequest, responses=PayoutBatchAnswer)
    @action(detail=True, methods=["post"])
    def cancellation(self, request: Request, pk: Any) -> Response:
        note = checked(NoteRequest, request)["note"]
        payouts.payout_batch_cancel(batch_id=pk, note=note, actor=request.user, now=timezone.now())
        return self._answer(request, pk)

    @extend_schema(request=None, responses={(200, "application/xml"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["post"])
    def export(self, request: Request, pk: Any) -> HttpResponse:
        """The bank file, pain.001.001.09; asked for again, the same bytes."""
        content = payout_approval.payout_batch_export(
            batch_id=pk, actor=request.user, now=timezone.now()
        )
        code = selectors.payout_batch_get(pk).code
        headers = {"Content-Disposition": f'attachment; filename="{code}.pain.001.xml"'}
        return HttpResponse(content, content_type="application/xml", headers=headers)

    @extend_schema(request=None, responses=PayoutBatchAnswer)
    @action(detail=True, methods=["post"])
    def sending(self, request: Request, pk: Any) -> Response:
        payout_approval.payout_batch_mark_sent(batch_id=pk, actor=request.user, now=timezone.now())
        return self._answer(request, pk)

    @extend_schema(request=None, responses=PayoutBatchAnswer)
    @action(detail=True, methods=["post"])
    def closing(self, request: Request, pk: Any) -> Response:
        payouts.payout_batch_close(batch_id=pk, actor=request.user, now=timezone.now())
        return self._answer(request, pk)

    def _answer(self, request: Request, batch_id: Any, status: int = 200) -> Response:
        record = selectors.payout_batch_get(batch_id, user=request.user)
        return Response(PayoutBatchAnswer(record).data, status=status)


class PayoutViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Payouts: a contributor sees its own, everybody else all."""

    permission_classes = [ReviewersWrite]
    serializer_class = PayoutAnswer
    filterset_fields = ["state", "currency", "batch", "contributor__code"]
    lookup_value_converter = "uuid"
    queryset = Payout.objects.none()

    def get_queryset(self) -> Any:
        return Payout.objects.visible_to(self.request.user).as_read()

    def paginate_queryset(self, queryset: Any) -> Any:
        return [selectors.payout_record(row) for row in super().paginate_queryset(queryset) or []]

    def retrieve(self, request: Request, pk: Any) -> Response:
        row = self.get_queryset().filter(id=pk).first()
        if row is None:
            raise NotFound(payout_id=str(pk))
        return Response(PayoutAnswer(selectors.payout_record(row)).data)

    @extend_schema(request=NoteRequest, responses=PayoutAnswer)
    @action(detail=True, methods=["post"])
    def removal(self, request: Request, pk: Any) -> Response:
        """Out of its draft; the others stay."""
        note = checked(NoteRequest, request)["note"]
        payouts.payout_remove(payout_id=pk, note=note, actor=request.user, now=timezone.now())
        return self.retrieve(request, pk)


class XmlParser(BaseParser):
    """The body as bytes: the bank's message is hashed as it came."""

    media_type = "application/xml"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read()


class BankMessageAnswer(serializers.ModelSerializer):
    class Meta:
        model = BankMessage
        fields = ["id", "kind", "sha256", "outcome", "received_at"]


class BankMessageViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The bank's answers: pain.002, camt.053, camt.054 and pacs.004, each read once."""

    permission_classes = [ReviewersAndApproversWrite]
    serializer_class = BankMessageAnswer
    parser_classes = [XmlParser]
    lookup_value_converter = "uuid"
    queryset = BankMessage.objects.none()

    def get_queryset(self) -> Any:
        rows = BankMessage.objects.all()
        return rows if person(self.request).reads_everything else rows.none()

    @extend_schema(
        request={"application/xml": OpenApiTypes.BINARY}, responses={201: BankMessageAnswer}
    )
    def create(self, request: Request) -> Response:
        # An empty body is not parsed at all: DRF then gives an empty form.
        content = request.data if isinstance(request.data, bytes) else b""
        message = bank_answers.bank_message_ingest(
            content=content, actor=request.user, now=timezone.now()
        )
        return Response(BankMessageAnswer(message).data, status=201)


class AdvanceRequest(serializers.Serializer):
    contributor = serializers.UUIDField()
    amount = Amount()
    agreement = serializers.CharField(max_length=2_000)


class AdvanceAnswer(serializers.ModelSerializer):
    amount = MoneyOf("amount_minor")

    class Meta:
        model = Advance
        fields = ["id", "contributor", "amount", "agreement", "created_at"]


class AdvanceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Advances: agreed by a reviewer, paid by the next batch, repaid out of earnings."""

    permission_classes = [ReviewersWrite]
    serializer_class = AdvanceAnswer
    filterset_fields = ["contributor", "currency"]
    lookup_value_converter = "uuid"
    queryset = Advance.objects.none()

    def get_queryset(self) -> Any:
        user, rows = person(self.request), Advance.objects.all()
        return rows if user.reads_everything else rows.filter(contributor__user=user)

    @extend_schema(request=AdvanceRequest, responses={201: AdvanceAnswer})
    def create(self, request: Request) -> Response:
        wanted = checked(AdvanceRequest, request)
        advance = payouts.advance_agree(
            contributor_id=wanted["contributor"],
            currency=wanted["amount"]["currency"],
            amount_minor=wanted["amount"]["amount_minor"],
            agreement=wanted["agreement"],
            actor=request.user,
            now=timezone.now(),
        )
        return Response(AdvanceAnswer(advance).data, status=201)


class BankDetailsRequest(serializers.Serializer):
    holder = serializers.CharField(max_length=70)
    iban = serializers.CharField(max_length=42)
    bic = serializers.CharField(max_length=11, default="", allow_blank=True)


class BankDetailsAnswer(serializers.Serializer):
    """The account as it may be shown."""

    account = serializers.CharField(source="masked")
    changed_at = serializers.DateTimeField()


class BankDetailsView(APIView):
    """A contributor's own bank details; nobody else reads or changes them."""

    @extend_schema(operation_id="bank_details_read", responses=BankDetailsAnswer)
    def get(self, request: Request) -> Response:
        row = BankDetails.objects.filter(contributor__user=person(request)).first()
        if row is None:
            raise NotFound("There are no bank details yet.")
        return Response(BankDetailsAnswer(row).data)

    @extend_schema(
        operation_id="bank_details_set", request=BankDetailsRequest, responses=BankDetailsAnswer
    )
    def put(self, request: Request) -> Response:
        contributor = getattr(person(request), "contributor", None)
        if contributor is None:
            raise NotFound("You are not a contributor.")
        row = bank_details.bank_details_set(
            contributor=contributor,
            **checked(BankDetailsRequest, request),
            actor=request.user,
            now=timezone.now(),
        )
        return Response(BankDetailsAnswer(row).data)

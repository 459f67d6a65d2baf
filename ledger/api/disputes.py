"""Disputes and reserves over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.permissions import ReviewersWrite
from ledger.api.shared import MoneyOf, checked, person
from ledger.core.bookkeeping import AMOUNT_MINOR_MAX
from ledger.errors import NotYours
from ledger.models import Dispute, Holdback
from ledger.selectors.holdbacks import holdback_list
from ledger.services import disputes, holdbacks, statement_files


class DisputeRequest(serializers.Serializer):
    """Which statement, what about it, and how much of it."""

    statement = serializers.CharField(help_text="Its number.")
    kind = serializers.ChoiceField(choices=Dispute.Kind.choices)
    amount_minor = serializers.IntegerField(min_value=1, max_value=AMOUNT_MINOR_MAX)
    text = serializers.CharField(max_length=disputes.MESSAGE_CHARS_MAX)


class MessageRequest(serializers.Serializer):
    text = serializers.CharField(max_length=disputes.MESSAGE_CHARS_MAX)
    evidence_sha256 = serializers.RegexField(r"^([0-9a-f]{64})?$", default="", allow_blank=True)


class DecisionRequest(serializers.Serializer):
    """`adjustment_minor` is signed: positive is owed in addition, out of the pool `reserve`."""

    outcome = serializers.ChoiceField(choices=Dispute.Outcome.choices)
    decision = serializers.CharField(max_length=disputes.MESSAGE_CHARS_MAX)
    adjustment_minor = serializers.IntegerField(
        default=0, min_value=-AMOUNT_MINOR_MAX, max_value=AMOUNT_MINOR_MAX
    )
    reserve = serializers.CharField(max_length=60, default="", allow_blank=True)


class MessageAnswer(serializers.Serializer):
    at = serializers.DateTimeField()
    by_contributor = serializers.SerializerMethodField()
    text = serializers.CharField()
    evidence_sha256 = serializers.CharField()

    def get_by_contributor(self, row: Any) -> bool:
        return bool(row.author_id == row.dispute.opened_by_id)


class DisputeAnswer(serializers.Serializer):
    id = serializers.UUIDField()
    statement = serializers.CharField(source="statement.number")
    contributor = serializers.CharField(source="statement.contributor.code")
    kind = serializers.CharField()
    state = serializers.CharField()
    disputed = MoneyOf("amount_minor")
    held = MoneyOf("held_minor")
    opened_at = serializers.DateTimeField()
    answer_due_on = serializers.DateField()
    outcome = serializers.CharField()
    decision = serializers.CharField()
    adjustment_minor = serializers.IntegerField(allow_null=True)
    adjustment_entry = serializers.UUIDField(source="adjustment_entry_id", allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class DisputeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Disputes: opened by the contributor within the window, decided by a reviewer."""

    permission_classes = [IsAuthenticated]
    serializer_class = DisputeAnswer
    filterset_fields = ["state", "statement__number"]
    lookup_value_converter = "uuid"
    queryset = Dispute.objects.none()

    def get_queryset(self) -> Any:
        rows = Dispute.objects.visible_to(self.request.user)
        return rows.select_related("statement__contributor")

    @extend_schema(request=DisputeRequest, responses={201: DisputeAnswer})
    def create(self, request: Request) -> Response:
        wanted = checked(DisputeRequest, request)
        statement = statement_files.statement_find(
            number=wanted.pop("statement"), user=request.user
        )
        dispute = disputes.dispute_open(
            statement_id=statement.id, **wanted, actor=request.user, now=timezone.now()
        )
        return self._answer(dispute.id, status=201)

    @extend_schema(methods=["get"], responses=MessageAnswer(many=True))
    @extend_schema(methods=["post"], request=MessageRequest, responses={201: MessageAnswer})
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def messages(self, request: Request, pk: Any) -> Response:
        dispute = self._visible(pk)
        if request.method == "POST":
            message = disputes.dispute_message_add(
                dispute_id=dispute.id,
                **checked(MessageRequest, request),
                actor=request.user,
                now=timezone.now(),
            )
            return Response(MessageAnswer(message).data, status=201)
        rows = dispute.messages.select_related("dispute").order_by("id")
        return Response(MessageAnswer(rows, many=True).data)

    @extend_schema(request=DecisionRequest, responses=DisputeAnswer)
    @action(detail=True, methods=["post"])
    def decision(self, request: Request, pk: Any) -> Response:
        disputes.dispute_decide(
            dispute_id=self._visible(pk).id,
            **checked(DecisionRequest, request),
            actor=request.user,
            now=timezone.now(),
        )
        return self._answer(pk)

    @extend_schema(request=None, responses=DisputeAnswer)
    @action(detail=True, methods=["post"])
    def withdrawal(self, request: Request, pk: Any) -> Response:
        disputes.dispute_withdraw(
            dispute_id=self._visible(pk).id, actor=request.user, now=timezone.now()
        )
        return self._answer(pk)

    def _visible(self, pk: Any) -> Dispute:
        found: Dispute | None = self.get_queryset().filter(id=pk).first()
        if found is None:
            raise NotYours
        return found

    def _answer(self, pk: Any, status: int = 200) -> Response:
        return Response(DisputeAnswer(self._visible(pk)).data, status=status)


class HoldbackAnswer(serializers.Serializer):
    id = serializers.UUIDField()
    contributor = serializers.CharField(source="code")
    period = serializers.CharField()
    kind = serializers.CharField()
    amount = MoneyOf("amount_minor")
    released = MoneyOf("released_minor")
    held = MoneyOf("held_minor")
    part_count = serializers.IntegerField()


class HoldbackDecisionRequest(serializers.Serializer):
    forfeit = serializers.BooleanField(help_text="Else what is left is owed again.")


class HoldbackViewSet(viewsets.GenericViewSet):
    """Reserves: released part by part with later periods, or by a reviewer's decision."""

    permission_classes = [ReviewersWrite]
    serializer_class = HoldbackAnswer
    lookup_value_converter = "uuid"
    pagination_class = None
    filter_backends = ()
    queryset = Holdback.objects.none()

    @extend_schema(responses=HoldbackAnswer(many=True))
    def list(self, request: Request) -> Response:
        own = None
        if not person(request).reads_everything:
            contributor = getattr(person(request), "contributor", None)
            if contributor is None:
                return Response([])
            own = contributor.id
        return Response(HoldbackAnswer(holdback_list(contributor_id=own), many=True).data)

    @extend_schema(request=HoldbackDecisionRequest, responses=HoldbackAnswer)
    @action(detail=True, methods=["post"])
    def decision(self, request: Request, pk: Any) -> Response:
        release = holdbacks.holdback_decide(
            holdback_id=pk,
            **checked(HoldbackDecisionRequest, request),
            actor=request.user,
            now=timezone.now(),
        )
        party = release.holdback.contributor_id
        rows = {row.id: row for row in holdback_list(contributor_id=party)}
        return Response(HoldbackAnswer(rows[release.holdback_id]).data)

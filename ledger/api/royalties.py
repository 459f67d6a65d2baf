"""Royalty runs over the API: calculated, submitted, approved by somebody else."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.permissions import ReviewersAndApproversWrite
from ledger import actors
from ledger.api.shared import MoneyOf, NoteRequest, checked
from ledger.errors import NotFound
from ledger.models import RoyaltyRun
from ledger.selectors import royalties as selectors
from ledger.selectors.duplicates import unresolved_clusters
from ledger.selectors.review import flags_of
from ledger.services import royalties
from valuation.selectors import sealed_shares


class RoyaltyRunRequest(serializers.Serializer):
    """Which pool, by the values of which locked valuation run."""

    pool = serializers.UUIDField()
    valuation_run = serializers.UUIDField()


class RoyaltyRunAnswer(serializers.Serializer):
    """A run: pool = fee + gross, exactly."""

    id = serializers.UUIDField()
    pool = serializers.UUIDField(source="pool_id")
    pool_code = serializers.CharField()
    period = serializers.CharField()
    valuation_run = serializers.UUIDField(source="valuation_run_id")
    state = serializers.CharField()
    policy = serializers.CharField(source="policy_name")
    pool_amount = MoneyOf("pool_minor")
    fee = MoneyOf("fee_minor")
    gross = MoneyOf("gross_minor")
    held = MoneyOf("held_minor")
    line_count = serializers.IntegerField()
    empty = serializers.CharField()
    grand = serializers.CharField()
    values_digest = serializers.CharField()
    lines_hash = serializers.CharField()
    decision_code = serializers.CharField()
    decision_sentence = serializers.CharField()
    decision_note = serializers.CharField()
    created_by = serializers.UUIDField(source="created_by_id")
    created_at = serializers.DateTimeField()
    submitted_by = serializers.UUIDField(source="submitted_by_id", allow_null=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    approved_by = serializers.UUIDField(source="approved_by_id", allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)


class RoyaltyLineAnswer(serializers.Serializer):
    """One contributor's line; `quota` is the exact share in minor units, as a fraction."""

    position = serializers.IntegerField()
    contributor = serializers.UUIDField(source="contributor_id")
    code = serializers.CharField()
    player = serializers.CharField(source="player_key")
    row_count = serializers.IntegerField()
    value = serializers.CharField()
    standard_error = serializers.CharField()
    quota = serializers.CharField()
    gross_minor = serializers.IntegerField()
    held_minor = serializers.IntegerField()
    debit_minor = serializers.IntegerField()
    reason = serializers.DictField(allow_null=True)
    held_reason = serializers.DictField(allow_null=True)
    flags = serializers.SerializerMethodField()

    def get_flags(self, line: Any) -> list[str]:
        """What a reviewer should look at, in words."""
        return list(flags_of(line, self.context["sealed"].get(line.player_key)))


class StatementPreview(serializers.Serializer):
    """What approving now would state for one contributor."""

    contributor = serializers.UUIDField()
    code = serializers.CharField()
    amounts = serializers.DictField()
    lines = serializers.ListField()


class UnresolvedClusterAnswer(serializers.Serializer):
    """Contributors who may be one and are paid apart; one that blocks stops the run."""

    codes = serializers.ListField(child=serializers.CharField())
    gross_minor = serializers.IntegerField()
    share_bp = serializers.IntegerField()
    blocks = serializers.BooleanField()


class RoyaltyRunViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Royalty runs: reviewers prepare them, approvers decide, nobody both."""

    permission_classes = [ReviewersAndApproversWrite]
    serializer_class = RoyaltyRunAnswer
    filterset_fields = ["state", "pool", "pool__period__code"]
    lookup_value_converter = "uuid"
    queryset = RoyaltyRun.objects.none()

    def get_queryset(self) -> Any:
        runs = RoyaltyRun.objects.visible_to(self.request.user)
        return runs.select_related("pool__period", "policy")

    def paginate_queryset(self, queryset: Any) -> Any:
        return selectors.run_records(super().paginate_queryset(queryset) or ())

    @extend_schema(request=RoyaltyRunRequest, responses={201: RoyaltyRunAnswer})
    def create(self, request: Request) -> Response:
        wanted = checked(RoyaltyRunRequest, request)
        run = royalties.royalty_run_calculate(
            pool_id=wanted["pool"],
            valuation_run_id=wanted["valuation_run"],
            actor=request.user,
            now=timezone.now(),
        )
        return self._answer(request, run.id, status=201)

    def retrieve(self, request: Request, pk: Any) -> Response:
        return self._answer(request, pk)

    @extend_schema(responses=RoyaltyLineAnswer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def lines(self, request: Request, pk: Any) -> Response:
        run = selectors.royalty_run_get(pk, user=request.user)
        context = {"sealed": sealed_shares(run.valuation_run_id)}
        lines = selectors.royalty_line_list(pk)
        return Response(RoyaltyLineAnswer(lines, many=True, context=context).data)

    @extend_schema(responses=StatementPreview(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def preview(self, request: Request, pk: Any) -> Response:
        run = selectors.royalty_run_get(pk, user=request.user)
        drafts = selectors.royalty_run_preview(pk)
        return Response([selectors.preview_row(draft, run.currency) for draft in drafts])

    @extend_schema(responses=UnresolvedClusterAnswer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def duplicates(self, request: Request, pk: Any) -> Response:
        """Who may be one; above 1 % of the pool neither submission nor approval is taken."""
        run = RoyaltyRun.objects.visible_to(request.user).filter(id=pk).first()
        if run is None:
            raise NotFound(royalty_run_id=str(pk))
        return Response(UnresolvedClusterAnswer(unresolved_clusters(run), many=True).data)

    @extend_schema(request=None, responses=RoyaltyRunAnswer)
    @action(detail=True, methods=["post"])
    def submission(self, request: Request, pk: Any) -> Response:
        royalties.royalty_run_submit(run_id=pk, actor=request.user, now=timezone.now())
        return self._answer(request, pk)

    @extend_schema(request=NoteRequest, responses=RoyaltyRunAnswer)
    @action(detail=True, methods=["post"])
    def approval(self, request: Request, pk: Any) -> Response:
        note = checked(NoteRequest, request)["note"]
        actors.enqueue_royalty_run_approve(
            run_id=pk, actor=request.user, now=timezone.now(), note=note
        )
        return self._answer(request, pk)

    @extend_schema(request=NoteRequest, responses=RoyaltyRunAnswer)
    @action(detail=True, methods=["post"])
    def rejection(self, request: Request, pk: Any) -> Response:
        note = checked(NoteRequest, request)["note"]
        royalties.royalty_run_reject(run_id=pk, note=note, actor=request.user, now=timezone.now())
        return self._answer(request, pk)

    @extend_schema(request=NoteRequest, responses={201: RoyaltyRunAnswer})
    @action(detail=True, methods=["post"])
    def decision(self, request: Request, pk: Any) -> Response:
        note = checked(NoteRequest, request)["note"]
        run = royalties.royalty_run_decide(
            run_id=pk, note=note, actor=request.user, now=timezone.now()
        )
        return self._answer(request, run.id, status=201)

    @extend_schema(request=None, responses=RoyaltyRunAnswer)
    @action(detail=True, methods=["post"])
    def closing(self, request: Request, pk: Any) -> Response:
        royalties.royalty_run_close(run_id=pk, actor=request.user, now=timezone.now())
        return self._answer(request, pk)

    def _answer(self, request: Request, run_id: Any, status: int = 200) -> Response:
        record = selectors.royalty_run_get(run_id, user=request.user)
        return Response(RoyaltyRunAnswer(record).data, status=status)

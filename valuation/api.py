"""Valuation runs over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.api.common import StaffOnly
from contributors.models import Batch, Preview, User
from contributors.permissions import ContributorsWrite, ReviewersWrite
from valuation import actors, selectors
from valuation.core import METHODS
from valuation.errors import NotFound
from valuation.models import Analysis, ValuationRun
from valuation.services import runs


class ValuationRunRequest(serializers.Serializer):
    """What to value, how, and how much it may cost."""

    programme = serializers.UUIDField()
    cutoff_at = serializers.DateTimeField(
        required=False, help_text="Batches accepted up to here play; now by default."
    )
    method = serializers.ChoiceField(choices=sorted(METHODS), default="auto")
    budget = serializers.IntegerField(
        min_value=2, max_value=10_000_000, default=runs.BUDGET_DEFAULT
    )
    seed = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    tolerance = serializers.FloatField(min_value=1e-6, max_value=1, required=False)
    deadline_s = serializers.FloatField(min_value=1, max_value=86_400 * 30, required=False)
    purpose = serializers.ChoiceField(choices=["payment", "audit"], default="payment")
    work = serializers.CharField(max_length=200, default="", allow_blank=True)
    priority = serializers.IntegerField(min_value=-100, max_value=100, default=0)
    continues = serializers.UUIDField(
        required=False, help_text="A finished run of the same game, whose evaluations are reused."
    )


class ValuationRunAnswer(serializers.Serializer):
    """A run; values are decimal strings."""

    id = serializers.UUIDField()
    programme = serializers.UUIDField(source="programme_id")
    state = serializers.CharField()
    purpose = serializers.CharField()
    work = serializers.CharField()
    method_requested = serializers.CharField()
    method = serializers.CharField()
    reason = serializers.CharField()
    n_players = serializers.IntegerField()
    evaluations = serializers.IntegerField()
    reused = serializers.IntegerField()
    untrainable = serializers.IntegerField()
    budget = serializers.IntegerField()
    priority = serializers.IntegerField()
    seed = serializers.IntegerField()
    continues = serializers.UUIDField(allow_null=True)
    tolerance = serializers.FloatField(allow_null=True)
    empty = serializers.CharField()
    grand = serializers.CharField()
    cutoff_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    computed_at = serializers.DateTimeField(allow_null=True)
    values_digest = serializers.CharField()
    game_digest = serializers.CharField()
    failure_code = serializers.CharField()
    failure = serializers.CharField()


class RunCostRequest(serializers.Serializer):
    """A run as it would be started."""

    programme = serializers.UUIDField()
    cutoff_at = serializers.DateTimeField(required=False)
    budget = serializers.IntegerField(
        min_value=2, max_value=10_000_000, default=runs.BUDGET_DEFAULT
    )


class RunCostAnswer(serializers.Serializer):
    """What it would cost at most; the seconds are null until one of the programme was measured."""

    players = serializers.IntegerField()
    rows = serializers.IntegerField()
    evaluations = serializers.IntegerField()
    seconds_per_coalition = serializers.FloatField(allow_null=True)
    worker_s = serializers.FloatField(allow_null=True)
    workers = serializers.IntegerField()
    expected_s = serializers.FloatField(allow_null=True)


class PriorityRequest(serializers.Serializer):
    """Higher goes first; 0 is what runs start with."""

    priority = serializers.IntegerField(min_value=-100, max_value=100)


class RunProgressAnswer(serializers.Serializer):
    state = serializers.CharField()
    evaluated = serializers.IntegerField()
    asked = serializers.IntegerField()
    budget = serializers.IntegerField()
    share = serializers.FloatField()
    shards_done = serializers.IntegerField()
    shards_open = serializers.IntegerField()
    workers = serializers.IntegerField()
    seconds_per_coalition = serializers.FloatField(allow_null=True)
    remaining_s = serializers.FloatField(allow_null=True)


class PlayerValueAnswer(serializers.Serializer):
    index = serializers.IntegerField()
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField()
    standard_error = serializers.CharField()
    row_count = serializers.IntegerField()
    data_digest = serializers.CharField()


class AnalysisRequest(serializers.Serializer):
    """A question about a finished run; suspect rows and acquisition name a batch."""

    kind = serializers.ChoiceField(choices=Analysis.Kind.values)
    batch = serializers.UUIDField(required=False)


class AnalysisAnswer(serializers.Serializer):
    """A question and, once a worker has answered it, its document."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    batch = serializers.UUIDField(source="batch_id", allow_null=True)
    state = serializers.CharField()
    document = serializers.JSONField(allow_null=True)
    failure_code = serializers.CharField()
    failure = serializers.CharField()
    requested_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class EstimateRequest(serializers.Serializer):
    """Which batch, in which period; a batch has few previews a period."""

    batch = serializers.UUIDField()
    period = serializers.CharField(max_length=16)


class PreviewAnswer(serializers.Serializer):
    """The share of a pool that the batch would get, told in steps; empty until answered."""

    id = serializers.UUIDField()
    batch = serializers.UUIDField(source="batch_id")
    period = serializers.CharField(source="period_code")
    ordinal = serializers.IntegerField()
    answer = serializers.CharField()
    requested_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


class ValuationRunViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Valuation runs: reviewers start and steer them, staff roles read all of them."""

    permission_classes = [ReviewersWrite]
    serializer_class = ValuationRunAnswer
    filterset_fields = ["state", "programme", "purpose"]
    lookup_value_converter = "uuid"
    queryset = ValuationRun.objects.none()

    def get_queryset(self) -> Any:
        return ValuationRun.objects.visible_to(self.request.user).select_related(
            "game", "programme"
        )

    def paginate_queryset(self, queryset: Any) -> Any:
        return [selectors.run_record(run) for run in super().paginate_queryset(queryset) or ()]

    def retrieve(self, request: Request, pk: Any) -> Response:
        record = selectors.valuation_run_get(pk, user=request.user)
        return Response(ValuationRunAnswer(record).data)

    @extend_schema(request=ValuationRunRequest, responses={201: ValuationRunAnswer})
    def create(self, request: Request) -> Response:
        wanted = ValuationRunRequest(data=request.data)
        wanted.is_valid(raise_exception=True)
        fields = dict(wanted.validated_data)
        now = timezone.now()
        run = actors.enqueue_valuation_run(
            programme_id=fields.pop("programme"),
            cutoff_at=fields.pop("cutoff_at", now),
            actor=request.user,
            now=now,
            **fields,
        )
        record = selectors.valuation_run_get(run.pk)
        return Response(ValuationRunAnswer(record).data, status=status.HTTP_201_CREATED)

    @extend_schema(parameters=[RunCostRequest], responses=RunCostAnswer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None, permission_classes=[StaffOnly])
    def cost(self, request: Request) -> Response:
        """How many evaluations and seconds a run would take, before it is started."""
        wanted = RunCostRequest(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        now = timezone.now()
        found = selectors.run_cost_before(
            programme_id=wanted.validated_data["programme"],
            cutoff_at=wanted.validated_data.get("cutoff_at", now),
            budget=wanted.validated_data["budget"],
            now=now,
        )
        return Response(RunCostAnswer(found).data)

    @extend_schema(request=PriorityRequest, responses=ValuationRunAnswer)
    @action(detail=True, methods=["post"])
    def priority(self, request: Request, pk: Any) -> Response:
        """Workers take the shards of runs of higher priority first."""
        wanted = PriorityRequest(data=request.data)
        wanted.is_valid(raise_exception=True)
        runs.valuation_run_prioritise(run_id=pk, priority=wanted.validated_data["priority"])
        return self.retrieve(request, pk)

    @extend_schema(responses=RunProgressAnswer)
    @action(detail=True, methods=["get"])
    def progress(self, request: Request, pk: Any) -> Response:
        selectors.valuation_run_get(pk, user=request.user)
        found = selectors.valuation_run_progress(pk, now=timezone.now())
        return Response(RunProgressAnswer(found).data)

    @extend_schema(responses=PlayerValueAnswer(many=True))
    @action(detail=True, methods=["get"], url_path="player-values", pagination_class=None)
    def player_values(self, request: Request, pk: Any) -> Response:
        values = selectors.player_values_visible(pk, user=request.user)
        return Response(PlayerValueAnswer(values, many=True).data)

    @extend_schema(request=None, responses=ValuationRunAnswer)
    @action(detail=True, methods=["post"])
    def cancellation(self, request: Request, pk: Any) -> Response:
        runs.valuation_run_cancel(run_id=pk, actor=request.user, now=timezone.now())
        return self.retrieve(request, pk)

    @extend_schema(request=None, responses=ValuationRunAnswer)
    @action(detail=True, methods=["post"])
    def resumption(self, request: Request, pk: Any) -> Response:
        actors.enqueue_valuation_run_resume(run_id=pk, actor=request.user, now=timezone.now())
        return self.retrieve(request, pk)

    @extend_schema(request=None, responses=ValuationRunAnswer)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: Any) -> Response:
        runs.valuation_run_review(run_id=pk, actor=request.user, now=timezone.now())
        return self.retrieve(request, pk)

    @extend_schema(request=None, responses=ValuationRunAnswer)
    @action(detail=True, methods=["post"], url_path="lock")
    def lock(self, request: Request, pk: Any) -> Response:
        actors.enqueue_valuation_run_lock(run_id=pk, actor=request.user, now=timezone.now())
        return self.retrieve(request, pk)

    @extend_schema(responses=AnalysisAnswer(many=True))
    @action(
        detail=True, methods=["get"], pagination_class=None, permission_classes=[IsAuthenticated]
    )
    def analyses(self, request: Request, pk: Any) -> Response:
        """Suspect rows, acquisition, compression, methods side by side: asked and answered."""
        selectors.valuation_run_get(pk, user=request.user)
        found = selectors.analysis_list(user=request.user, run_id=pk)
        return Response(AnalysisAnswer(found, many=True).data)

    @extend_schema(request=AnalysisRequest, responses={201: AnalysisAnswer})
    @analyses.mapping.post
    def analysis_ask(self, request: Request, pk: Any) -> Response:
        wanted = AnalysisRequest(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = actors.enqueue_analysis(
            run_id=pk,
            kind=wanted.validated_data["kind"],
            batch_id=wanted.validated_data.get("batch"),
            actor=request.user,
            now=timezone.now(),
        )
        record = selectors.analysis_record(asked)
        return Response(AnalysisAnswer(record).data, status=status.HTTP_201_CREATED)


class PreviewViewSet(viewsets.GenericViewSet):
    """What a batch would be paid, before the run: few times, in steps, as a share."""

    permission_classes = [ContributorsWrite]
    serializer_class = PreviewAnswer
    lookup_value_converter = "uuid"
    queryset = Preview.objects.none()

    def get_queryset(self) -> Any:
        assert isinstance(self.request.user, User), "permission_classes see to it"
        return Preview.objects.filter(batch__in=Batch.objects.visible_to(self.request.user))

    def retrieve(self, request: Request, pk: Any) -> Response:
        preview = self.get_queryset().filter(pk=pk).first()
        if preview is None:
            raise NotFound()
        return Response(PreviewAnswer(preview).data)

    @extend_schema(request=EstimateRequest, responses={201: PreviewAnswer})
    def create(self, request: Request) -> Response:
        wanted = EstimateRequest(data=request.data)
        wanted.is_valid(raise_exception=True)
        preview = actors.enqueue_preview(
            batch_id=wanted.validated_data["batch"],
            period_code=wanted.validated_data["period"],
            actor=request.user,
            now=timezone.now(),
        )
        return Response(PreviewAnswer(preview).data, status=status.HTTP_201_CREATED)

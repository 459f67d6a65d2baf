"""Periods, policies and pools over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.permissions import ReviewersWrite
from ledger.api.shared import Amount, MoneyOf, checked, person
from ledger.core.policy import CONFIDENCE_RULES, DUPLICATE_RULES, NEGATIVE_RULES, Policy
from ledger.errors import NotFound
from ledger.models import Period, PolicyVersion, Pool
from ledger.services import periods, pools


class PeriodRequest(serializers.Serializer):
    code = serializers.CharField(max_length=20)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="Last day, included.")


class PeriodAnswer(serializers.ModelSerializer):
    class Meta:
        model = Period
        fields = [
            "id", "code", "starts_on", "ends_on", "status", "frozen_at", "closed_at",
            "chain_seq", "chain_head", "trial_balance_hash",
        ]  # fmt: skip


class PeriodViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Periods: opened, frozen (intake over), closed (books over); never back."""

    permission_classes = [ReviewersWrite]
    serializer_class = PeriodAnswer
    filterset_fields = ["code", "status"]
    lookup_value_converter = "uuid"
    queryset = Period.objects.all()

    @extend_schema(request=PeriodRequest, responses={201: PeriodAnswer})
    def create(self, request: Request) -> Response:
        period = periods.period_open(**checked(PeriodRequest, request))
        return Response(PeriodAnswer(period).data, status=201)

    @extend_schema(request=None, responses=PeriodAnswer)
    @action(detail=True, methods=["post"])
    def freezing(self, request: Request, pk: Any) -> Response:
        period = periods.period_freeze(period_id=pk, now=timezone.now())
        return Response(PeriodAnswer(period).data)

    @extend_schema(request=None, responses=PeriodAnswer)
    @action(detail=True, methods=["post"])
    def closing(self, request: Request, pk: Any) -> Response:
        period = periods.period_close(period_id=pk, actor=request.user, now=timezone.now())
        return Response(PeriodAnswer(period).data)


class PolicyRequest(serializers.Serializer):
    """Rates are basis points (1/10,000)."""

    name = serializers.SlugField(max_length=40)
    valid_from = serializers.DateField()
    fee_bp = serializers.IntegerField()
    negative_rule = serializers.ChoiceField(choices=NEGATIVE_RULES, default="clip")
    confidence_rule = serializers.ChoiceField(choices=CONFIDENCE_RULES, default="estimate")
    duplicate_rule = serializers.ChoiceField(choices=DUPLICATE_RULES, default="rows")
    holdback_bp = serializers.IntegerField(default=0)
    holdback_periods = serializers.IntegerField(default=0)
    recoupment_bp = serializers.IntegerField(default=10_000)
    threshold_minor = serializers.IntegerField(default=0)
    dispute_window_days = serializers.IntegerField(default=30)
    tie_rule = serializers.CharField(default="code")
    unclaimed_days = serializers.IntegerField(default=0)


class PolicyAnswer(serializers.ModelSerializer):
    class Meta:
        model = PolicyVersion
        fields = ["id", "name", "version", "valid_from", *Policy.__dataclass_fields__]


class PolicyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Policies: every change is a new version."""

    permission_classes = [ReviewersWrite]
    serializer_class = PolicyAnswer
    filterset_fields = ["name"]
    lookup_value_converter = "uuid"
    queryset = PolicyVersion.objects.all()

    @extend_schema(request=PolicyRequest, responses={201: PolicyAnswer})
    def create(self, request: Request) -> Response:
        wanted = checked(PolicyRequest, request)
        name, valid_from = wanted.pop("name"), wanted.pop("valid_from")
        version = pools.policy_version_create(
            name=name,
            policy=Policy(**wanted),
            valid_from=valid_from,
            actor=request.user,
            now=timezone.now(),
        )
        return Response(PolicyAnswer(version).data, status=201)


class PoolRequest(serializers.Serializer):
    """A pool of royalties of one programme, or a reserve for adjustments."""

    code = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")
    period = serializers.UUIDField()
    programme = serializers.UUIDField(required=False, allow_null=True, default=None)
    amount = Amount()
    funder = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$", default="platform")
    policy = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Pool.Kind.values, default=Pool.Kind.ROYALTY)


class PoolAnswer(serializers.ModelSerializer):
    amount = MoneyOf("amount_minor")

    class Meta:
        model = Pool
        fields = [
            "id", "code", "kind", "period", "programme", "amount", "funder", "policy", "created_at",
        ]  # fmt: skip


class FundingRequest(serializers.Serializer):
    """Money that reached the bank; `reference` is the bank's own, and books it once."""

    bank = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")
    amount = Amount()
    reference = serializers.CharField(max_length=60)


class PoolViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Pools: promised by a funder, funded by a bank booking, divided by a royalty run."""

    permission_classes = [ReviewersWrite]
    serializer_class = PoolAnswer
    filterset_fields = ["code", "period__code", "currency", "programme", "kind"]
    lookup_value_converter = "uuid"
    queryset = Pool.objects.none()

    def get_queryset(self) -> Any:
        return Pool.objects.all() if person(self.request).reads_everything else Pool.objects.none()

    @extend_schema(request=PoolRequest, responses={201: PoolAnswer})
    def create(self, request: Request) -> Response:
        wanted = checked(PoolRequest, request)
        pool = pools.pool_create(
            code=wanted["code"],
            kind=wanted["kind"],
            period_id=wanted["period"],
            programme_id=wanted["programme"],
            currency=wanted["amount"]["currency"],
            amount_minor=wanted["amount"]["amount_minor"],
            funder=wanted["funder"],
            policy_id=wanted["policy"],
            actor=request.user,
            now=timezone.now(),
        )
        return Response(PoolAnswer(pool).data, status=201)

    @extend_schema(request=FundingRequest, responses={201: PoolAnswer})
    @action(detail=True, methods=["post"])
    def funding(self, request: Request, pk: Any) -> Response:
        wanted = checked(FundingRequest, request)
        pool = self.get_queryset().filter(id=pk).first()
        if pool is None or wanted["amount"]["currency"] != pool.currency:
            raise NotFound("There is no such pool in this currency.")
        pools.pool_fund(
            pool_id=pool.id,
            bank=wanted["bank"],
            amount_minor=wanted["amount"]["amount_minor"],
            key=wanted["reference"],
            actor=request.user,
            now=timezone.now(),
        )
        return Response(PoolAnswer(pool).data, status=201)

"""Tax profiles and rules over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.permissions import ReviewersWrite
from ledger.api.shared import checked, person
from ledger.models import TaxProfile, TaxRule
from ledger.models.tax import FORMS
from ledger.services import tax


class TaxProfileRequest(serializers.Serializer):
    """One dated profile; `evidence_sha256` names the certificate that was seen."""

    contributor = serializers.UUIDField()
    form = serializers.ChoiceField(choices=FORMS)
    country = serializers.RegexField(r"^[A-Z]{2}$")
    rate_bp = serializers.IntegerField(min_value=0, max_value=10_000)
    evidence_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    valid_from = serializers.DateField()
    valid_to = serializers.DateField()
    treaty_article = serializers.CharField(max_length=20, default="", allow_blank=True)
    income_code = serializers.CharField(max_length=4, default="12")
    exemption_code = serializers.CharField(max_length=4, default="", allow_blank=True)


class TaxProfileAnswer(serializers.ModelSerializer):
    class Meta:
        model = TaxProfile
        fields = ["id", "created_at", *TaxProfileRequest().fields]


class TaxProfileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Tax profiles: a contributor sees its own; a change is a new row."""

    permission_classes = [ReviewersWrite]
    serializer_class = TaxProfileAnswer
    filterset_fields = ["contributor", "country", "form"]
    lookup_value_converter = "uuid"
    queryset = TaxProfile.objects.none()

    def get_queryset(self) -> Any:
        user, rows = person(self.request), TaxProfile.objects.all()
        return rows if user.reads_everything else rows.filter(contributor__user=user)

    @extend_schema(request=TaxProfileRequest, responses={201: TaxProfileAnswer})
    def create(self, request: Request) -> Response:
        wanted = checked(TaxProfileRequest, request)
        profile = tax.tax_profile_add(
            contributor_id=wanted.pop("contributor"),
            actor=request.user,
            now=timezone.now(),
            **wanted,
        )
        return Response(TaxProfileAnswer(profile).data, status=201)


class TaxRuleRequest(serializers.Serializer):
    """From when on which payees need one of which forms."""

    payee_country = serializers.RegexField(r"^([A-Z]{2})?$", default="", allow_blank=True)
    forms = serializers.ListField(child=serializers.ChoiceField(choices=FORMS), min_length=1)
    authority = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(required=False, allow_null=True, default=None)


class TaxRuleAnswer(serializers.ModelSerializer):
    class Meta:
        model = TaxRule
        fields = ["id", "created_at", *TaxRuleRequest().fields]


class TaxRuleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Rules of the certificate gate."""

    permission_classes = [ReviewersWrite]
    serializer_class = TaxRuleAnswer
    lookup_value_converter = "uuid"
    queryset = TaxRule.objects.all()

    @extend_schema(request=TaxRuleRequest, responses={201: TaxRuleAnswer})
    def create(self, request: Request) -> Response:
        wanted = checked(TaxRuleRequest, request)
        rule = tax.tax_rule_add(**wanted, actor=request.user, now=timezone.now())
        return Response(TaxRuleAnswer(rule).data, status=201)

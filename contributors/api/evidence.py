"""Suspected pairs, owner links and audit events over the API."""

from typing import Any

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.api.common import StaffOnly, own, signed_in, valid
from contributors.models import AuditEvent, OwnerLink, SuspectedPair, User
from contributors.selectors.evidence import link_record, pair_record
from contributors.services.evidence import (
    owner_link_decide,
    owner_link_declare,
    suspected_pair_decide,
)


class ReasonRequest(serializers.Serializer):
    reason = serializers.CharField(max_length=500)


class PairAnswer(serializers.Serializer):
    """Evidence that two contributors gave the same data."""

    id = serializers.UUIDField()
    programme = serializers.UUIDField(source="programme_id")
    low_code = serializers.CharField()
    high_code = serializers.CharField()
    kind = serializers.CharField()
    score = serializers.FloatField()
    evidence = serializers.ListField(child=serializers.DictField())
    found_at = serializers.DateTimeField()
    state = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class SuspectedPairViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The board of suspected pairs: staff roles read it, reviewers decide."""

    permission_classes = [StaffOnly]
    serializer_class = PairAnswer
    filterset_fields = ["programme", "state", "kind"]
    lookup_value_converter = "uuid"
    queryset = SuspectedPair.objects.none()

    def get_queryset(self) -> Any:
        return SuspectedPair.objects.select_related(
            "contributor_low", "contributor_high", "decided_by"
        )

    def paginate_queryset(self, queryset: Any) -> Any:
        return [pair_record(pair) for pair in super().paginate_queryset(queryset) or ()]

    @extend_schema(request=ReasonRequest, responses=PairAnswer)
    @action(detail=True, methods=["post"])
    def confirmation(self, request: Request, pk: Any) -> Response:
        """The two are one player from now on."""
        return self.decided(request, pk, confirmed=True)

    @extend_schema(request=ReasonRequest, responses=PairAnswer)
    @action(detail=True, methods=["post"])
    def rejection(self, request: Request, pk: Any) -> Response:
        """The two stay two."""
        return self.decided(request, pk, confirmed=False)

    def decided(self, request: Request, pk: Any, *, confirmed: bool) -> Response:
        fields = valid(ReasonRequest, request)
        pair = suspected_pair_decide(
            pair_id=pk, confirmed=confirmed, actor=signed_in(request), now=timezone.now(), **fields
        )
        return Response(PairAnswer(pair_record(pair)).data)


class OwnerLinkRequest(serializers.Serializer):
    other_code = serializers.CharField(max_length=32)
    contributor = serializers.UUIDField(required=False, help_text="For reviewers: whose link.")


class OwnerLinkAnswer(serializers.Serializer):
    id = serializers.UUIDField()
    low_code = serializers.CharField()
    high_code = serializers.CharField()
    state = serializers.CharField()
    declared_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class OwnerLinkViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Beneficial owners: contributors declare their own links, reviewers verify them."""

    serializer_class = OwnerLinkAnswer
    filterset_fields = ["state"]
    lookup_value_converter = "uuid"
    queryset = OwnerLink.objects.none()

    def get_queryset(self) -> Any:
        links = OwnerLink.objects.select_related("contributor_low", "contributor_high")
        user = signed_in(self.request)
        if user.reads_everything:
            return links
        return links.filter(Q(contributor_low__user=user) | Q(contributor_high__user=user))

    def paginate_queryset(self, queryset: Any) -> Any:
        return [link_record(link) for link in super().paginate_queryset(queryset) or ()]

    @extend_schema(request=OwnerLinkRequest, responses={201: OwnerLinkAnswer})
    def create(self, request: Request) -> Response:
        fields = valid(OwnerLinkRequest, request)
        now = timezone.now()
        whose = fields.get("contributor") if signed_in(request).is_reviewer else None
        link = owner_link_declare(
            contributor_id=whose or own(request, now).id,
            other_code=fields["other_code"],
            actor=signed_in(request),
            now=now,
        )
        body = OwnerLinkAnswer(link_record(link)).data
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=ReasonRequest, responses=OwnerLinkAnswer)
    @action(detail=True, methods=["post"])
    def verification(self, request: Request, pk: Any) -> Response:
        """The two are one player in every programme from now on."""
        return self.decided(request, pk, verified=True)

    @extend_schema(request=ReasonRequest, responses=OwnerLinkAnswer)
    @action(detail=True, methods=["post"])
    def rejection(self, request: Request, pk: Any) -> Response:
        """The declared link does not stand."""
        return self.decided(request, pk, verified=False)

    def decided(self, request: Request, pk: Any, *, verified: bool) -> Response:
        fields = valid(ReasonRequest, request)
        link = owner_link_decide(
            link_id=pk, verified=verified, actor=signed_in(request), now=timezone.now(), **fields
        )
        return Response(OwnerLinkAnswer(link_record(link)).data)


class ReadsAudit(BasePermission):
    """Auditors and administrators."""

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        roles = (User.Role.AUDITOR, User.Role.ADMINISTRATOR)
        return bool(request.user.is_authenticated and request.user.role in roles)


class AuditEventAnswer(serializers.ModelSerializer):
    detail = serializers.DictField()

    class Meta:
        model = AuditEvent
        fields = ("id", "at", "actor", "action", "object_type", "object_id", "detail")


class AuditEventViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Who did what to which object, when."""

    permission_classes = [ReadsAudit]
    serializer_class = AuditEventAnswer
    filterset_fields = ["action", "object_type", "object_id", "actor"]
    queryset = AuditEvent.objects.all()

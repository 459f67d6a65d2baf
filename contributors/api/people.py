"""Contributors, their consents, and who is one with whom."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contributors.api.common import ContributorsWrite, own, signed_in, valid
from contributors.errors import NotFound
from contributors.models import Consent, Contributor
from contributors.services.consents import PURPOSE, consent_give, consent_revoke


class ContributorAnswer(serializers.ModelSerializer):
    class Meta:
        model = Contributor
        fields = ("id", "code", "display_name", "created_at")


class ContributorViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Oneself under `me`; staff roles see everybody."""

    serializer_class = ContributorAnswer
    lookup_value_converter = "uuid"
    filterset_fields = ["code"]
    queryset = Contributor.objects.none()

    def get_queryset(self) -> Any:
        return Contributor.objects.visible_to(signed_in(self.request))

    def retrieve(self, request: Request, pk: Any) -> Response:
        contributor = self.get_queryset().filter(pk=pk).first()
        if contributor is None:
            raise NotFound()
        return Response(ContributorAnswer(contributor).data)

    @extend_schema(responses=ContributorAnswer)
    @action(detail=False, methods=["get"], permission_classes=[ContributorsWrite])
    def me(self, request: Request) -> Response:
        """The contributor that whoever asks gives data as."""
        if signed_in(request).reads_everything:
            raise NotFound("Your role gives no data.")
        return Response(ContributorAnswer(own(request, timezone.now())).data)


class ConsentRequest(serializers.Serializer):
    """Consent to the text whose SHA-256 is given, so that a changed text is refused."""

    programme = serializers.UUIDField()
    licence_text_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", required=False)
    purpose = serializers.CharField(max_length=500, default=PURPOSE)
    revocable = serializers.BooleanField(default=True)


class ConsentAnswer(serializers.ModelSerializer):
    licence_identifier = serializers.CharField(source="licence.identifier")

    class Meta:
        model = Consent
        fields = (
            "id",
            "programme",
            "contributor",
            "licence",
            "licence_identifier",
            "licence_text_sha256",
            "purpose",
            "revocable",
            "given_at",
            "revoked_at",
        )


class ConsentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Consents: given and revoked by contributors, read by staff roles."""

    permission_classes = [ContributorsWrite]
    serializer_class = ConsentAnswer
    filterset_fields = ["programme"]
    lookup_value_converter = "uuid"
    queryset = Consent.objects.none()

    def get_queryset(self) -> Any:
        consents = Consent.objects.select_related("licence")
        user = signed_in(self.request)
        return consents if user.reads_everything else consents.filter(contributor__user=user)

    def retrieve(self, request: Request, pk: Any) -> Response:
        consent = self.get_queryset().filter(pk=pk).first()
        if consent is None:
            raise NotFound()
        return Response(ConsentAnswer(consent).data)

    @extend_schema(request=ConsentRequest, responses={201: ConsentAnswer})
    def create(self, request: Request) -> Response:
        fields = valid(ConsentRequest, request)
        now = timezone.now()
        consent = consent_give(
            programme_id=fields.pop("programme"),
            contributor_id=own(request, now).id,
            actor=signed_in(request),
            now=now,
            **fields,
        )
        return Response(ConsentAnswer(consent).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ConsentAnswer)
    @action(detail=True, methods=["post"])
    def revocation(self, request: Request, pk: Any) -> Response:
        """No batch given under the consent enters a run any more."""
        consent = consent_revoke(consent_id=pk, actor=signed_in(request), now=timezone.now())
        return Response(ConsentAnswer(consent).data)

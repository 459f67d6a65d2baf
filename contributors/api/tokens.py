"""API tokens over the API."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from contributors.api.common import signed_in, valid
from contributors.core.scopes import READ, SCOPES, WRITE
from contributors.models import ApiToken
from contributors.services.tokens import LIFETIME_DAYS, token_create, token_revoke


class PasswordAuthentication(BasicAuthentication):
    """E-mail and password, for making a first token; a second factor needs the browser."""

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> Any:
        user, auth = super().authenticate_credentials(userid.strip().lower(), password, request)
        addresses = EmailAddress.objects.filter(user=user)
        if addresses.exists() and not addresses.filter(verified=True).exists():
            raise AuthenticationFailed("Confirm your e-mail address first.")
        if is_mfa_enabled(user):
            raise AuthenticationFailed(
                "Make the token in the browser, where you prove who you are."
            )
        return user, auth


class PasswordAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "contributors.api.tokens.PasswordAuthentication"
    name = "passwordAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "basic"}


class TokenRequest(serializers.Serializer):
    """What the token is for and may do."""

    name = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), required=False, min_length=1
    )
    lifetime_days = serializers.IntegerField(min_value=1, max_value=365, default=LIFETIME_DAYS)


class TokenAnswer(serializers.ModelSerializer):
    """A token without its secret."""

    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")

    class Meta:
        model = ApiToken
        fields = ("id", "name", "scopes", "created_at", "expires_at")


class NewTokenAnswer(TokenAnswer):
    """A token just made: `token` is shown this once; an answer that is replayed has null."""

    token = serializers.CharField(allow_null=True)

    class Meta(TokenAnswer.Meta):
        fields = (*TokenAnswer.Meta.fields, "token")  # type: ignore[assignment]


class TokenViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """One's own tokens. The first may be made with e-mail and password (HTTP Basic)."""

    authentication_classes = [  # type: ignore[misc]
        *api_settings.DEFAULT_AUTHENTICATION_CLASSES,  # type: ignore[list-item]
        PasswordAuthentication,
    ]
    serializer_class = TokenAnswer
    lookup_value_converter = "uuid"
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> Any:
        return ApiToken.objects.filter(user=signed_in(self.request))

    @extend_schema(request=TokenRequest, responses={201: NewTokenAnswer})
    def create(self, request: Request) -> Response:
        fields = valid(TokenRequest, request)
        fields.setdefault("scopes", [READ, WRITE])
        made_with = request.auth if isinstance(request.auth, ApiToken) else None
        made = token_create(
            user=signed_in(request), made_with=made_with, now=timezone.now(), **fields
        )
        body = {**TokenAnswer(made.row).data, "token": made.token}
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: Any) -> Response:
        token_revoke(token_id=pk, user=signed_in(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

"""Who must prove a second factor, in the browser and behind a token."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from contributors.permissions import refuse_beyond_scopes

# Those who move money or rights. An auditor reads only; a contributor sees their own.
ROLES = frozenset({"reviewer", "approver", "administrator"})
# Where somebody without a second factor may still go: to set it up, or to leave.
OPEN_PATHS = ("/accounts/", "/static/", "/healthz", "/readyz", "/metrics")


def second_factor_missing(user: Any) -> bool:
    """Whether this user's role demands a second factor that is not set up yet."""
    if not (settings.MFA_REQUIRED and user.is_authenticated):
        return False
    demanded = user.role in ROLES or user.is_staff or user.is_superuser
    return demanded and not is_mfa_enabled(user)


class SecondFactorMiddleware:
    """Send whoever lacks a demanded second factor to its set-up page, from every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(OPEN_PATHS) and second_factor_missing(request.user):
            return redirect("mfa_activate_totp")
        return self.get_response(request)


class TokenAuthentication(KnoxTokenAuthentication):
    """A token stands for its owner only while the owner's role is satisfied."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        pair = super().authenticate(request)
        if pair and second_factor_missing(pair[0]):
            raise AuthenticationFailed("Your role needs a second factor: set it up in the browser.")
        if pair:
            refuse_beyond_scopes(pair[1], request)
        return pair


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes our tokens."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme: a header with a prefix."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <token>`",
        }


def attempted_email(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """Return the address of a log-in attempt; allauth and the admin name it differently."""
    for source in (credentials or {}, request.POST):
        for name in ("email", "login", "username"):
            if source.get(name):
                return str(source[name]).lower()
    return None


def client_address(request: HttpRequest) -> str:
    """Return the address of who asks: what the outermost trusted proxy saw, else the peer's.

    What stands further left in the header was written by the client itself.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if settings.PROXY_COUNT and len(forwarded) >= settings.PROXY_COUNT:
        return forwarded[-settings.PROXY_COUNT].strip() or str(request.META["REMOTE_ADDR"])
    return str(request.META.get("REMOTE_ADDR", ""))

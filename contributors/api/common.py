"""What the views of this app share."""

from typing import Any, cast

from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from contributors.models import Contributor, User
from contributors.permissions import ContributorsWrite
from contributors.services.people import contributor_for_user

__all__ = ["ContributorsWrite", "StaffOnly", "own", "signed_in", "valid"]


class StaffOnly(BasePermission):
    """Everybody but contributors."""

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        return bool(user and user.is_authenticated and user.reads_everything)


def signed_in(request: Request) -> User:
    """Return who asks; the permissions of every view let nobody else in."""
    return cast(User, request.user)


def own(request: Request, now: Any) -> Contributor:
    """Return the contributor of whoever asks, made on first use."""
    return contributor_for_user(user=signed_in(request), now=now)


def valid(kind: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated fields of the request, or refuse it."""
    wanted = kind(data=request.data)
    wanted.is_valid(raise_exception=True)
    return dict(wanted.validated_data)

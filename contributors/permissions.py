"""Who may do what over the API, by role; which objects they see is the querysets' business."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from contributors.core import scopes
from contributors.errors import ScopeMissing
from contributors.models import ApiToken, User


class _RolesWrite(BasePermission):
    """Everybody logged in reads what is theirs to see; the named roles write."""

    roles: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return f"Only {' or '.join(f'{role}s' for role in self.roles)} may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        return request.method in SAFE_METHODS or request.user.role in self.roles


class ContributorsWrite(_RolesWrite):
    roles = (User.Role.CONTRIBUTOR,)


class ContributorsAndAdministratorsWrite(_RolesWrite):
    roles = (User.Role.CONTRIBUTOR, User.Role.ADMINISTRATOR)


class ReviewersWrite(_RolesWrite):
    roles = (User.Role.REVIEWER,)


class ApproversWrite(_RolesWrite):
    roles = (User.Role.APPROVER,)


class ReviewersAndApproversWrite(_RolesWrite):
    roles = (User.Role.REVIEWER, User.Role.APPROVER)


def refuse_beyond_scopes(token: ApiToken, request: Request) -> None:
    """The token's scopes reach the address and method of the request, or ScopeMissing is raised."""
    asked = {"method": request.method or "", "noun": scopes.noun_of(request.path)}
    if not scopes.allows(token.scopes, **asked):
        enough = " or ".join(f"“{scope}”" for scope in scopes.allowing(**asked))
        raise ScopeMissing(f"The token lacks the scope {enough}.")

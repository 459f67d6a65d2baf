"""Which role may open a page. The objects on it are narrowed by `.visible_to(user)`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from contributors.models import User

ANYONE = ("contributor", "reviewer", "approver", "auditor", "administrator")
STAFF = ("reviewer", "approver", "auditor", "administrator")

type_of_page = Callable[..., HttpResponseBase]


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def page(*roles: str, methods: tuple[str, ...] = ("GET", "HEAD")) -> Callable[..., type_of_page]:
    """The view answers signed-in people of these roles; others are told so with 403."""

    def decorate(view: type_of_page) -> type_of_page:
        @wraps(view)
        def guarded(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return require_http_methods(list(methods))(login_required(guarded))

    return decorate


def form_page(*roles: str) -> Callable[..., type_of_page]:
    """A page with a form: shown, and sent."""
    return page(*roles, methods=("GET", "HEAD", "POST"))


def action(*roles: str) -> Callable[..., type_of_page]:
    """A button: it is only ever sent."""
    return page(*roles, methods=("POST",))

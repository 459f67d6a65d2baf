"""People and roles: an administrator finds a person and gives a role."""

import uuid

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Case, Exists, OuterRef, Value, When
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors.errors import InvalidField
from contributors.models import User
from contributors.roles import PersonRequest, action, page
from contributors.services.users import user_role_set

PEOPLE_SHOWN = 100


@page("administrator")
def people(request: PersonRequest) -> HttpResponse:
    """People by address, those with a role of trust first; the search finds the others."""
    wanted = request.GET.get("q", "").strip()
    found = User.objects.filter(email__icontains=wanted).annotate(
        is_trusted=Case(When(role=User.Role.CONTRIBUTOR, then=Value(0)), default=Value(1)),
        has_second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"))),
    )
    context = {
        "people": list(found.order_by("-is_trusted", "email", "id")[:PEOPLE_SHOWN]),
        "is_cut": found.count() > PEOPLE_SHOWN,
        "wanted": wanted,
        "roles": User.Role.choices,
    }
    return render(request, "contributors/people.html", context)


@action("administrator")
def role_set(request: PersonRequest, user_id: uuid.UUID) -> HttpResponse:
    """The person has the role that was chosen."""
    role = request.POST.get("role", "")
    if role not in User.Role.values:
        raise InvalidField("There is no such role.")
    user = user_role_set(user_id=user_id, role=role, actor=request.user, now=timezone.now())
    messages.success(request, f"{user.email} is {user.get_role_display().lower()} now.")
    return redirect("contributors:people")

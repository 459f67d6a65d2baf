"""One's own account: profile and API tokens."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors import services
from contributors.errors import Refusal
from contributors.forms import ProfileForm, TokenForm
from contributors.models import ApiToken, Contributor, ContributorProfile
from contributors.roles import ANYONE, PersonRequest, action, form_page
from contributors.services.people import profile_update
from contributors.services.tokens import token_create
from contributors.services.tokens import token_revoke as revoke

PROFILE_FIELDS = ("legal_name", "address", "country", "beneficial_owner")


@form_page("contributor")
def profile(request: PersonRequest) -> HttpResponse:
    """Who the person is, kept apart from the books."""
    now = timezone.now()
    who = services.contributor_for_user(user=request.user, now=now)
    form = ProfileForm(request.POST or None, initial=profile_fields(who))
    if request.method == "POST" and form.is_valid():
        profile_update(contributor_id=who.id, actor=request.user, now=now, **form.cleaned_data)
        messages.success(request, "Your profile is saved.")
        return redirect("contributors:profile")
    context = {"form": form, "contributor": who}
    return render(request, "contributors/profile.html", context, status=form.status)


def profile_fields(who: Contributor) -> dict[str, str]:
    """What the profile says now."""
    stored = ContributorProfile.objects.filter(contributor=who).values(*PROFILE_FIELDS).first()
    return {"display_name": who.display_name, **(stored or {})}


@form_page(*ANYONE)
def tokens(request: PersonRequest) -> HttpResponse:
    """The person's tokens; a new one is shown once, in the answer that makes it."""
    form, made = TokenForm(request.POST or None, role=request.user.role), ""
    if request.method == "POST" and form.is_valid():
        try:
            made = token_create(user=request.user, now=timezone.now(), **form.cleaned_data).token
            form = TokenForm(role=request.user.role)
        except Refusal as refusal:
            form.refuse(refusal)
    found = list(ApiToken.objects.filter(user=request.user).order_by("-id"))
    context = {"tokens": found, "form": form, "new_token": made}
    response = render(request, "contributors/tokens.html", context, status=form.status)
    response["Cache-Control"] = "no-store"
    return response


@action(*ANYONE)
def token_revoke(request: PersonRequest, token_id: uuid.UUID) -> HttpResponse:
    """The token works no more."""
    revoke(token_id=token_id, user=request.user, now=timezone.now())
    messages.success(request, "The token is revoked.")
    return redirect("contributors:tokens")

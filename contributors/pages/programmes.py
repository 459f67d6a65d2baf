"""Programmes: read, consented to, drafted, opened."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors import selectors, services
from contributors.errors import NotFound, Refusal
from contributors.forms import ConsentForm, ProgrammeForm, ValidationSetForm
from contributors.models import Consent, Contributor, Licence, Programme, ValidationSet
from contributors.roles import ANYONE, PersonRequest, action, form_page, page


@page(*ANYONE)
def programme_list(request: PersonRequest) -> HttpResponse:
    """The programmes this person may see."""
    programmes = selectors.programme_list_for(request.user)
    return render(request, "contributors/programmes.html", {"programmes": programmes})


@form_page("reviewer")
def programme_new(request: PersonRequest) -> HttpResponse:
    """A draft is made; its licence too, if it is new."""
    form = ProgrammeForm(request.POST or None, licences=list(Licence.objects.order_by("title")))
    if request.method == "POST" and form.is_valid():
        try:
            programme = services.programme_create(
                **form.request(),
                licence_id=_licence_id(form, request),
                actor=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("contributors:programme", programme.id)
    return render(request, "contributors/programme_new.html", {"form": form}, status=form.status)


@page(*ANYONE)
def programme_detail(request: PersonRequest, programme_id: uuid.UUID) -> HttpResponse:
    """What is wanted, how worth is measured, under which licence."""
    return render(request, "contributors/programme.html", programme_context(request, programme_id))


@action("contributor")
def consent_give(request: PersonRequest, programme_id: uuid.UUID) -> HttpResponse:
    """The person agrees to the text that was shown."""
    form = ConsentForm(request.POST)
    if not form.is_valid():
        context = programme_context(request, programme_id) | {"consent_form": form}
        return render(request, "contributors/programme.html", context, status=form.status)
    now = timezone.now()
    who = services.contributor_for_user(user=request.user, now=now)
    services.consent_give(
        contributor_id=who.id,
        programme_id=programme_id,
        licence_text_sha256=form.cleaned_data["licence_text_sha256"],
        actor=request.user,
        now=now,
    )
    messages.success(request, "Your consent is recorded. You can upload a batch now.")
    return redirect("contributors:programme", programme_id)


@action("contributor")
def consent_revoke(request: PersonRequest, programme_id: uuid.UUID) -> HttpResponse:
    """The consent is taken back."""
    consent = _consent(request, programme_id)
    if consent is None:
        raise NotFound()
    services.consent_revoke(consent_id=consent.id, actor=request.user, now=timezone.now())
    messages.success(request, "Your consent is taken back. Your batches enter no later run.")
    return redirect("contributors:programme", programme_id)


@action("reviewer")
def validation_set(request: PersonRequest, programme_id: uuid.UUID) -> HttpResponse:
    """Rows that judge are stored apart."""
    form = ValidationSetForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            held = services.validation_set_register(
                programme_id=programme_id,
                purpose=form.cleaned_data["purpose"],
                file=form.cleaned_data["file"],
                actor=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{held.row_count:,} {held.purpose} rows are stored apart.")
            return redirect("contributors:programme", programme_id)
    context = programme_context(request, programme_id) | {"validation_form": form}
    return render(request, "contributors/programme.html", context, status=form.status)


@action("reviewer")
def programme_open(request: PersonRequest, programme_id: uuid.UUID) -> HttpResponse:
    """The programme takes batches from now on."""
    services.programme_open(programme_id=programme_id, actor=request.user, now=timezone.now())
    messages.success(request, "The programme is open. Its specification is frozen.")
    return redirect("contributors:programme", programme_id)


def programme_context(request: PersonRequest, programme_id: uuid.UUID) -> dict[str, Any]:
    """Everything a programme's page shows. Five queries at most."""
    visible = Programme.objects.visible_to(request.user)
    if not visible.filter(pk=programme_id).exists():
        raise NotFound()
    programme = selectors.programme_get(programme_id)
    licence = Licence.objects.get(pk=programme.licence_id)
    return {
        "programme": programme,
        "licence": licence,
        "validation_sets": list(ValidationSet.objects.filter(programme_id=programme_id)),
        "contributor": request.user.role == "contributor",
        "consent": _consent(request, programme_id),
        "consent_form": ConsentForm(initial={"licence_text_sha256": licence.text_sha256}),
        "validation_form": ValidationSetForm(),
    }


def own_contributor(request: PersonRequest) -> Contributor | None:
    """The contributor that this person is, once they gave something."""
    return Contributor.objects.filter(user=request.user).first()


def _consent(request: PersonRequest, programme_id: uuid.UUID) -> Consent | None:
    return Consent.objects.filter(
        contributor__user=request.user, programme_id=programme_id, revoked_at__isnull=True
    ).first()


def _licence_id(form: ProgrammeForm, request: PersonRequest) -> uuid.UUID | str:
    asked = form.cleaned_data
    if asked["licence"]:
        return str(asked["licence"])
    licence = services.licence_create(
        identifier=asked["licence_identifier"],
        title=asked["licence_title"],
        text=asked["licence_text"],
        actor=request.user,
        now=timezone.now(),
    )
    return licence.id

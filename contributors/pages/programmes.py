"""Programmes: read, consented to, drafted, opened."""

import csv
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from contributors import selectors, services
from contributors.core.schema import Column
from contributors.errors import NotFound, Refusal
from contributors.forms import ConsentForm, ProgrammeForm, ValidationSetForm
from contributors.models import Consent, Contributor, Licence, Programme, ValidationSet
from contributors.roles import ANYONE, PersonRequest, action, form_page, page
from contributors.selectors.programmes import schema_of


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
        "columns": columns_shown(programme),
        "validation_sets": list(ValidationSet.objects.filter(programme_id=programme_id)),
        "contributor": request.user.role == "contributor",
        "consent": _consent(request, programme_id),
        "consent_form": ConsentForm(initial={"licence_text_sha256": licence.text_sha256}),
        "validation_form": ValidationSetForm(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnShown:
    """A column that a file must have, what may stand in it, and what it is for."""

    name: str
    kind: str
    role: str


def columns_shown(programme: selectors.ProgrammeRecord) -> list[ColumnShown]:
    """The columns of a file, as intake will ask for them; none of a text."""
    if programme.kind == Programme.Kind.TEXT:
        return []
    roles: dict[str | None, str] = {
        **dict.fromkeys(programme.feature_columns, "what is known beforehand"),
        programme.target_column: "what is to be predicted",
        programme.sensitive_column: "a group to be fair to",
        **dict.fromkeys(programme.identity_columns, "names the row; the model does not see it"),
    }
    return [
        ColumnShown(name=column.name, kind=kind_in_words(column), role=roles[column.name])
        for column in schema_of(programme).columns
    ]


def kind_in_words(column: Column) -> str:
    """Return what may stand in a column.

    >>> kind_in_words(Column(name="weight", kind="number", minimum=0, impute=7))
    'a number, at least 0; 7 if empty'
    """
    if column.kind == "label":
        return f"one of: {', '.join(column.labels)}"
    if column.kind == "text":
        return "text"
    low = "" if column.minimum is None else f", at least {column.minimum:g}"
    high = "" if column.maximum is None else f", at most {column.maximum:g}"
    empty = "" if column.impute is None else f"; {column.impute:g} if empty"
    return f"a number{low}{high}{empty}"


@page(*ANYONE)
def programme_template(request: PersonRequest, programme_id: uuid.UUID) -> HttpResponse:
    """A CSV file that has the programme's columns and no row yet."""
    programme = programme_context(request, programme_id)["programme"]
    name = f"{programme.slug}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    answer = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    csv.writer(answer).writerow([column.name for column in columns_shown(programme)])
    return answer


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

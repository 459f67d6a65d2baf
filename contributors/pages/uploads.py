"""Uploading a batch: the file is held, shown as it was read, and registered on confirmation."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from contributors import actors, files, selectors, services
from contributors.errors import (
    ConsentMissing,
    EmptyFile,
    InvalidRows,
    NoAcceptedRows,
    NotFound,
    Refusal,
)
from contributors.forms import BatchForm, UploadForm
from contributors.models import Upload, UploadPart
from contributors.pages.preview import FileShown, file_shown
from contributors.pages.programmes import programme_context
from contributors.roles import PersonRequest, form_page
from contributors.services.uploads import PART_BYTES, upload_begin, upload_part_put

ERRORS_SHOWN = 200


@form_page("contributor")
def upload_new(request: PersonRequest, programme_id: uuid.UUID) -> HttpResponse:
    """A file is chosen and held, once there is a consent; nothing is registered yet."""
    context = programme_context(request, programme_id)
    if context["consent"] is None:
        messages.info(request, ConsentMissing().remedy)
        return redirect(reverse("contributors:programme", args=[programme_id]) + "#licence")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            upload = held(form.cleaned_data["file"], programme_id, request)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("contributors:upload-confirm", upload.id)
    context["form"] = form
    return render(request, "contributors/upload.html", context, status=form.status)


def held(file: UploadedFile, programme_id: uuid.UUID, request: PersonRequest) -> Upload:
    """The file lies in parts, and its beginning can be read."""
    if not file.size:
        raise EmptyFile()
    now = timezone.now()
    who = services.contributor_for_user(user=request.user, now=now)
    head = file.read(PART_BYTES)
    programme = selectors.programme_get(programme_id)
    file_shown(head, is_whole=len(head) == file.size, programme=programme)
    upload = upload_begin(
        programme_id=programme_id,
        contributor_id=who.id,
        byte_count=file.size,
        file_label=file.name or "",
        actor=request.user,
        now=now,
    )
    number, part = 0, head
    while part:
        upload_part_put(upload_id=upload.id, number=number, data=part, actor=request.user)
        number, part = number + 1, file.read(PART_BYTES)
    return upload


@form_page("contributor")
def upload_confirm(request: PersonRequest, upload_id: uuid.UUID) -> HttpResponse:
    """How the file was read; registered when the person says so."""
    upload = _upload(request, upload_id)
    if upload.batch_id:
        return redirect("contributors:batch", upload.batch_id)
    preview, form, wrong = (
        shown(upload),
        BatchForm(request.POST or None, request.FILES or None),
        None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            return _registered(request, upload, form)
        except Refusal as refusal:
            form.refuse(refusal)
            wrong = refusal
    by_rows = isinstance(wrong, InvalidRows | NoAcceptedRows)
    refused_whole = not by_rows if wrong else bool(preview.missing)
    if refused_whole:
        form.ask_of_dialect_alone()
    context = {
        **programme_context(request, upload.programme_id),
        "form": form,
        "file_label": upload.file_label,
        "byte_count": upload.byte_count,
        "preview": preview,
        "refused_whole": refused_whole,
        "rows_may_go": isinstance(wrong, InvalidRows),
        "errors": wrong.context["errors"][:ERRORS_SHOWN] if wrong and by_rows else (),
        "error_count": wrong.context["error_count"] if wrong and by_rows else 0,
    }
    return render(request, "contributors/upload_confirm.html", context, status=form.status)


def shown(upload: Upload) -> FileShown:
    """The beginning of the held file, as intake reads it."""
    part = UploadPart.objects.filter(upload=upload, number=0).first()
    if part is None:
        raise NotFound()
    with files.opened(part.data_name) as file:
        head = file.read()
    return file_shown(
        head,
        is_whole=part.byte_count == upload.byte_count,
        programme=selectors.programme_get(upload.programme_id),
    )


def _registered(request: PersonRequest, upload: Upload, form: BatchForm) -> HttpResponse:
    receipt = actors.enqueue_upload_complete(
        upload_id=upload.id, actor=request.user, now=timezone.now(), **_wishes(form)
    )
    said = (
        "These bytes were given before; this is their first receipt."
        if receipt.replayed
        else "Your batch is registered. Keep the receipt."
    )
    messages.success(request, said)
    return redirect("contributors:batch", receipt.id)


def _wishes(form: BatchForm) -> dict[str, Any]:
    return {
        "invalid_rows": form.cleaned_data["invalid_rows"],
        "dialect": form.dialect(),
        "provenance": form.cleaned_data["croissant"],
    }


def _upload(request: PersonRequest, upload_id: uuid.UUID) -> Upload:
    found = Upload.objects.visible_to(request.user).filter(pk=upload_id).first()
    if found is None:
        raise NotFound()
    return found

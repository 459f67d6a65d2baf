"""The files of a statement: made once from its record, kept, and checked whenever they are read."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Count, QuerySet

from ledger.errors import FileDamaged, FormNotOffered, NotFound
from ledger.files.statement import CONTENT_TYPES, render
from ledger.models import Statement, StatementFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBytes:
    """One file, ready to be sent."""

    name: str
    content_type: str
    content: bytes
    sha256: str


def statement_file_get(
    *, statement: Statement, format: str, actor: Any, now: datetime
) -> FileBytes:
    """The file of this form; made and kept the first time it is asked for, then never again.

    Raises
    ------
    FormNotOffered
    FileDamaged
        If the bytes kept are not those that were made.
    """
    if format not in CONTENT_TYPES:
        raise FormNotOffered(format=format)
    row = StatementFile.objects.filter(statement=statement, format=format).first()
    content = _make(statement, format, actor, now) if row is None else _read(row)
    return FileBytes(
        name=f"{statement.number}-v{statement.version}.{format}",
        content_type=CONTENT_TYPES[format],
        content=content,
        sha256=sha256(content).hexdigest(),
    )


def statement_files_make(*, statement_ids: list[UUID], now: datetime) -> int:
    """Every form of every one of these statements is there; how many were made now."""
    made = 0
    for statement in Statement.objects.filter(id__in=statement_ids).order_by("id"):
        there = set(statement.files.values_list("format", flat=True))
        for format in CONTENT_TYPES.keys() - there:
            _make(statement, format, None, now)
            made += 1
    return made


def statements_left_behind(*, since: datetime) -> QuerySet[Statement]:
    """Statements issued before then that lack a file, unless a file was made since."""
    if StatementFile.objects.filter(rendered_at__gte=since).exists():
        return Statement.objects.none()  # workers are at it
    forms = Count("files")
    return Statement.objects.annotate(forms=forms).filter(
        issued_at__lt=since, forms__lt=len(CONTENT_TYPES)
    )


def statement_find(*, number: str, user: Any, version: int | None = None) -> Statement:
    """The statement of a number, its newest version unless one is named, if this user may see it.

    Raises
    ------
    NotFound
    """
    rows = Statement.objects.visible_to(user).filter(number=number).order_by("-version")
    if version is not None:
        rows = rows.filter(version=version)
    statement = rows.first()
    if statement is None:
        raise NotFound(number=number)
    return statement


def _make(statement: Statement, format: str, actor: Any, now: datetime) -> bytes:
    content = render(json.loads(statement.record), format)
    found = sha256(content).hexdigest()
    path = f"statements/{found[:2]}/{found}.{format}"
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(content))
    row = StatementFile(
        statement=statement,
        format=format,
        sha256=found,
        size_bytes=len(content),
        path=path,
        rendered_at=now,
        rendered_by=actor,
    )
    # Whoever was faster made the same bytes.
    StatementFile.objects.bulk_create([row], ignore_conflicts=True)
    return content


def _read(row: StatementFile) -> bytes:
    with default_storage.open(row.path) as file:
        content: bytes = file.read()
    if sha256(content).hexdigest() != row.sha256:
        raise FileDamaged(number=row.statement.number, format=row.format)
    return content

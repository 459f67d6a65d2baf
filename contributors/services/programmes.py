"""Programmes: drafted, opened with a frozen specification, closed."""

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from contributors import files
from contributors.errors import (
    InvalidField,
    NotFound,
    ProgrammeIncomplete,
    ProgrammeNotDraft,
    ProgrammeNotOpen,
)
from contributors.models import Licence, Programme, User, ValidationSet
from contributors.services.audit import audit_record, require_role

SPEC_VERSION = 1
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
TRANSFORMS = ("standardise",)
RULES = {"minimum", "maximum", "impute"}


@transaction.atomic
def licence_create(
    *, identifier: str, title: str, text: str, actor: User | None = None, now: datetime
) -> Licence:
    """The licence with exactly this text exists; the same text twice is the same licence."""
    require_role(actor, User.Role.REVIEWER, User.Role.ADMINISTRATOR)
    sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
    licence, created = Licence.objects.get_or_create(
        identifier=identifier,
        text_sha256=sha256,
        defaults={"title": title, "text": text, "created_at": now},
    )
    if created:
        audit_record("licence_created", licence, actor=actor, now=now)
    return licence


@transaction.atomic
def programme_create(
    *,
    slug: str,
    title: str,
    licence_id: uuid.UUID | str,
    currency: str,
    kind: str = "tabular",
    task: str = "classification",
    description: str = "",
    feature_columns: Sequence[str] = (),
    target_column: str = "",
    target_labels: Sequence[str] = (),
    identity_columns: Sequence[str] = (),
    sensitive_column: str | None = None,
    column_rules: dict[str, dict[str, float]] | None = None,
    model: str = "",
    model_options: dict[str, Any] | None = None,
    utility: str = "",
    transform: dict[str, Any] | None = None,
    duplicate_rule: str = "earliest",
    near_duplicate_cut: float = 0.5,
    preview_max: int = 3,
    actor: User | None,
    now: datetime,
) -> Programme:
    """A draft programme exists; its columns and labels make sense together."""
    require_role(actor, User.Role.REVIEWER)
    programme = Programme(
        slug=slug,
        title=title,
        description=description,
        kind=kind,
        task=task,
        feature_columns=list(feature_columns),
        target_column=target_column,
        target_labels=sorted(str(label) for label in target_labels),
        identity_columns=list(identity_columns),
        sensitive_column=sensitive_column or None,
        column_rules=column_rules or {},
        model=model,
        model_options=model_options or {},
        utility=utility,
        transform=transform or None,
        duplicate_rule=duplicate_rule,
        near_duplicate_cut=near_duplicate_cut,
        preview_max=preview_max,
        licence=found_licence(licence_id),
        currency=currency,
        created_by=actor,
        created_at=now,
    )
    if errors := [*field_errors(programme), *column_errors(programme)]:
        raise InvalidField(errors[0]["detail"], errors=errors)
    programme.save(force_insert=True)
    audit_record("programme_created", programme, actor=actor, now=now)
    return programme


def found_licence(licence_id: uuid.UUID | str) -> Licence:
    licence = Licence.objects.filter(pk=licence_id).first()
    if licence is None:
        raise NotFound("There is no such licence.")
    return licence


def field_errors(programme: Programme) -> list[dict[str, str]]:
    """Return what is wrong with single fields."""
    checks = {
        "slug": bool(SLUG.fullmatch(programme.slug)) and len(programme.slug) <= 50,
        "title": 0 < len(programme.title) <= 200,
        "kind": programme.kind in Programme.Kind.values,
        "task": programme.task in Programme.Task.values,
        "currency": bool(re.fullmatch(r"[A-Z]{3}", programme.currency)),
        "transform": programme.transform is None or programme.transform.get("kind") in TRANSFORMS,
        "duplicate_rule": programme.duplicate_rule in Programme.DuplicateRule.values,
        "near_duplicate_cut": 0 < programme.near_duplicate_cut <= 1,
        "preview_max": 0 <= programme.preview_max <= 100,
    }
    errors = [
        wrong(name, "This value is not possible here.") for name, ok in checks.items() if not ok
    ]
    if Programme.objects.filter(slug=programme.slug).exists():
        errors.append(wrong("slug", "Another programme has this slug."))
    return errors


def column_errors(programme: Programme) -> list[dict[str, str]]:
    """Return what is wrong with the columns, labels and task taken together."""
    text = programme.kind == Programme.Kind.TEXT
    if text != (programme.task == Programme.Task.ATTRIBUTION):
        return [wrong("task", "Language programmes attribute; tabular ones classify or regress.")]
    if text:
        return []
    features, errors = programme.feature_columns, []
    if not features or len(set(features)) < len(features):
        errors.append(wrong("feature_columns", "Name at least one feature, each once."))
    if not programme.target_column or programme.target_column in features:
        errors.append(wrong("target_column", "Name a target that is no feature."))
    labels = programme.target_labels
    classification = programme.task == Programme.Task.CLASSIFICATION
    if classification and (len(labels) < 2 or len(set(labels)) < len(labels)):
        errors.append(wrong("target_labels", "Name at least two labels, each once."))
    known = {*features, programme.target_column}
    for name, rules in programme.column_rules.items():
        numeric = all(isinstance(value, int | float) for value in rules.values())
        if name not in known or not numeric or set(rules) - RULES:
            errors.append(wrong("column_rules", f"The rules of {name} are not possible."))
    return errors


def wrong(field: str, sentence: str) -> dict[str, str]:
    return {"pointer": f"/{field}", "code": "invalid", "detail": sentence}


@transaction.atomic
def programme_open(
    *, programme_id: uuid.UUID | str, actor: User | None, now: datetime
) -> Programme:
    """The programme takes batches; all that a value depends on is frozen under a digest."""
    require_role(actor, User.Role.REVIEWER)
    programme = Programme.objects.select_for_update().filter(pk=programme_id).first()
    if programme is None:
        raise NotFound()
    if programme.status != Programme.Status.DRAFT:
        raise ProgrammeNotDraft()
    sets = {row.purpose: row for row in ValidationSet.objects.filter(programme=programme)}
    refuse_incomplete(programme, sets)
    programme.spec = spec_of(programme, sets)
    programme.spec_digest = spec_digest(programme.spec)
    programme.status = Programme.Status.OPEN
    programme.opened_at = now
    programme.save()
    audit_record("programme_opened", programme, actor=actor, now=now, spec=programme.spec_digest)
    return programme


def refuse_incomplete(programme: Programme, sets: dict[str, ValidationSet]) -> None:
    text = programme.kind == Programme.Kind.TEXT
    missing = [] if "validation" in sets else ["a validation set"]
    if text and "background" not in sets:
        missing.append("a background text")
    if not text and not (programme.model and programme.utility):
        missing.append("a model and a utility")
    if missing:
        raise ProgrammeIncomplete(f"The programme lacks {' and '.join(missing)}.")


def spec_of(programme: Programme, sets: dict[str, ValidationSet]) -> dict[str, Any]:
    """Return everything that a value depends on besides the batches."""
    return {
        "version": SPEC_VERSION,
        "kind": programme.kind,
        "task": programme.task,
        "feature_columns": programme.feature_columns,
        "target_column": programme.target_column,
        "target_labels": programme.target_labels,
        "identity_columns": programme.identity_columns,
        "sensitive_column": programme.sensitive_column,
        "column_rules": programme.column_rules,
        "model": programme.model,
        "model_options": programme.model_options,
        "utility": programme.utility,
        "transform": fitted(programme, sets["validation"]),
        "duplicate_rule": programme.duplicate_rule,
        "currency": programme.currency,
        "licence_text_sha256": programme.licence.text_sha256,
        **{f"{purpose}_sha256": row.content_sha256 for purpose, row in sorted(sets.items())},
    }


def spec_digest(spec: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON: sorted keys, no spaces, ASCII."""
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def fitted(programme: Programme, validation: ValidationSet) -> dict[str, Any] | None:
    """Return the transform with its numbers, fitted on the validation features alone."""
    if programme.transform is None:
        return None
    table = files.read_table(validation.data_name, columns=programme.feature_columns)
    x = np.column_stack([table[name].to_numpy() for name in programme.feature_columns])
    scale = x.std(axis=0)
    scale[scale == 0] = 1.0  # a constant column stays as it is
    return {"kind": "standardise", "mean": x.mean(axis=0).tolist(), "scale": scale.tolist()}


@transaction.atomic
def programme_close(
    *, programme_id: uuid.UUID | str, actor: User | None, now: datetime
) -> Programme:
    """The programme takes no batches any more; what it has stays valued."""
    require_role(actor, User.Role.REVIEWER)
    programme = Programme.objects.select_for_update().filter(pk=programme_id).first()
    if programme is None:
        raise NotFound()
    if programme.status != Programme.Status.OPEN:
        raise ProgrammeNotOpen()
    programme.status = Programme.Status.CLOSED
    programme.closed_at = now
    programme.save(update_fields=["status", "closed_at"])
    audit_record("programme_closed", programme, actor=actor, now=now)
    return programme

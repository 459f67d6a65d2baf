"""Programmes as records, and the schema that their rows must have."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contributors.core.schema import Column, Schema
from contributors.errors import NotFound
from contributors.models import Programme, User


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRecord:
    """All that valuation and money need to know of a programme."""

    id: uuid.UUID
    slug: str
    title: str
    description: str
    kind: str
    task: str
    feature_columns: tuple[str, ...]
    target_column: str
    target_labels: tuple[str, ...]
    identity_columns: tuple[str, ...]
    sensitive_column: str | None
    column_rules: dict[str, Any]
    model: str
    model_options: dict[str, Any]
    utility: str
    transform: dict[str, Any] | None
    duplicate_rule: str
    currency: str
    licence_id: uuid.UUID
    licence_identifier: str
    licence_title: str
    licence_text_sha256: str
    status: str
    opened_at: datetime | None
    spec: dict[str, Any] | None
    spec_digest: str


def programme_get(programme_id: uuid.UUID | str) -> ProgrammeRecord:
    """Return the programme. One query."""
    programme = Programme.objects.select_related("licence").filter(pk=programme_id).first()
    if programme is None:
        raise NotFound()
    return programme_record(programme)


def programme_list_for(user: User) -> tuple[ProgrammeRecord, ...]:
    """Return the programmes the user may see, the newest first. One query."""
    programmes = Programme.objects.visible_to(user).select_related("licence").order_by("-id")
    return tuple(programme_record(programme) for programme in programmes)


def programme_record(programme: Programme) -> ProgrammeRecord:
    licence = programme.licence
    return ProgrammeRecord(
        id=programme.id,
        slug=programme.slug,
        title=programme.title,
        description=programme.description,
        kind=programme.kind,
        task=programme.task,
        feature_columns=tuple(programme.feature_columns),
        target_column=programme.target_column,
        target_labels=tuple(programme.target_labels),
        identity_columns=tuple(programme.identity_columns),
        sensitive_column=programme.sensitive_column,
        column_rules=programme.column_rules,
        model=programme.model,
        model_options=programme.model_options,
        utility=programme.utility,
        transform=programme.spec["transform"] if programme.spec else programme.transform,
        duplicate_rule=programme.duplicate_rule,
        currency=programme.currency,
        licence_id=licence.id,
        licence_identifier=licence.identifier,
        licence_title=licence.title,
        licence_text_sha256=licence.text_sha256,
        status=programme.status,
        opened_at=programme.opened_at,
        spec=programme.spec,
        spec_digest=programme.spec_digest,
    )


def schema_of(programme: Programme | ProgrammeRecord) -> Schema:
    """Return the schema of a tabular programme: identity, features, sensitive, target."""
    features = list(programme.feature_columns)
    others = [*programme.identity_columns, programme.sensitive_column or ""]
    texts = [name for name in dict.fromkeys(others) if name and name not in features]
    texts = [name for name in texts if name != programme.target_column]
    columns = [Column(name=name, kind="text") for name in texts]
    columns += [number_column(name, programme.column_rules.get(name, {})) for name in features]
    columns.append(target_of(programme))
    return Schema(columns=tuple(columns), identity=tuple(programme.identity_columns))


def number_column(name: str, rules: dict[str, float]) -> Column:
    return Column(
        name=name,
        kind="number",
        minimum=rules.get("minimum"),
        maximum=rules.get("maximum"),
        impute=rules.get("impute"),
    )


def target_of(programme: Programme | ProgrammeRecord) -> Column:
    if programme.task == Programme.Task.REGRESSION:
        rules = programme.column_rules.get(programme.target_column, {})
        return number_column(
            programme.target_column, {k: v for k, v in rules.items() if k != "impute"}
        )
    labels = tuple(programme.target_labels)
    return Column(name=programme.target_column, kind="label", labels=labels)

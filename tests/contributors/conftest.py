"""A programme with held-out rows, and people who give data to it."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from contributors import services
from contributors.services.validation_sets import validation_set_register

NOW = datetime(2013, 10, 1, 12, tzinfo=UTC)
HEADER = "record,size,weight,late\n"


def table(*rows: str) -> io.BytesIO:
    """Return a CSV file of the programme's columns: table("r1,1,2,no", …)."""
    return io.BytesIO((HEADER + "".join(f"{row}\n" for row in rows)).encode())


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    local = "django.core.files.storage.FileSystemStorage"
    default = {"BACKEND": local, "OPTIONS": {"location": tmp_path / "media"}}
    settings.STORAGES = {**settings.STORAGES, "default": default}


@pytest.fixture
def licence(db: None) -> Any:
    return services.licence_create(
        identifier="CC0-1.0", title="CC0", text="No rights reserved.", actor=None, now=NOW
    )


@pytest.fixture
def draft(licence: Any) -> Callable[..., Any]:
    """Return a maker of draft programmes with a validation set of three rows."""

    def make(**fields: Any) -> Any:
        defaults = {
            "slug": "parcels",
            "title": "Parcels",
            "licence_id": licence.id,
            "currency": "EUR",
            "feature_columns": ["size", "weight"],
            "target_column": "late",
            "target_labels": ["yes", "no"],
            "identity_columns": ["record"],
            "model": "logistic-regression",
            "utility": "log-loss",
        }
        programme = services.programme_create(actor=None, now=NOW, **{**defaults, **fields})
        if programme.kind == "tabular":
            validation_set_register(
                programme_id=programme.id,
                purpose="validation",
                file=table("v1,1,10,no", "v2,2,20,yes", "v3,3,30,no"),
                actor=None,
                now=NOW,
            )
        return programme

    return make


@pytest.fixture
def programme(draft: Callable[..., Any]) -> Any:
    return services.programme_open(programme_id=draft().id, actor=None, now=NOW)


@pytest.fixture
def join(programme: Any) -> Callable[..., Any]:
    """Return a maker of contributors that consent: join("ann"), join("bob", user=…)."""

    def make(code: str, *, user: Any = None, to: Any = programme) -> Any:
        contributor = services.contributor_create(
            code=code, display_name=code.title(), user=user, actor=None, now=NOW
        )
        services.consent_give(
            contributor_id=contributor.id, programme_id=to.id, actor=None, now=NOW
        )
        return contributor

    return make


@pytest.fixture
def give(programme: Any) -> Callable[..., Any]:
    """Return a function that registers rows: give(ann, "r1,1,2,no") -> receipt."""

    def register(contributor: Any, *rows: str, to: Any = programme, **fields: Any) -> Any:
        return services.batch_register(
            programme_id=to.id,
            contributor_id=contributor.id,
            file=fields.pop("file", None) or table(*rows),
            **{"actor": None, "now": NOW, **fields},
        )

    return register

"""Provenance of a batch: the fields of the Data & Trust Alliance standard (1.0.0).

Three groups, Source, Provenance and Use. Every field is optional text (or a list of
texts) but none may be invented: what is missing is listed as missing.
"""

from typing import Any

FIELDS = {
    "source": {
        "dataset_title": "A name for the data.",
        "metadata_location": "Where these fields are published.",
        "issuer": "The legal person that issues the data.",
        "description": "What the data is.",
    },
    "provenance": {
        "source_metadata": "Where the metadata of the sources lies.",
        "source": "The data sets this one was made from.",
        "source_issuer": "Who issued those.",
        "data_origin_geography": "Where it was collected.",
        "issue_date": "When this data set was compiled, a date.",
        "previous_issue_date": "When the version before was compiled, a date.",
        "data_generation_period": "From when to when it was collected.",
        "method": "How it was collected.",
        "data_format": "In what form it is.",
    },
    "use": {
        "confidentiality_classification": "Personal, sensitive or neither.",
        "consents": "Where the consents of the people in it are kept.",
        "privacy_enhancing_technologies": "What was done to protect them.",
        "data_processing_geography_inclusion": "Where it may be processed.",
        "data_processing_geography_exclusion": "Where it may not be processed.",
        "data_storage_geography_inclusion": "Where it may be stored.",
        "data_storage_geography_exclusion": "Where it may not be stored.",
        "license_to_use": "The licence and where its text lies.",
        "intended_data_use": "What it may be used for.",
        "copyright": "Copyright claimed in it.",
        "patent": "Patents that bear on it.",
        "trademark": "Trademarks in it.",
    },
}
VALUE_CHARACTERS_MAX = 2_000
LIST_ITEMS_MAX = 100


def provenance_errors(provenance: dict[str, Any]) -> list[dict[str, str]]:
    """Return what is wrong, as problem-detail pointers; an empty record is fine."""
    errors = []
    for group, fields in provenance.items():
        if group not in FIELDS or not isinstance(fields, dict):
            errors.append(error(f"/provenance/{group}", "There is no such group of fields."))
            continue
        for name, value in fields.items():
            if name not in FIELDS[group]:
                errors.append(error(f"/provenance/{group}/{name}", "There is no such field."))
            elif not is_text(value):
                errors.append(error(f"/provenance/{group}/{name}", "Give text, or a list of it."))
    return errors


def error(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer[:200], "code": "invalid", "detail": detail}


def is_text(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= LIST_ITEMS_MAX and all(isinstance(v, str) for v in value)
    return isinstance(value, str) and len(value) <= VALUE_CHARACTERS_MAX


def missing_fields(provenance: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of all fields without a value, group by group.

    >>> len(missing_fields({}))
    25
    """
    return tuple(
        f"{group}.{name}"
        for group, fields in FIELDS.items()
        for name in fields
        if not provenance.get(group, {}).get(name)
    )

"""Croissant 1.0: a batch described as JSON-LD, and provenance read from such a file."""

import json
from collections.abc import Sequence
from typing import Any

from contributors.core.schema import Column
from contributors.errors import InvalidField

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
MEDIA = {
    "csv": "text/csv",
    "jsonl": "application/jsonlines",
    "parquet": "application/x-parquet",
    "text": "text/plain",
}
TYPES = {"number": "sc:Float", "text": "sc:Text", "label": "sc:Text"}
# Croissant's own words for fields of the provenance standard.
SAME = {
    ("source", "dataset_title"): "name",
    ("source", "description"): "description",
    ("source", "issuer"): "creator",
    ("source", "metadata_location"): "url",
    ("provenance", "issue_date"): "datePublished",
    ("provenance", "method"): "rai:dataCollection",
    ("provenance", "data_generation_period"): "temporalCoverage",
    ("provenance", "data_origin_geography"): "spatialCoverage",
    ("use", "license_to_use"): "license",
    ("use", "copyright"): "copyrightNotice",
    ("use", "confidentiality_classification"): "rai:personalSensitiveInformation",
    ("use", "intended_data_use"): "rai:dataUseCases",
}
DOCUMENT_BYTES_MAX = 1024 * 1024


def describe(
    *,
    batch_id: str,
    title: str,
    description: str,
    licence: str,
    contributor: str,
    received_on: str,
    file_sha256: str,
    file_format: str,
    byte_count: int,
    columns: Sequence[Column],
    provenance: dict[str, Any],
) -> dict[str, Any]:
    """Return the description; it names columns and digests and holds no row."""
    plain = file_format.removesuffix(".gz")
    document = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": title,
        "description": description,
        "license": f"https://spdx.org/licenses/{licence}.html",
        "url": f"urn:uuid:{batch_id}",
        "identifier": batch_id,
        "version": "1.0.0",
        "datePublished": received_on,
        "citeAs": f"{contributor}: {title} ({received_on}), batch {batch_id}",
        "creator": {"@type": "sc:Organization", "name": contributor},
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "file",
                "name": "file",
                "contentUrl": f"{file_sha256}.{file_format}",
                "contentSize": f"{byte_count} B",
                "encodingFormat": MEDIA[plain],
                "sha256": file_sha256,
            }
        ],
        **{
            word: provenance[group][name]
            for (group, name), word in SAME.items()
            if word.startswith("rai:") and provenance.get(group, {}).get(name)
        },
    }
    return {**document, "recordSet": [record_set(columns)]} if columns else document


def record_set(columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"rows/{column.name}",
                "name": column.name,
                "dataType": TYPES[column.kind],
                "source": {"fileObject": {"@id": "file"}, "extract": {"column": column.name}},
            }
            for column in columns
        ],
    }


def provenance_of(document: bytes) -> dict[str, Any]:
    """Return the provenance fields that a Croissant file holds; it invents none.

    >>> provenance_of(b'{"@type": "sc:Dataset", "name": "Flights"}')
    {'source': {'dataset_title': 'Flights'}}
    """
    found: dict[str, Any] = {}
    record = read(document)
    for (group, name), word in SAME.items():
        for key in (word, f"sc:{word}", f"https://schema.org/{word}"):
            if text := text_of(record.get(key)):
                found.setdefault(group, {})[name] = text
                break
    return found


def with_provenance_of(document: bytes, given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that were given, and those of a Croissant file where none was.

    >>> with_provenance_of(b'{"@type": "sc:Dataset", "name": "A"}', {"use": {"patent": "none"}})
    {'source': {'dataset_title': 'A'}, 'use': {'patent': 'none'}}
    """
    found = provenance_of(document)
    for group, fields in given.items():
        known = found.get(group, {}) if isinstance(fields, dict) else {}
        found[group] = {**known, **fields} if isinstance(fields, dict) else fields
    return found


def read(document: bytes) -> dict[str, Any]:
    try:
        record = json.loads(document) if len(document) <= DOCUMENT_BYTES_MAX else None
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or "Dataset" not in str(record.get("@type", "")):
        raise InvalidField("This is not a Croissant description of a data set.")
    return record


def text_of(value: Any) -> str:
    """Return a value's text: itself, its name, or the texts of a list."""
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value") or value.get("@id") or ""
    if isinstance(value, list):
        value = ", ".join(text for text in map(text_of, value[:100]) if text)
    return value[:2000] if isinstance(value, str) else ""

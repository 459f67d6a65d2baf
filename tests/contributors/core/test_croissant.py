import json

import mlcroissant
import pytest

from contributors.core.croissant import describe, provenance_of
from contributors.core.provenance import FIELDS, missing_fields, provenance_errors
from contributors.core.schema import Column
from contributors.errors import InvalidField

PROVENANCE = {
    "source": {"dataset_title": "Parcels", "issuer": "Ann Ltd"},
    "use": {"intended_data_use": "training"},
}
DOCUMENT = describe(
    batch_id="018f3c1e-0000-7000-8000-000000000000",
    title="Parcels: batch of ann",
    description="Parcels and whether they came late.",
    licence="CC0-1.0",
    contributor="ann",
    received_on="2013-10-01",
    file_sha256="0" * 64,
    file_format="csv",
    byte_count=100,
    columns=(Column(name="size", kind="number"), Column(name="late", kind="label", labels=("no",))),
    provenance=PROVENANCE,
)


@pytest.mark.filterwarnings("ignore")
def test_the_description_of_a_batch_is_valid_croissant(tmp_path):
    path = tmp_path / "batch.json"
    path.write_text(json.dumps(DOCUMENT))
    data_set = mlcroissant.Dataset(jsonld=path)
    assert list(data_set.metadata.ctx.issues.errors) == []
    assert data_set.metadata.name == "Parcels: batch of ann"
    assert [field.name for field in data_set.metadata.record_sets[0].fields] == ["size", "late"]


def test_provenance_is_read_from_a_description_and_none_is_invented():
    found = provenance_of(json.dumps(DOCUMENT).encode())
    assert found["source"] == {
        "dataset_title": "Parcels: batch of ann",
        "description": "Parcels and whether they came late.",
        "issuer": "ann",
        "metadata_location": "urn:uuid:018f3c1e-0000-7000-8000-000000000000",
    }
    assert provenance_errors(found) == []
    assert "use.patent" in missing_fields(found)


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"@type": "sc:Person"}']
)
def test_what_is_no_description_is_refused(document):
    with pytest.raises(InvalidField):
        provenance_of(document)


@pytest.mark.parametrize(
    "provenance",
    [{"taste": {}}, {"source": {"colour": "red"}}, {"source": {"issuer": 5}}, {"source": []}],
)
def test_provenance_outside_the_standard_is_refused(provenance):
    assert provenance_errors(provenance)


def test_the_standard_has_its_fields_in_three_groups():
    assert list(FIELDS) == ["source", "provenance", "use"]
    assert sum(map(len, FIELDS.values())) == len(missing_fields({}))

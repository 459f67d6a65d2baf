"""The hostile corpus: every file is refused with its code or read right; nothing half-stored."""

import io
import tracemalloc

import pytest
from django.core.files.storage import default_storage

from contributors.errors import Refusal
from contributors.models import Batch, RowIssue
from tests.contributors.hostile.make import CORPUS

ROWS = {"good.csv": 2, "cr.csv": 2, "bom-utf16.csv": 1, "sixty-million.parquet": 0}


def stored_files(folder: str = "") -> list[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return files + [
        name for each in folders for name in stored_files(f"{folder}/{each}".strip("/"))
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name)
def test_a_hostile_file_is_refused_with_its_code_or_read_right(hostile, join, give):
    ann = join("ann")
    before = stored_files()
    try:
        receipt = give(ann, file=io.BytesIO(hostile.make()), checked_at_once_bytes_max=10**9)
    except Refusal as refusal:
        outcome = refusal.code
        assert refusal.sentence and refusal.remedy
    else:
        outcome = receipt.state
        assert receipt.row_count == ROWS.get(hostile.name, receipt.row_count) > 0
    assert outcome == hostile.outcome
    if outcome != "accepted":
        assert (Batch.objects.count(), RowIssue.objects.count()) == (0, 0)
        assert stored_files() == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["bomb.csv.gz", "plain-dictionary-bomb.parquet"])
def test_a_bomb_is_refused_before_it_fills_the_memory(name, join, give):
    data = next(hostile for hostile in CORPUS if hostile.name == name).make()
    ann = join("ann")
    tracemalloc.start()
    with pytest.raises(Refusal):
        give(ann, file=io.BytesIO(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200 * 2**20

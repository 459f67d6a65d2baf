"""Uploads in parts cost the server little, whoever begins them, and however many."""

from datetime import timedelta

import pytest

from contributors import errors
from contributors.services.uploads import missing_parts, upload_begin
from tests.contributors.conftest import NOW


@pytest.fixture
def begin(programme, join):
    ann = join("ann")

    def make(**fields):
        defaults = {"byte_count": 10, "actor": None, "now": NOW}
        return upload_begin(
            programme_id=programme.id, contributor_id=ann.id, **{**defaults, **fields}
        )

    return make


def test_an_upload_in_more_than_ten_thousand_parts_is_refused(begin):
    with pytest.raises(errors.InvalidField, match="10,000 parts"):
        begin(byte_count=10_001, part_bytes=1)
    begin(byte_count=10_000, part_bytes=1)


def test_the_first_thousand_missing_parts_are_told(begin):
    upload = begin(byte_count=10_000, part_bytes=1)
    assert missing_parts(upload) == list(range(1000))


def test_twenty_uploads_wait_at_once_and_those_of_yesterday_block_nobody(begin):
    for _ in range(20):
        begin()
    with pytest.raises(errors.TooManyUploads):
        begin()
    begin(now=NOW + timedelta(days=1))

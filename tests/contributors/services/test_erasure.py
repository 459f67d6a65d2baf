"""After an erasure no table and no file holds a value of the person's data."""

import io

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from contributors import errors, services
from contributors.models import Batch, ContributorProfile, IdempotentRequest
from contributors.services.erasure import batch_erase, contributor_erase, erased_data_admit
from contributors.services.people import profile_update
from tests.contributors.conftest import NOW, table

ROWS = ("secretrecord77,31.4159,27.1828,no", "secretrecord78,abc,1,no", "r9,1,2,yes")
VALUES = ("secretrecord77", "31.4159", "27.1828", "secretrecord78", "secretname")


def everything() -> bytes:
    """Every row of every table as text, and every stored file as bytes."""
    pieces = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            pieces.append(repr(cursor.fetchall()).encode())
    return b"\n".join(pieces) + stored("")


def stored(folder: str) -> bytes:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return b""
    names = [f"{folder}/{name}".strip("/") for name in files]
    below = [stored(f"{folder}/{each}".strip("/")) for each in folders]
    return b"".join([*map(content, names), *below])


def content(name: str) -> bytes:
    with default_storage.open(name) as file:
        return file.read()


@pytest.mark.django_db(transaction=True)
def test_after_an_erasure_no_table_and_no_file_holds_a_value(join, give, make_user):
    user = make_user("secretname")
    ann = join("ann", user=user)
    receipt = give(ann, *ROWS, invalid_rows="leave_out", file_label="secretname.csv")
    profile_update(contributor_id=ann.id, actor=user, now=NOW, legal_name="secretname")
    IdempotentRequest.objects.create(
        user=user,
        key="k",
        method="POST",
        path="/",
        request_sha256="0" * 64,
        state="done",
        status_code=422,
        response_body=b"secretrecord78",
    )
    there = everything()
    assert b"secretrecord78" in there and b"secretname" in there
    contributor_erase(contributor_id=ann.id, actor=user, now=NOW)
    left = everything()
    assert [value for value in VALUES if value.encode() in left] == []
    batch = Batch.objects.get(pk=receipt.id)
    assert (batch.state, batch.file_sha256) == ("erased", receipt.file_sha256)
    assert (batch.accepted_count, batch.content_sha256) == (2, receipt.content_sha256)
    assert not ContributorProfile.objects.exists()


@pytest.mark.django_db
def test_erased_data_is_recognised_in_any_format_until_a_reviewer_admits_it(programme, join, give):
    ann, bob = join("ann"), join("bob")
    receipt = give(ann, "r1,1,2,no")
    batch_erase(batch_id=receipt.id, actor=None, now=NOW)
    for contributor in (ann, bob):
        with pytest.raises(errors.ErasedBefore):
            give(contributor, "r1,1,2,no")
    with pytest.raises(errors.ErasedBefore):
        give(ann, file=io.BytesIO(table("r1,1.0,2.0,no").getvalue()))
    for content in (receipt.file_sha256, receipt.content_sha256):
        assert erased_data_admit(
            programme_id=programme.id, content_sha256=content, actor=None, now=NOW
        )
    assert give(ann, "r1,1,2,no").state == "accepted"


@pytest.mark.django_db
def test_a_batch_can_be_erased_twice_and_by_its_owner_alone(join, give, make_user):
    ann, bob = make_user("ann"), make_user("bob")
    receipt = give(join("ann", user=ann), "r1,1,2,no")
    with pytest.raises(errors.NotFound):
        batch_erase(batch_id=receipt.id, actor=bob, now=NOW)
    for _ in range(2):
        assert batch_erase(batch_id=receipt.id, actor=ann, now=NOW).state == "erased"


@pytest.mark.django_db(transaction=True)
def test_a_rejected_batch_leaves_nothing_when_erased(join, give):
    receipt = give(join("ann"), *ROWS, checked_at_once_bytes_max=0)
    services.batch_check(batch_id=receipt.id, now=NOW)
    assert b"secretrecord78" not in stored("")
    batch_erase(batch_id=receipt.id, actor=None, now=NOW)
    assert b"abc" not in DjangoJSONEncoder().encode(list(Batch.objects.values())).encode()

"""From a file to a batch in the browser: what may be pressed is what can help."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contributors.models import Consent, Upload
from tests.contributors.conftest import table

pytestmark = pytest.mark.django_db
LEAVE_OUT = {"invalid_rows": "leave_out"}


@pytest.fixture
def ann(make_user: Any, join: Any) -> Any:
    user = make_user("ann")
    join("ann", user=user)
    return user


@pytest.fixture
def held(ann: Any, programme: Any) -> Any:
    """Return a function that uploads a file and follows to the page that confirms it."""
    client = Client()
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")

    def upload(content: bytes) -> tuple[Any, str]:
        file = SimpleUploadedFile("ann.csv", content)
        answer = client.post(f"/programmes/{programme.id}/upload/", {"file": file})
        return client, answer["Location"]

    return upload


def test_who_has_not_consented_is_sent_to_the_licence_before_choosing_a_file(
    ann: Any, held: Any, programme: Any
) -> None:
    Consent.objects.all().delete()
    _, address = held(table("r1,1,2,no").getvalue())
    assert address == f"/programmes/{programme.id}/#licence"
    assert not Upload.objects.exists()


def test_a_missing_column_is_told_once_and_no_button_promises_to_leave_it_out(held: Any) -> None:
    client, address = held(b"record,size\nr1,1\n")
    for page in (client.get(address), client.post(address, LEAVE_OUT)):
        text = page.content.decode()
        assert "to correct" not in text
        assert "leave those rows out" not in text
        assert "Register the batch" not in text
        assert "Choose another file" in text
        assert "weight" in text


def test_rows_that_are_wrong_are_listed_with_the_choice_to_leave_them_out(held: Any) -> None:
    client, address = held(table("r1,x,2,no", "r2,1,2,yes").getvalue())
    text = client.post(address, {"invalid_rows": "refuse"}).content.decode()
    assert "This is not a number." in text
    assert "choose below to leave these rows out" in text
    assert client.post(address, LEAVE_OUT).status_code == 302

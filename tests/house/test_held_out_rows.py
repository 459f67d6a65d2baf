"""No answer, log line or export holds a row of the validation or the sealed set."""

import logging
import re
from io import BytesIO

import pytest
from django.test import Client

from tests.faults.scenario import rows_of
from tests.house.test_isolation import addresses
from tests.house.world import World, build

# An identity of the held-out rows of `tests.faults.scenario`, and no part of a UUID.
HELD_OUT = re.compile(rb"(?<![0-9A-Za-z-])100[12]-\d{1,3}(?![0-9A-Za-z-])")
FORMS = ("", "?export=csv", "?export=json")


@pytest.fixture
def world(make_user, run_queue) -> World:
    return build(make_user, run_queue)


def body(answer) -> bytes:
    return b"".join(answer) if answer.streaming else answer.content


@pytest.mark.django_db
def test_no_answer_export_or_log_line_holds_a_held_out_row(world: World, caplog):
    caplog.set_level(logging.DEBUG)
    assert HELD_OUT.search(rows_of(1001, 3)), "the pattern would see one"
    staff = world.staff
    people = [world.bob, staff.reviewer, staff.approver, staff.auditor, staff.administrator]
    told, seen = [], 0
    for person in people:
        client = Client(raise_request_exception=False)
        client.force_login(person)
        for address in addresses(world):
            for form in FORMS if address.path.startswith("/api/") else FORMS[:1]:
                answer = client.get(address.path + form)
                seen += answer.status_code == 200
                if HELD_OUT.search(body(answer)):
                    told.append(f"{person.role}: {address.path}{form}")
    assert not told, "\n".join(told)
    assert seen > 200
    assert not HELD_OUT.search(caplog.text.encode())


@pytest.mark.django_db
def test_whoever_sends_held_out_rows_is_told_a_count_and_a_bad_held_out_row_is_not_quoted(
    world: World, caplog
):
    caplog.set_level(logging.DEBUG)
    client, programme = Client(raise_request_exception=False), world.bobs["programme"]
    client.force_login(world.bob)
    caught = client.post(
        "/api/v1/batches/", {"programme": programme, "file": named(rows_of(1001, 50))}
    )
    assert (caught.status_code, caught.json()["code"]) == (422, "overlaps_validation")
    client.force_login(world.staff.reviewer)
    spoilt = rows_of(1002, 50).replace(b",yes\n", b",perhaps\n")
    held = client.post(
        f"/api/v1/programmes/{programme}/validation-sets/",
        {"purpose": "validation", "file": named(spoilt)},
    )
    assert 400 <= held.status_code < 500
    for text in (caught.content, held.content, caplog.text.encode()):
        assert not HELD_OUT.search(text) and b"perhaps" not in text


def named(data: bytes) -> BytesIO:
    file = BytesIO(data)
    file.name = "rows.csv"
    return file

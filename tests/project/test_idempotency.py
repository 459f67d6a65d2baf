"""A POST that is sent again gets its first answer, and does nothing twice."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.urls import path
from django.utils import timezone
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.test import APIClient

from contributors.errors import Refusal
from contributors.models import IdempotentRequest


class Refused(Refusal):
    """The name is taken.

    Choose another.
    """


@api_view(["POST"])
def groups(request: HttpRequest) -> Response:
    """Make a group; a stand-in for any creating POST."""
    name = request.data.get("name", "")
    if "file" in request.FILES:
        name = request.FILES["file"].read().decode()
    group = Group.objects.create(name=name + str(Group.objects.count()))
    if name == "taken":
        group.delete()
        raise Refused
    if name == "broken":
        raise ZeroDivisionError
    return Response({"id": group.pk}, status=201, headers={"Location": f"/groups/{group.pk}"})


urlpatterns = [path("api/v1/groups/", groups), path("api/v1/others/", groups)]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def ann(make_user):
    return make_user("ann")


@pytest.fixture
def client(ann, api) -> APIClient:
    made = api(ann)
    made.raise_request_exception = False
    return made


def post(client: APIClient, key: str, name: str = "a", to: str = "groups"):
    return client.post(f"/api/v1/{to}/", {"name": name}, headers={"Idempotency-Key": key})


def test_a_repeat_gets_the_first_answer_and_does_nothing(client):
    first, second = post(client, "k1"), post(client, "k1")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert second["Location"] == first["Location"]
    assert "Idempotent-Replayed" not in first
    assert Group.objects.count() == 1


def test_another_key_is_another_request(client):
    assert post(client, "k1").json() != post(client, "k2").json()


def test_without_a_key_every_post_counts(client):
    for _ in range(2):
        client.post("/api/v1/groups/", {"name": "a"})
    assert Group.objects.count() == 2


def test_the_key_with_another_body_is_refused(client):
    post(client, "k1", "a")
    answer = post(client, "k1", "b")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert Group.objects.count() == 1


def test_the_key_at_another_address_is_refused(client):
    post(client, "k1")
    answer = post(client, "k1", to="others")
    assert answer.json()["code"] == "idempotency_key_reused"


def test_two_users_may_use_the_same_key(client, api, make_user):
    other = api(make_user("bob"))
    assert post(client, "k1").json() != post(other, "k1").json()


def test_a_refusal_is_remembered_too(client):
    first, second = post(client, "k1", "taken"), post(client, "k1", "taken")
    assert first.status_code == second.status_code == 422
    assert second["Idempotent-Replayed"] == "true"
    assert second["Content-Type"] == "application/problem+json"


def test_a_failure_of_ours_is_rolled_back_and_may_be_tried_again(client):
    assert post(client, "k1", "broken").status_code == 500
    assert Group.objects.count() == 0
    assert not IdempotentRequest.objects.exists()
    assert post(client, "k1", "broken").status_code == 500


def in_flight(ann, client) -> IdempotentRequest:
    post(client, "k1")
    Group.objects.all().delete()
    row = IdempotentRequest.objects.get(user=ann)
    row.state, row.status_code = IdempotentRequest.State.IN_FLIGHT, None
    row.save()
    return row


def test_a_request_under_way_is_a_conflict(ann, client):
    in_flight(ann, client)
    answer = post(client, "k1")
    assert (answer.status_code, answer.json()["code"]) == (409, "request_in_flight")
    assert Group.objects.count() == 0


def test_a_request_whose_server_died_may_be_sent_again(ann, client):
    row = in_flight(ann, client)
    IdempotentRequest.objects.filter(pk=row.pk).update(
        created_at=timezone.now() - timedelta(minutes=6)
    )
    assert post(client, "k1").status_code == 201
    assert Group.objects.count() == 1


def test_an_upload_is_compared_by_content_and_reaches_its_view_whole(client):
    def upload(content: bytes):
        file = SimpleUploadedFile("a.csv", content)
        headers = {"Idempotency-Key": "k1"}
        return client.post("/api/v1/groups/", {"file": file}, format="multipart", headers=headers)

    first = upload(b"rows")
    assert first.status_code == 201
    assert Group.objects.get().name == "rows0"
    assert upload(b"rows").json() == first.json()
    assert upload(b"rowz").json()["code"] == "idempotency_key_reused"


def test_whoever_is_not_logged_in_leaves_no_row(api):
    assert post(api(), "k1").status_code == 401
    assert not IdempotentRequest.objects.exists()


@pytest.mark.parametrize("key", ["x" * 201, "tab\there"])
def test_an_unfit_key_is_refused(client, key):
    answer = post(client, key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_unfit")

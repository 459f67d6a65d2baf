"""Who may do what: another's object is 404 at every address, scopes and roles hold."""

import io
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver

from contributors.models import AuditEvent, Batch, IdempotentRequest
from contributors.services.uploads import upload_begin
from tests.contributors.conftest import NOW, table

pytestmark = pytest.mark.django_db
UUID_PART = re.compile(r"\(\?P<pk>[^)]*\)|<uuid:pk>|<pk>")


def upload(*rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("rows.csv", table(*rows).getvalue(), content_type="text/csv")


@pytest.fixture
def ann(make_user, join) -> Any:
    user = make_user("ann")
    join("ann", user=user)
    return user


@pytest.fixture
def bob(make_user, join) -> Any:
    user = make_user("bob")
    join("bob", user=user)
    return user


def detail_addresses() -> list[str]:
    """Every address of this app's API that names an object."""
    import contributors.api_urls

    found = []
    for pattern in contributors.api_urls.urlpatterns:
        route = str(pattern.pattern).strip("^$").removesuffix(r"\Z")
        if UUID_PART.search(route):
            found.append("/api/v1/" + UUID_PART.sub("{pk}", route).replace("/?", "/"))
    return sorted(set(found))


def test_every_address_of_a_contributors_object_is_404_for_another(ann, bob, api, programme, give):
    receipt = give(ann.contributor, "r1,1,2,no", actor=ann)
    begun = upload_begin(
        programme_id=programme.id,
        contributor_id=ann.contributor.id,
        byte_count=5,
        actor=ann,
        now=NOW,
    )
    objects = {
        "batches": receipt.id,
        "consents": receipt.consent_id,
        "uploads": begun.id,
        "contributors": ann.contributor.id,
    }
    client, seen = api(bob), 0
    for address in detail_addresses():
        noun = address.split("/")[3]
        if noun not in objects:
            continue
        path = re.sub(r"\(\?P<number>[^)]*\)", "0", address.replace("{pk}", str(objects[noun])))
        answers = [
            client.get(path),
            client.post(path, {"reason": "x"}),
            client.put(path, b"x", content_type="application/octet-stream"),
        ]
        codes = {answer.status_code for answer in answers}
        assert codes <= {404, 405, 415}, (path, codes)
        assert 404 in codes, path
        seen += 1
    assert seen >= 9
    assert Batch.objects.get().state == "accepted"


def test_lists_show_ones_own_alone(ann, bob, api, give):
    give(ann.contributor, "r1,1,2,no", actor=ann)
    for noun in ("batches", "consents", "contributors", "tokens", "owner-links"):
        answer = api(bob).get(f"/api/v1/{noun}/")
        assert answer.status_code == 200
        assert str(ann.contributor.id) not in answer.content.decode()


def test_a_batch_is_registered_read_and_withdrawn_over_http(ann, api, programme):
    client = api(ann)
    made = client.post(
        "/api/v1/batches/",
        {"programme": str(programme.id), "file": upload("r1,1,2,no", "r2,1,2,yes")},
        format="multipart",
    )
    assert made.status_code == 201, made.content
    receipt = made.json()
    assert (receipt["accepted_count"], receipt["state"]) == (2, "accepted")
    again = client.post(
        "/api/v1/batches/",
        {"programme": str(programme.id), "file": upload("r1,1,2,no", "r2,1,2,yes")},
        format="multipart",
    )
    assert (again.status_code, again.json()["id"]) == (200, receipt["id"])
    address = f"/api/v1/batches/{receipt['id']}/"
    preview = client.get(f"{address}withdrawal-preview/").json()
    assert (preview["rows_leaving"], preview["rows_left"]) == (2, 0)
    assert client.post(f"{address}withdrawal/").json()["state"] == "withdrawn"
    assert client.post(f"{address}erasure/").json()["state"] == "erased"


def test_provenance_comes_from_a_croissant_file_and_what_is_missing_is_listed(ann, api, programme):
    described = {"@type": "sc:Dataset", "name": "Parcels", "description": "Of one week."}
    given = {"source": {"description": "Of two weeks."}}
    receipt = (
        api(ann)
        .post(
            "/api/v1/batches/",
            {
                "programme": str(programme.id),
                "file": upload("r1,1,2,no"),
                "croissant": json.dumps(described),
                "provenance": json.dumps(given),
            },
            format="multipart",
        )
        .json()
    )
    assert receipt["provenance"]["source"]["dataset_title"] == "Parcels"
    assert receipt["provenance"]["source"]["description"] == "Of two weeks."
    assert "source.issuer" in receipt["provenance_missing"]
    assert "source.dataset_title" not in receipt["provenance_missing"]


@pytest.mark.parametrize("wrong", ["[]", '{"@type": "sc:Person"}', "7"])
def test_what_is_no_croissant_file_is_refused(ann, api, programme, wrong):
    answer = api(ann).post(
        "/api/v1/batches/",
        {"programme": str(programme.id), "file": upload("r1,1,2,no"), "croissant": wrong},
        format="multipart",
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_field")


def test_the_page_takes_a_croissant_file_and_shows_what_is_missing(ann, client, programme):
    client.force_login(ann)
    begun = client.post(f"/programmes/{programme.id}/upload/", {"file": upload("r1,1,2,no")})
    described = io.BytesIO(b'{"@type": "sc:Dataset", "name": "Parcels of June"}')
    described.name = "croissant.json"
    wishes = {"invalid_rows": "refuse", "croissant": described}
    page = client.post(begun["Location"], wishes, follow=True).content.decode()
    assert "Parcels of June" in page and "Missing: source.metadata location" in page


def test_a_refused_file_names_every_error(ann, api, programme):
    answer = api(ann).post(
        "/api/v1/batches/",
        {"programme": str(programme.id), "file": upload("r1,x,2,no", "r2,1,2,maybe")},
        format="multipart",
    )
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "invalid_rows")
    assert [(e["line"], e["column"], e["code"]) for e in body["errors"]] == [
        (2, "size", "not_a_number"),
        (3, "late", "unknown_label"),
    ]


def test_a_file_in_parts_resumes_and_becomes_a_batch(ann, api, programme):
    client, data = api(ann), table("r1,1,2,no", "r2,1,2,yes").getvalue()
    begun = client.post(
        "/api/v1/uploads/",
        {"programme": str(programme.id), "byte_count": len(data), "part_bytes": 20},
    ).json()
    address = f"/api/v1/uploads/{begun['id']}/"
    parts = [data[start : start + 20] for start in range(0, len(data), 20)]
    for number in (1, 0):
        client.put(
            f"{address}parts/{number}/", parts[number], content_type="application/octet-stream"
        )
    assert client.post(f"{address}completion/", {}).status_code == 409
    assert client.get(address).json()["missing_parts"] == list(range(2, len(parts)))
    for number in range(2, len(parts)):
        client.put(
            f"{address}parts/{number}/", parts[number], content_type="application/octet-stream"
        )
    done = client.post(f"{address}completion/", {})
    assert (done.status_code, done.json()["accepted_count"]) == (201, 2)
    assert client.post(f"{address}completion/", {}).json()["id"] == done.json()["id"]


def test_an_upload_of_validation_rows_is_in_the_audit_log_though_nothing_is_stored(
    ann, api, programme
):
    client, data = api(ann), table("v1,1,10,no", "r2,1,2,yes").getvalue()
    begun = client.post(
        "/api/v1/uploads/", {"programme": str(programme.id), "byte_count": len(data)}
    ).json()
    address = f"/api/v1/uploads/{begun['id']}/"
    client.put(f"{address}parts/0/", data, content_type="application/octet-stream")
    assert client.post(f"{address}completion/", {}).json()["code"] == "overlaps_validation"
    event = AuditEvent.objects.get(action="overlap_refused")
    assert (event.actor, event.object_id) == (ann, str(programme.id))
    assert not Batch.objects.exists()


def test_a_token_does_what_its_scopes_say(ann, api, programme):
    made = api(ann).post("/api/v1/tokens/", {"name": "reader", "scopes": ["read"]})
    assert made.status_code == 201, made.content
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {made.json()['token']}")
    assert client.get("/api/v1/batches/").status_code == 200
    refused = client.post("/api/v1/consents/", {"programme": str(programme.id)})
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert refused.json()["detail"] == "The token lacks the scope “batches” or “write”."
    listed = api(ann).get("/api/v1/tokens/").json()["results"]
    assert [token["name"] for token in listed] == ["reader"]
    assert made.json()["token"] not in str(listed)
    assert api(ann).delete(f"/api/v1/tokens/{made.json()['id']}/").status_code == 204
    assert client.get("/api/v1/batches/").status_code == 401


def test_a_token_makes_none_that_may_do_more_or_lives_longer(ann, api):
    made = api(ann).post("/api/v1/tokens/", {"scopes": ["tokens", "read"], "lifetime_days": 2})
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Token {made.json()['token']}")
    refused = client.post("/api/v1/tokens/", {"scopes": ["read", "write"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "scope_beyond_token")
    less = client.post("/api/v1/tokens/", {"scopes": ["read"], "lifetime_days": 365})
    assert less.status_code == 201
    assert less.json()["expires_at"] == made.json()["expires_at"]


def test_a_token_is_not_stored_with_the_answer_that_shows_it(ann, api):
    client = api(ann)
    first, again = (
        client.post("/api/v1/tokens/", {"scopes": ["read"]}, HTTP_IDEMPOTENCY_KEY="k1")
        for _ in range(2)
    )
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == {**first.json(), "token": None}
    stored = bytes(IdempotentRequest.objects.get().response_body)
    assert first.json()["token"].encode() not in stored


def test_a_first_token_is_made_with_email_and_password(ann, api):
    import base64

    client = api()
    pair = base64.b64encode(b"ann@example.org:correct horse battery").decode()
    client.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
    made = client.post("/api/v1/tokens/", {})
    assert made.status_code == 201, made.content
    assert client.get("/api/v1/batches/").status_code == 401


def test_a_reviewer_makes_and_opens_a_programme_over_http(reviewer, api, ann):
    client = api(reviewer)
    licence = client.post(
        "/api/v1/licences/", {"identifier": "CC-BY-4.0", "title": "CC BY", "text": "By."}
    ).json()
    body = {
        "slug": "trips",
        "title": "Trips",
        "licence": licence["id"],
        "currency": "EUR",
        "feature_columns": ["size", "weight"],
        "target_column": "late",
        "target_labels": ["no", "yes"],
        "identity_columns": ["record"],
        "model": "logistic-regression",
        "utility": "log-loss",
        "transform": {"kind": "standardise"},
    }
    assert api(ann).post("/api/v1/programmes/", body).status_code == 403
    made = client.post("/api/v1/programmes/", body)
    assert made.status_code == 201, made.content
    address = f"/api/v1/programmes/{made.json()['id']}/"
    assert api(ann).get(address).status_code == 404
    assert client.post(f"{address}opening/").json()["code"] == "programme_incomplete"
    held = client.post(
        f"{address}validation-sets/",
        {"purpose": "validation", "file": upload("v1,1,2,no", "v2,3,4,yes")},
        format="multipart",
    )
    assert held.status_code == 201, held.content
    opened = client.post(f"{address}opening/").json()
    assert (opened["status"], len(opened["spec_digest"])) == ("open", 64)
    assert api(ann).get(address).status_code == 200


SECRET = "7.7777321"


def test_no_answer_holds_a_validation_row(draft, reviewer, api, ann, caplog):
    programme = draft(slug="secrets")
    client = api(reviewer)
    row = f"secretrecord,{SECRET},1,no"
    bad = client.post(
        f"/api/v1/programmes/{programme.id}/validation-sets/",
        {"purpose": "sealed", "file": upload(row, f"secretrecord2,{SECRET}x,1,no")},
        format="multipart",
    )
    assert bad.status_code == 422
    good = client.post(
        f"/api/v1/programmes/{programme.id}/validation-sets/",
        {"purpose": "sealed", "file": upload(row)},
        format="multipart",
    )
    opened = client.post(f"/api/v1/programmes/{programme.id}/opening/")
    api(ann).post("/api/v1/consents/", {"programme": str(programme.id)})
    refused = api(ann).post(
        "/api/v1/batches/",
        {"programme": str(programme.id), "file": upload(row, "r1,1,2,no")},
        format="multipart",
    )
    assert refused.json()["code"] == "overlaps_validation"
    event = AuditEvent.objects.get(action="overlap_refused")
    assert event.detail == {"contributor": str(ann.contributor.id)}
    answers = [bad, good, opened, refused]
    answers += [client.get(f"/api/v1/{noun}/") for noun in ("programmes", "batches")]
    told = b"".join(answer.content for answer in answers).decode() + caplog.text
    told += repr(list(AuditEvent.objects.values()))
    assert SECRET not in told
    assert "secretrecord" not in told


def test_resolver_knows_the_api():
    assert get_resolver().resolve("/api/v1/batches/").view_name == "batch-list"

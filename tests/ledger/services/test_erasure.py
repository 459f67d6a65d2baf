"""After an erasure no dump and no file holds a value of the person; the books stay whole."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from contributors import rows
from contributors.errors import ErasedBefore, NotFound
from contributors.models import Batch, Contributor
from contributors.services.batches import batch_register
from contributors.services.people import profile_update
from ledger.models import Balance, BankDetails, JournalEntry, Statement
from ledger.services.bank_details import bank_details_set
from ledger.services.erasure import batch_erase, contributor_erase
from ledger.services.tax import tax_profile_add
from tests.faults.scenario import rows_of
from tests.house.world import World, build
from valuation.actors import enqueue_analysis
from valuation.models import Analysis, CoalitionUtility, PlayerValue
from valuation.services.runs import valuation_run_start
from valuation.services.values import values_recompute

IBAN = "DE89370400440532013000"
# What is asked of every erasure: row values and quotes, names, address, log-in, bank.
PERSONAL = (
    *("2-17,", "Bobsecret", "Robertina Secretova", "7 Hidden Lane", "Owner Undisclosed"),
    *("bob@example.org", IBAN, "hunter2-secret"),
)


@pytest.fixture
def world(make_user, run_queue, settings, tmp_path) -> World:
    local = "django.core.files.storage.FileSystemStorage"
    default = {"BACKEND": local, "OPTIONS": {"location": tmp_path / "media"}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    world = build(make_user, run_queue)
    everywhere(world)
    run_queue()
    return world


def everywhere(world: World) -> None:
    """Bob has left something in every place that can hold it."""
    now, bob = timezone.now(), world.bob
    bob.full_name = "Robertina Secretova"
    bob.save()
    own = Contributor.objects.get(user=bob)
    profile_update(
        contributor_id=own.id,
        actor=bob,
        now=now,
        legal_name="Robertina Secretova",
        address="7 Hidden Lane",
        country="NL",
        beneficial_owner="Owner Undisclosed",
    )
    bank_details_set(
        contributor=own, holder="Robertina Secretova", iban=IBAN, bic="", actor=bob, now=now
    )
    tax_profile_add(
        contributor_id=own.id,
        actor=world.staff.reviewer,
        now=now,
        form="W-8BEN",
        country="NL",
        rate_bp=0,
        evidence_sha256="5" * 64,
        valid_from=date(2026, 1, 1),
        valid_to=date(2028, 12, 31),
    )
    enqueue_analysis(
        run_id=world.bobs["valuation-run"],
        kind="suspect-rows",
        batch_id=world.bobs["batch"],
        actor=bob,
        now=now,
    )
    over_the_web(world)


def over_the_web(world: World) -> None:
    """A session, a failed log-in, and answers kept for repeated requests."""
    client = Client()
    client.post("/accounts/login/", {"login": world.bob.email, "password": "hunter2-secret"})
    client.force_login(world.bob)
    refused = BytesIO(b"id,a,b,c,d,late\n2-17,Bobsecret,1,1,1,yes\n")
    refused.name = "Bobsecret.csv"
    client.post(
        "/api/v1/batches/",
        {"programme": world.bobs["programme"], "file": refused, "invalid_rows": "refuse"},
        headers={"Idempotency-Key": "bob-1"},
    )
    client.get("/batches/")


def dump() -> bytes:
    """Every cell of every table but the letters of disputes, with bytes spelled out.

    What was written in a dispute is kept to defend the decision, as the page says.
    """
    pieces = []
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names()) - {"ledger_dispute_message"}:
            cursor.execute(f'SELECT * FROM "{table}"')
            pieces += [spelled(cell) for row in cursor.fetchall() for cell in row]
    return b"\n".join(pieces)


def spelled(cell: Any) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()


def media(folder: str = "") -> bytes:
    folders, files = default_storage.listdir(folder)
    names = [f"{folder}/{name}".strip("/") for name in files]
    below = [media(f"{folder}/{each}".strip("/")) for each in folders]
    return b"\n".join([*map(content, names), *below])


def content(name: str) -> bytes:
    with default_storage.open(name) as file:
        return file.read()


@pytest.mark.django_db
def test_nothing_of_an_erased_contributor_is_in_a_dump_or_the_media_folder(
    world: World, django_capture_on_commit_callbacks
):
    before, run_id = dump() + media(), world.bobs["valuation-run"]
    found = [word for word in PERSONAL if word.encode() in before]
    # Encrypted, compressed or never stored at all; the others must be seen to go.
    assert set(PERSONAL) - set(found) <= {IBAN, "2-17,", "hunter2-secret"}
    own = Contributor.objects.get(user=world.bob)
    batch = Batch.objects.get(pk=world.bobs["batch"])
    held = [default_storage.path(name) for name in (batch.data_name, batch.digests_name)]
    values = list(PlayerValue.objects.order_by("id").values_list("value", "standard_error"))
    with django_capture_on_commit_callbacks(execute=True):
        contributor_erase(contributor_id=own.id, actor=world.bob, now=timezone.now())
    after = dump() + media()
    assert [word for word in PERSONAL if word.encode() in after] == []
    assert [path for path in held if default_storage.exists(path)] == []
    assert not BankDetails.objects.exists()
    assert world.bobs["batch"] not in rows.batches_held()
    assert not Analysis.objects.exists()
    assert len(CoalitionUtility.objects.all()) == 4, "those of ann and the third alone"
    # The books, their hashes and what they rest on are whole.
    batch.refresh_from_db()
    assert (batch.state, len(batch.file_sha256), batch.accepted_count) == ("erased", 64, 60)
    assert Statement.objects.filter(contributor=own).exists()
    assert values == list(PlayerValue.objects.order_by("id").values_list("value", "standard_error"))
    again = [(value, error) for _, value, error in values_recompute(run_id)]
    assert again == values
    call_command("verify")


@pytest.mark.django_db
def test_erasing_a_contributor_changes_no_entry_and_no_balance(world: World):
    before = books()
    own = Contributor.objects.get(user=world.bob)
    contributor_erase(contributor_id=own.id, actor=world.bob, now=timezone.now())
    assert books() == before


def books() -> list[list[tuple[Any, ...]]]:
    """Every entry with its hash, every balance, every statement with the hash of its record."""
    return [
        list(JournalEntry.objects.order_by("seq").values_list("seq", "event", "hash")),
        list(Balance.objects.order_by("account_id").values_list("debit_minor", "credit_minor")),
        list(Statement.objects.order_by("id").values_list("number", "record_sha256", "net_minor")),
    ]


@pytest.mark.django_db
def test_erased_data_is_recognised_whoever_sends_it_again(world: World):
    batch_erase(batch_id=world.bobs["batch"], actor=world.bob, now=timezone.now())
    ann = Contributor.objects.get(user=world.ann)
    with pytest.raises(ErasedBefore):
        batch_register(
            programme_id=world.bobs["programme"],
            contributor_id=ann.id,
            file=BytesIO(rows_of(2, 60)),
            actor=world.ann,
            now=timezone.now(),
        )


@pytest.mark.django_db
def test_a_batch_that_is_erased_leaves_no_memo_no_analysis_and_no_run_that_reads_it(
    world: World, run_queue
):
    waiting = valuation_run_start(
        programme_id=world.bobs["programme"],
        cutoff_at=timezone.now(),
        actor=world.staff.reviewer,
        now=timezone.now(),
        seed=1,
    )
    batch_erase(batch_id=world.bobs["batch"], actor=world.bob, now=timezone.now())
    waiting.refresh_from_db()
    assert (waiting.state, waiting.failure_code) == ("failed", "batch_erased")
    assert CoalitionUtility.objects.count() == 4
    assert not Analysis.objects.exists()


@pytest.mark.django_db
def test_nobody_is_erased_by_somebody_else(world: World):
    own, now = Contributor.objects.get(user=world.bob), timezone.now()
    with pytest.raises(NotFound):
        contributor_erase(contributor_id=own.id, actor=world.ann, now=now)
    with pytest.raises(NotFound):
        contributor_erase(contributor_id=own.id, actor=world.staff.reviewer, now=now)


@pytest.mark.django_db
def test_one_erases_oneself_by_page_and_an_administrator_by_api(world: World, make_user):
    client, bob = Client(), Contributor.objects.get(user=world.bob)
    client.force_login(world.bob)
    assert client.get("/profile/erasure/").status_code == 200
    wrong = client.post("/profile/erasure/", {"code": "ANN", "sure": "on"})
    assert wrong.status_code == 422
    done = client.post("/profile/erasure/", {"code": bob.code, "sure": "on"})
    assert (done.status_code, client.get("/batches/").status_code) == (302, 302)
    bob.refresh_from_db()
    assert (bob.display_name, bob.erased_at is None) == (bob.code, False)
    administrator = Client()
    administrator.force_login(make_user("admin", role="administrator"))
    third = Contributor.objects.get(code="THIRD")
    address = f"/api/v1/contributors/{third.id}/erasure/"
    assert administrator.post(address, {"code": "x"}, "application/json").status_code == 422
    answer = administrator.post(address, {"code": "THIRD"}, "application/json")
    assert (answer.status_code, answer.json()["display_name"]) == (200, "THIRD")
    client.force_login(world.ann)
    assert client.post(address, {"code": "THIRD"}, "application/json").status_code == 404

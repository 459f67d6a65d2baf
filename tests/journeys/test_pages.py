"""Who may open which page, whose objects exist for whom, and how many queries a page costs."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger.services.heartbeats import heartbeat_record
from tests.ledger.conftest import (  # noqa: F401
    make_contributor,
    make_period,
    make_pool,
    make_run,
    make_values,
    programme,
)

pytestmark = pytest.mark.django_db

# Page and the roles that may open it; everybody else is told so with 403.
EVERYBODY = "contributor reviewer approver auditor administrator"
STAFF = "reviewer approver auditor administrator"
PAGES = {
    "/": EVERYBODY,
    "/about/": EVERYBODY,
    "/programmes/": EVERYBODY,
    "/programmes/new/": "reviewer",
    "/batches/": EVERYBODY,
    "/profile/": "contributor",
    "/tokens/": EVERYBODY,
    "/people/": "administrator",
    "/integrity/": "reviewer auditor",
    "/runs/": EVERYBODY,
    "/runs/new/": "reviewer",
    "/statements/": "contributor reviewer approver auditor",
    "/disputes/": "contributor reviewer approver auditor",
    "/periods/": STAFF,
    "/periods/new/": "reviewer",
    "/pools/": STAFF,
    "/pools/new/": "reviewer",
    "/policies/new/": "reviewer",
    "/royalty-runs/": STAFF,
    "/royalty-runs/new/": "reviewer",
    "/payouts/": "reviewer approver auditor",
    "/payouts/new/": "reviewer",
    "/payees/": "reviewer approver auditor",
    "/journal/": "reviewer approver auditor",
    "/journal/trial-balance/": "reviewer approver auditor",
    "/journal/check/": "reviewer approver auditor",
    "/operations/": "administrator reviewer auditor",
}
ROLES = EVERYBODY.split()


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("role", ROLES)
def test_a_page_opens_for_its_roles_and_says_so_to_the_others(
    role: str, make_user: Callable[..., Any]
) -> None:
    client = client_of(make_user("ann", role=role))
    found = {path: client.get(path).status_code for path in PAGES}
    assert found == {path: 200 if role in roles.split() else 403 for path, roles in PAGES.items()}


@pytest.mark.parametrize("path", sorted(set(PAGES) - {"/", "/about/"}))
def test_a_stranger_is_asked_to_sign_in_first(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


@pytest.fixture
def two_contributors(make_user: Any, make_contributor: Any, make_run: Any) -> Any:  # noqa: F811
    """Ann and Ben, each with a statement of the same run; ann disputes hers."""
    from ledger.models import Statement
    from ledger.services.disputes import dispute_open

    users = {name: make_user(name) for name in ("ann", "ben")}
    for name, user in users.items():
        make_contributor(name, user=user)
    now = timezone.now()
    make_run({"ann": "0.2", "ben": "0.1", "eve": "-0.1"}, at=now)
    statements = {s.contributor.code: s for s in Statement.objects.select_related("contributor")}
    dispute = dispute_open(
        statement_id=statements["ann"].id,
        kind="value",
        amount_minor=100,
        text="Too little.",
        actor=users["ann"],
        now=now,
    )
    return users, statements, dispute


def test_what_is_anothers_does_not_exist(two_contributors: Any) -> None:
    users, statements, dispute = two_contributors
    number = statements["ann"].number
    paths = [
        f"/statements/{number}/",
        f"/statements/{number}/files/pdf/",
        f"/statements/{number}/check/",
        f"/statements/{number}/dispute/",
        f"/disputes/{dispute.id}/",
    ]
    ann, ben = client_of(users["ann"]), client_of(users["ben"])
    assert [ben.get(path).status_code for path in paths] == [404] * len(paths)
    assert [ann.get(path).status_code for path in paths] == [200] * len(paths)
    for action in ("messages", "withdrawal"):
        answer = ben.post(f"/disputes/{dispute.id}/{action}/", {"text": "mine"})
        assert answer.status_code == 404


def test_a_statement_shows_each_step_from_the_pool_to_the_net(two_contributors: Any) -> None:
    users, statements, _ = two_contributors
    page = client_of(users["ann"]).get(f"/statements/{statements['ann'].number}/")
    way = page.context["way"]
    level = 0
    for step in way:
        level = level if step.is_total else level + step.amount_minor
        assert not step.is_total or level in (0, step.amount_minor), step.label
        level = step.amount_minor if step.is_total else level
    assert way[-1].amount_minor == statements["ann"].net_minor


def test_many_values_to_lock_are_one_line_of_what_is_to_do(
    reviewer: Any,
    make_values: Any,  # noqa: F811
) -> None:
    client = client_of(reviewer)
    run = make_values({"ann": "0.2"}, state="computed")
    [todo] = client.get("/").context["todos"]
    assert todo.url == f"/runs/{run.id}/"
    make_values({"ann": "0.1"}, state="computed")
    [todo] = client.get("/").context["todos"]
    assert todo.url == "/runs/" and todo.text.startswith("2 runs are computed")


def test_a_share_multiplies_out_in_the_numbers_that_are_printed(two_contributors: Any) -> None:
    users, statements, _ = two_contributors
    page = client_of(users["ann"]).get(f"/statements/{statements['ann'].number}/").content.decode()
    found = re.search(r"([\d.]+) × weight ([\d.]+) / ([\d.]+), the sum .*? is ([\d.]+);", page)
    assert found
    to_share, weight, whole, share = map(Decimal, found.groups())
    assert abs(to_share * weight / whole - share) < Decimal("0.000001")


def test_an_operator_sees_the_worker_that_gives_signs_of_life(reviewer: Any) -> None:
    heartbeat_record(name="host:1", started_at=timezone.now(), now=timezone.now())
    page = client_of(reviewer).get("/operations/")
    assert [worker.is_silent for worker in page.context["state"].workers] == [False]
    assert b"No worker runs" not in page.content


def test_the_books_say_whose_an_account_is(two_contributors: Any, make_user: Any) -> None:
    client = client_of(make_user("max", role="auditor"))
    balance = client.get("/journal/trial-balance/")
    whose = {code.rpartition(":")[0]: payee for code, payee in balance.context["payees"].items()}
    assert whose.keys() >= {"2100:payable"}
    assert set(balance.context["payees"].values()) == {"ann", "ben"}
    account = next(code for code, payee in balance.context["payees"].items() if payee == "ann")
    link = b'href="/payees/ann/"'
    assert link in balance.content
    assert link in client.get(f"/journal/accounts/{account}/USD/").content
    journal = client.get("/journal/")
    allocated = next(e for e in journal.context["entries"] if e.event == "period_allocated")
    assert journal.context["own"][allocated.id] == ["ann", "ben"]
    [(currency, amount_minor)] = journal.context["sums"][allocated.id]
    assert (currency, amount_minor) == ("USD", sum(p.amount_minor for p in allocated.postings))
    assert link in client.get(f"/journal/{allocated.id}/").content


def test_a_statement_computed_again_is_the_same(two_contributors: Any) -> None:
    users, statements, _ = two_contributors
    page = client_of(users["ann"]).get(f"/statements/{statements['ann'].number}/check/")
    assert page.context["differences"] == () and page.context["record_holds"]


def test_a_negative_value_is_shown_with_its_reason(two_contributors: Any, approver: Any) -> None:
    _, statements, _ = two_contributors
    page = client_of(approver).get(f"/statements/{statements['eve'].number}/").content.decode()
    assert "The data lowered the score by 0.1 on average" in page


def test_a_refusal_is_a_page_that_says_what_to_do(make_user: Callable[..., Any]) -> None:
    reviewer = client_of(make_user("bob", role="reviewer"))
    reviewer.post(
        "/periods/new/", {"code": "2026-Q4", "starts_on": "2026-10-01", "ends_on": "2026-12-31"}
    )
    answer = reviewer.post("/periods/2026-Q4/closing/")
    assert answer.status_code == 409
    assert "Freeze it first, and close the earlier periods." in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/statements/", "/royalty-runs/", "/runs/", "/disputes/", "/journal/", "/payees/", "/"]
)
def test_a_list_costs_as_many_queries_for_many_rows_as_for_few(
    path: str,
    make_user: Callable[..., Any],
    make_run: Callable[..., Any],  # noqa: F811
    reviewer: Any,
    settings: Any,
) -> None:
    auditor = client_of(make_user("eve", role="auditor"))
    auditor.get(path)  # what is cached by a first visit is not counted
    make_run({"ann": "0.2", "ben": "0.1"}, year=2013, quarter=3)
    few = queries(auditor, path)
    make_run({f"c{n}": "0.1" for n in range(12)}, year=2013, quarter=4)
    assert queries(auditor, path) == few


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_every_export_that_a_page_offers_is_there(
    make_user: Callable[..., Any],
    make_run: Callable[..., Any],  # noqa: F811
) -> None:
    make_run({"ann": "0.2", "ben": "0.1"})
    auditor = client_of(make_user("eve", role="auditor"))
    for path in ("/journal/", "/journal/trial-balance/", "/statements/", "/payees/"):
        page = auditor.get(path).content.decode()
        links = re.findall(r'href="(/api/v1/[^"]+)"', page)
        assert links, path
        assert [auditor.get(link).status_code for link in links] == [200] * len(links)

"""Runs over the API: who may start and see them, and what they say."""

from typing import Any

import pytest
from django.utils import timezone

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/valuation-runs/"


@pytest.fixture
def computed(play: Any, start: Any, utilities: Any, run_queue: Any) -> Any:
    play(utilities)
    run = start(method="exact", budget=32)
    run_queue()
    run.refresh_from_db()
    return run


def test_a_reviewer_starts_a_run_and_reads_its_values(
    play: Any, programme: Any, reviewer: Any, api: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities)
    client = api(reviewer)
    body = {"programme": str(programme.id), "method": "exact", "budget": 32}
    answer = client.post(RUNS, body)
    assert answer.status_code == 201, answer.json()
    run_id = answer.json()["id"]
    from valuation.actors import plan_valuation_run

    plan_valuation_run.send(valuation_run_id=run_id)
    run_queue()
    values = client.get(f"{RUNS}{run_id}/player-values/").json()
    assert len(values) == 5
    assert all(isinstance(row["value"], str) for row in values)
    assert all(row["standard_error"] == "0" for row in values)


def test_a_contributor_cannot_start_a_run(programme: Any, make_user: Any, api: Any) -> None:
    answer = api(make_user("ann")).post(RUNS, {"programme": str(programme.id)})
    assert answer.status_code == 403


def test_a_contributor_sees_own_values_only(computed: Any, make_user: Any, api: Any) -> None:
    ann = make_user("ann")
    member = computed.players.get(index=2).members.get()
    member.contributor.user = ann
    member.contributor.save()
    values = api(ann).get(f"{RUNS}{computed.pk}/player-values/").json()
    assert [row["key"] for row in values] == ["player-2"]


def test_a_run_one_does_not_play_in_is_not_found(computed: Any, make_user: Any, api: Any) -> None:
    client = api(make_user("dora"))
    for path in ("", "player-values/", "progress/"):
        assert client.get(f"{RUNS}{computed.pk}/{path}").status_code == 404
    assert client.get(RUNS).json()["results"] == []


def test_a_wrong_state_is_a_conflict_with_a_code(computed: Any, reviewer: Any, api: Any) -> None:
    answer = api(reviewer).post(f"{RUNS}{computed.pk}/cancellation/")
    assert answer.status_code == 409
    assert answer.json()["code"] == "run_not_in_state"


def test_lists_cost_the_same_queries_at_one_and_at_many_runs(
    computed: Any,
    start: Any,
    run_queue: Any,
    reviewer: Any,
    api: Any,
    django_assert_num_queries: Any,
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = api(reviewer)
    client.get(RUNS)
    with CaptureQueriesContext(connection) as one:
        client.get(RUNS)
    for seed in range(5):
        start(method="exact", budget=32, seed=seed)
    run_queue()
    with django_assert_num_queries(len(one)):
        client.get(RUNS)


def test_a_run_continues_a_finished_one_over_the_api_and_the_page(
    computed: Any, programme: Any, reviewer: Any, api: Any, client: Any
) -> None:
    body = {"programme": str(programme.id), "method": "exact", "budget": 32}
    answer = api(reviewer).post(RUNS, {**body, "continues": str(computed.pk)})
    assert answer.status_code == 201, answer.json()
    assert answer.json()["continues"] == str(computed.pk)
    unfinished = api(reviewer).post(RUNS, {**body, "continues": answer.json()["id"]})
    assert (unfinished.status_code, unfinished.json()["code"]) == (409, "run_not_in_state")
    client.force_login(reviewer, backend="django.contrib.auth.backends.ModelBackend")
    form = {"cutoff_at": "2013-10-01T00:00:00Z", "seed": 0, "purpose": "payment", **body}
    client.post("/runs/new/", {**form, "continues": str(computed.pk)})
    assert computed.__class__.objects.filter(continues=computed).count() == 2
    assert client.post("/runs/new/", {**form, "continues": "elsewhere"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_away_refuses_no_request(
    play: Any, programme: Any, reviewer: Any, api: Any, utilities: Any, monkeypatch: Any
) -> None:
    """The row is there; the next sweep sends what was not sent."""
    from valuation.actors import plan_valuation_run
    from valuation.services.runs import runs_standing_still

    def away(**message: Any) -> None:
        raise ConnectionError("the queue is away")

    monkeypatch.setattr(plan_valuation_run, "send", away)
    play(utilities)
    answer = api(reviewer).post(RUNS, {"programme": str(programme.id), "budget": 32})
    assert answer.status_code == 201
    still = runs_standing_still(now=timezone.now())
    assert [str(run_id) for run_id in still.to_plan] == [answer.json()["id"]]

"""What a run costs: said before it starts, and how long it has left from its first moment."""

from datetime import timedelta
from typing import Any

import pytest

from tests.valuation.conftest import NOW
from valuation import selectors
from valuation.models import Shard, ShardState
from valuation.selectors.costs import run_cost

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/valuation-runs/"


@pytest.fixture
def measured(play: Any, start: Any, utilities: Any) -> Any:
    """A run of five players with rows, of which two workers did ten coalitions each in 5 s."""
    play(utilities)
    run = start(method="exact", budget=32)
    Shard.objects.bulk_create(
        Shard(
            run=run,
            round=0,
            index=index,
            coalition_count=10,
            coalitions=bytes(10),
            state=ShardState.DONE,
            utilities=bytes(80),
            untrainable=bytes(10),
            seconds=5.0,
            worker=worker,
            done_at=NOW,
        )
        for index, worker in enumerate(("here:1", "there:2"))
    )
    return run


def test_a_run_is_never_longer_than_all_its_coalitions(measured: Any) -> None:
    cost = run_cost(programme_id=measured.programme_id, players=5, rows=50, budget=2000, now=NOW)
    assert (cost.evaluations, cost.seconds_per_coalition) == (32, 0.5)
    assert (cost.worker_s, cost.workers, cost.expected_s) == (16.0, 2, 8.0)


def test_seconds_grow_with_the_rows(measured: Any) -> None:
    cost = run_cost(programme_id=measured.programme_id, players=9, rows=100, budget=100, now=NOW)
    assert (cost.worker_s, cost.expected_s) == (100.0, 50.0)


def test_workers_of_long_ago_are_not_counted(measured: Any) -> None:
    later = NOW + timedelta(hours=1)
    cost = run_cost(programme_id=measured.programme_id, players=5, rows=50, budget=20, now=later)
    assert (cost.workers, cost.expected_s) == (0, 10.0)


def test_a_programme_that_never_ran_says_evaluations_and_no_seconds(programme: Any) -> None:
    cost = run_cost(programme_id=programme.id, players=3, rows=9, budget=2000, now=NOW)
    assert (cost.evaluations, cost.worker_s, cost.expected_s) == (8, None, None)


def test_the_api_tells_staff_the_cost_before_a_run(
    measured: Any, reviewer: Any, make_user: Any, api: Any
) -> None:
    query = {"programme": str(measured.programme_id), "budget": 100}
    answer = api(reviewer).get(f"{RUNS}cost/", query)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["evaluations"] == 1  # nobody has rows in this programme
    assert api(make_user("ann")).get(f"{RUNS}cost/", query).status_code == 403
    query["programme"] = "00000000-0000-0000-0000-000000000000"
    assert api(reviewer).get(f"{RUNS}cost/", query).status_code == 404


def test_the_page_tells_the_cost_and_starts_nothing(
    measured: Any, reviewer: Any, client: Any
) -> None:
    client.force_login(reviewer, backend="django.contrib.auth.backends.ModelBackend")
    body = {
        "programme": str(measured.programme_id),
        "cutoff_at": NOW.isoformat(),
        "method": "auto",
        "budget": 100,
        "seed": 0,
        "purpose": "payment",
        "cost": "1",
    }
    page = client.post("/runs/new/", body)
    assert page.status_code == 200
    assert b"At most 1 evaluation of 0 players" in page.content
    assert len(selectors.valuation_run_list(user=reviewer)) == 1


def test_a_queued_run_has_time_left_as_the_last_one_took_it(measured: Any, start: Any) -> None:
    queued = start(method="exact", budget=32, seed=1)
    progress = selectors.valuation_run_progress(queued.pk, now=NOW)
    assert (progress.share, progress.seconds_per_coalition) == (0.0, 0.5)
    assert progress.remaining_s == 16.0


def test_a_reviewer_puts_a_run_before_others(
    measured: Any, start: Any, reviewer: Any, make_user: Any, api: Any
) -> None:
    queued = start(method="exact", budget=32, seed=1)
    answer = api(reviewer).post(f"{RUNS}{queued.pk}/priority/", {"priority": 7})
    assert answer.json()["priority"] == 7
    assert api(reviewer).post(f"{RUNS}{queued.pk}/priority/", {"priority": 101}).status_code == 422
    assert api(make_user("ann")).post(f"{RUNS}{queued.pk}/priority/", {}).status_code == 403


def test_the_page_sets_the_priority(
    start: Any, play: Any, utilities: Any, reviewer: Any, client: Any
):
    play(utilities)
    queued = start(method="exact", budget=32)
    client.force_login(reviewer, backend="django.contrib.auth.backends.ModelBackend")
    assert b"Priority" in client.get(f"/runs/{queued.pk}/").content
    client.post(f"/runs/{queued.pk}/priority/", {"priority": "-5"})
    queued.refresh_from_db()
    assert queued.priority == -5

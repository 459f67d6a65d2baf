"""Runs through rows and messages: what a worker's death, a second message or a memo may change."""

import random
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from ledger import triggers
from valuation.core import value
from valuation.errors import NoPlayers, RunNotInState, RunOfAnotherGame
from valuation.models import (
    CoalitionUtility,
    Player,
    PlayerValue,
    RunEvent,
    RunState,
    Shard,
    ValuationRun,
)
from valuation.services import rounds, runs, shards, values
from valuation.services.values import decimal_text, values_recompute

pytestmark = pytest.mark.django_db


def values_of(run: ValuationRun) -> list[tuple[str, str]]:
    rows = PlayerValue.objects.filter(run=run).order_by("player__index")
    return list(rows.values_list("value", "standard_error"))


def sweep() -> None:
    from valuation.actors import resume_valuation_runs

    resume_valuation_runs.send()


def test_a_run_finds_the_values_that_the_library_finds(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    game = play(utilities)
    run = start(method="permutation", budget=20, seed=3)
    run_queue()
    run.refresh_from_db()
    expected = value(game, method="permutation", budget=20, seed=3)
    assert run.state == RunState.COMPUTED
    assert [v for v, _ in values_of(run)] == [decimal_text(x) for x in expected.values]
    assert [e for _, e in values_of(run)] == [decimal_text(x) for x in expected.standard_errors]
    assert run.evaluations == expected.evaluations <= 20
    assert run.empty == decimal_text(expected.empty)


def test_the_order_in_which_shards_are_done_changes_no_bit(
    play: Any, start: Any, utilities: Any, queue: Any
) -> None:
    found = set()
    for order in range(4):
        CoalitionUtility.objects.all().delete()
        play(utilities)
        run = start(method="permutation", budget=24, seed=1)
        ValuationRun.objects.filter(pk=run.pk).update(shard_size=3)
        while runs.valuation_run_advance(run_id=run.pk, now=timezone.now()):
            waiting = list(Shard.objects.filter(run=run).exclude(state="done"))
            random.Random(order).shuffle(waiting)
            for shard in waiting:
                shards.shard_compute(shard=shard)
        run.refresh_from_db()
        found.add(run.values_digest)
    assert len(found) == 1 and "" not in found


def test_five_deliveries_of_every_message_make_one_run_and_one_evaluation_each(
    play: Any, start: Any, utilities: Any, queue: Any
) -> None:
    from valuation.actors import compute_next_shard, plan_valuation_run

    game = play(utilities)
    run = start(method="exact", budget=32)
    for _ in range(5):
        for _ in range(5):
            plan_valuation_run.fn(valuation_run_id=str(run.pk))
        for _ in range(10):
            compute_next_shard.fn()
    assert game.asked == 32
    assert len(values_of(run)) == 5
    assert list(RunEvent.objects.filter(run=run).values_list("to_state", flat=True)) == [
        "queued",
        "running",
        "computed",
    ]


STAGES = [
    (runs, "run_advance"),
    (runs, "round_create"),
    (runs, "shard_compute"),
    (shards, "coalition_digests"),
    (runs, "values_store"),
    (values, "values_digest"),
]


@pytest.mark.parametrize(("module", "name"), STAGES, ids=[name for _, name in STAGES])
def test_a_run_can_be_resumed_after_a_crash_at_any_stage(
    module: Any,
    name: str,
    play: Any,
    start: Any,
    utilities: Any,
    run_queue: Any,
    queue: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play(utilities)
    undisturbed = start(method="permutation", budget=20, seed=5)
    run_queue()
    CoalitionUtility.objects.all().delete()

    run = start(method="permutation", budget=20, seed=5)
    with monkeypatch.context() as crash:

        def broken(*args: Any, **kwargs: Any) -> None:
            raise ConnectionResetError("the worker died here")

        crash.setattr(module, name, broken)
        with pytest.raises(ConnectionResetError):
            run_queue()
    queue.flush_all()  # and every message with it
    Shard.objects.filter(run=run, state="claimed").update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    ValuationRun.objects.filter(pk=run.pk).update(planned_at=timezone.now() - 2 * runs.PLAN_LEASE)
    sweep()
    run_queue()
    run.refresh_from_db()
    assert run.state == RunState.COMPUTED
    assert values_of(run) == values_of(undisturbed)


def test_a_second_run_of_the_same_game_evaluates_nothing(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    game = play(utilities)
    start(method="exact", budget=32)
    run_queue()
    asked = game.asked
    again = start(method="exact", budget=32)
    run_queue()
    again.refresh_from_db()
    assert game.asked == asked == 32
    assert again.reused == again.evaluations == 32


def test_one_contributor_more_reuses_every_old_coalition(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities[:16])
    start(method="exact", budget=16)
    run_queue()
    larger = play(utilities)
    run = start(method="exact", budget=32)
    run_queue()
    run.refresh_from_db()
    assert run.state == RunState.COMPUTED
    assert larger.asked == 16 and run.reused == 16


def test_a_larger_budget_continues_from_the_smaller_one(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    game = play(utilities)
    first = start(method="permutation", budget=12, seed=2)
    run_queue()
    start(method="permutation", budget=24, seed=2, continues=first.pk)
    run_queue()
    assert game.asked <= 24


def test_a_run_that_continues_another_is_given_what_its_players_did_before(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities[:16])
    first = start(method="permutation", budget=14, seed=2)
    run_queue()
    first.refresh_from_db()
    larger = play(utilities)
    run = start(method="permutation", budget=20, seed=2, continues=first.pk)
    run_queue()
    run.refresh_from_db()
    known = set(rounds.known_utilities(run))
    given = rounds.given_coalitions(run)
    assert given is not None and len(given) == first.evaluations
    assert not given[:, 4].any()
    assert {name.tobytes() for name in np.packbits(given, axis=1, bitorder="little")} <= known
    assert run.reused >= first.evaluations and larger.asked <= 20
    assert [(v, e) for _, v, e in values_recompute(run.pk)] == values_of(run)


def test_a_player_whose_rows_changed_is_another_player(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities[:16])
    first = start(method="exact", budget=16)
    run_queue()
    play(utilities)
    run = start(method="exact", budget=32, continues=first.pk)
    triggers.remove(connection)  # the database refuses to change a player
    Player.objects.filter(run=first, index=0).update(data_digest="d" * 64)
    triggers.install(connection)
    given = rounds.given_coalitions(ValuationRun.objects.get(pk=run.pk))
    assert given is not None and len(given) == 8 and not given[:, 0].any()


def test_a_run_that_is_not_finished_cannot_be_continued(
    play: Any, start: Any, utilities: Any
) -> None:
    play(utilities)
    first = start(method="exact", budget=32)
    with pytest.raises(RunNotInState):
        start(method="exact", budget=32, continues=first.pk)


def test_a_run_of_another_game_cannot_be_continued(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities)
    first = start(method="exact", budget=32)
    run_queue()
    with pytest.raises(RunOfAnotherGame):
        start(method="exact", budget=32, purpose="audit", continues=first.pk)


def test_stored_values_are_recomputed_from_stored_utilities_alone(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    game = play(utilities)
    run = start(method="permutation", budget=20, seed=9)
    run_queue()
    asked = game.asked
    recomputed = [(v, e) for _, v, e in values_recompute(run.pk)]
    assert recomputed == values_of(run)
    assert game.asked == asked


def test_a_cancelled_run_takes_no_shard_and_goes_on_when_resumed(
    play: Any, start: Any, utilities: Any, run_queue: Any, reviewer: Any, committed: Any
) -> None:
    from valuation.actors import enqueue_valuation_run_resume

    game = play(utilities)
    run = start(method="exact", budget=32)
    runs.valuation_run_advance(run_id=run.pk, now=timezone.now())
    runs.valuation_run_cancel(run_id=run.pk, actor=reviewer, now=timezone.now())
    run_queue()
    assert game.asked == 0
    committed(enqueue_valuation_run_resume, run_id=run.pk, actor=reviewer, now=timezone.now())
    run_queue()
    run.refresh_from_db()
    assert run.state == RunState.COMPUTED and game.asked == 32


def test_a_budget_too_small_fails_the_run_with_its_code(
    play: Any, start: Any, utilities: Any, run_queue: Any
) -> None:
    play(utilities)
    run = start(method="exact", budget=31)
    run_queue()
    run.refresh_from_db()
    assert (run.state, run.failure_code) == (RunState.FAILED, "budget_too_small")
    assert not values_of(run)


def test_a_utility_that_is_not_finite_fails_the_run_with_its_code(
    play: Any, start: Any, utilities: Any, run_queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = play(utilities)
    monkeypatch.setattr(type(game), "__call__", lambda self, c: c[:, 0] * float("nan"))
    run = start(method="exact", budget=32)
    run_queue()
    run.refresh_from_db()
    assert (run.state, run.failure_code) == (RunState.FAILED, "utility_not_finite")


def test_a_run_without_players_is_refused(
    play: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    play([0.0, 1.0])
    monkeypatch.setattr(runs, "players_at", lambda **_: ())
    with pytest.raises(NoPlayers):
        start()
    assert not ValuationRun.objects.exists()


def test_a_computed_run_cannot_be_cancelled(
    play: Any, start: Any, utilities: Any, run_queue: Any, reviewer: Any
) -> None:
    play(utilities)
    run = start(method="exact", budget=32)
    run_queue()
    with pytest.raises(RunNotInState):
        runs.valuation_run_cancel(run_id=run.pk, actor=reviewer, now=timezone.now())


def test_workers_take_the_higher_priority_first(
    play: Any, start: Any, utilities: Any, queue: Any
) -> None:
    play(utilities)
    late = start(method="exact", budget=32)
    urgent = start(method="exact", budget=32, priority=5, seed=1)
    for run in (late, urgent):
        runs.valuation_run_advance(run_id=run.pk, now=timezone.now())
    claimed = shards.shard_claim(now=timezone.now(), worker="host:1")
    assert claimed is not None and claimed.run_id == urgent.pk


def test_a_shard_under_lease_is_not_taken_by_another_worker(
    play: Any, start: Any, utilities: Any, queue: Any
) -> None:
    play(utilities)
    run = start(method="exact", budget=32)
    runs.valuation_run_advance(run_id=run.pk, now=timezone.now())
    now = timezone.now()
    first = shards.shard_claim(now=now, worker="elsewhere:1")
    assert first is not None
    assert shards.shard_claim(now=now, worker="here:2") is None
    later = now + timedelta(seconds=shards.LEASE_S + 1)
    again = shards.shard_claim(now=later, worker="here:2")
    assert again is not None and again.pk == first.pk


def test_a_deadline_ends_a_run_with_what_it_has(
    play: Any, start: Any, utilities: Any, queue: Any
) -> None:
    play(utilities)
    run = start(method="permutation", budget=30, seed=4, deadline_s=60)
    now = timezone.now()
    for _ in range(2):
        runs.valuation_run_advance(run_id=run.pk, now=now)
        for shard in Shard.objects.filter(run=run).exclude(state="done"):
            shards.shard_compute(shard=shard)
    runs.valuation_run_advance(run_id=run.pk, now=now + timedelta(seconds=61))
    run.refresh_from_db()
    assert run.state == RunState.COMPUTED
    assert run.evaluations < 30
    assert [(v, e) for _, v, e in values_recompute(run.pk)] == values_of(run)


def test_planning_uses_the_game_only_for_what_is_not_stored(
    play: Any, start: Any, utilities: Any, queue: Any
) -> None:
    game = play(utilities)
    run = start(method="exact", budget=32)
    runs.valuation_run_advance(run_id=run.pk, now=timezone.now())
    assert game.asked == 0
    assert rounds.known_utilities(ValuationRun.objects.get(pk=run.pk)) == {}

"""Questions about a finished run: asked once, answered by a worker, kept as a document."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from contributors.selectors import (
    PlayerRecord,
    batch_receipt,
    game_data,
    has_sealed_set,
    programme_get,
    validation_data,
)
from valuation.core import DataGame, Utility
from valuation.core.compare import Comparison, compare
from valuation.core.held_out import held_out_shares
from valuation.core.rows import compression_curve, knn_shapley, suspect_rows
from valuation.core.utilities import utility_named
from valuation.errors import AnalysisNotPossible, NotFound, Refusal, SuspectRowsUsedUp
from valuation.models import Analysis, RunState, ValuationRun
from valuation.selectors.players import player_records
from valuation.services.estimates import batch_estimate, batch_player
from valuation.services.rounds import run_game

FINISHED = (RunState.COMPUTED, RunState.REVIEWED, RunState.LOCKED)
# Rows of k-NN-Shapley beyond which a curve would keep a worker for minutes.
COMPRESSION_ROWS_MAX = 50_000
COMPARISON_BUDGET_MAX = 500
# Every answer tells something of the validation labels: an honest contributor corrects a batch
# once or twice in a quarter, the usual period, and who asks more is probing.
SUSPECT_ROWS_MAX = 3
SUSPECT_ROWS_WINDOW = timedelta(days=91)


@transaction.atomic
def analysis_request(
    *, run_id: UUID, kind: str, actor: Any, now: datetime, batch_id: UUID | None = None
) -> Analysis:
    """The question is stored; asking it again finds the first.

    A contributor may ask, seldom, for the suspect rows of an own batch that played in the run,
    reviewers for anything.

    Raises
    ------
    NotFound, AnalysisNotPossible, SuspectRowsUsedUp
    """
    if kind not in Analysis.Kind.values:
        raise AnalysisNotPossible("There is no such question.")
    run = ValuationRun.objects.visible_to(actor).filter(pk=run_id, state__in=FINISHED).first()
    if run is None:
        raise NotFound("There is no such finished run.")
    of_batch = kind in (Analysis.Kind.SUSPECT_ROWS, Analysis.Kind.ACQUISITION)
    if of_batch != (batch_id is not None):
        raise AnalysisNotPossible("Suspect rows and acquisition are asked of one batch.")
    if batch_id is not None:
        batch_receipt(batch_id, user=actor)
    if actor.role == "contributor" and kind != Analysis.Kind.SUSPECT_ROWS:
        raise NotFound()
    found = Analysis.objects.filter(run=run, kind=kind, batch=batch_id or None).first()
    if found is not None:
        return found
    if kind == Analysis.Kind.SUSPECT_ROWS:
        refuse_probing(run, str(batch_id), actor=actor, now=now)
    return Analysis.objects.create(
        run=run, kind=kind, batch_id=batch_id, requested_by=actor, requested_at=now
    )


def refuse_probing(run: ValuationRun, batch_id: str, *, actor: Any, now: datetime) -> None:
    """Refuse suspect rows of a batch that did not play, or to a contributor who asked enough."""
    if not any(batch_id in played for played in run.players.values_list("batch_ids", flat=True)):
        raise AnalysisNotPossible("The batch did not play in this run.")
    if actor.role != "contributor":
        return
    type(actor).objects.select_for_update().get(pk=actor.pk)  # one count at a time
    recent = Analysis.objects.filter(
        kind=Analysis.Kind.SUSPECT_ROWS,
        run__programme=run.programme_id,
        requested_by=actor,
        requested_at__gt=now - SUSPECT_ROWS_WINDOW,
    )
    if recent.count() >= SUSPECT_ROWS_MAX:
        raise SuspectRowsUsedUp()


def sealed_share_request(*, run_id: UUID, actor: Any, now: datetime) -> Analysis | None:
    """The shares of a payment run are compared with the sealed set, where there is one."""
    run = ValuationRun.objects.get(pk=run_id)
    if run.purpose != "payment" or not has_sealed_set(programme_id=run.programme_id):
        return None
    return analysis_request(run_id=run_id, kind=Analysis.Kind.SEALED_SHARE, actor=actor, now=now)


def analysis_answer(*, analysis_id: UUID, now: datetime) -> None:
    """The question has its document, or says why it has none. Answering twice changes nothing."""
    asked = Analysis.objects.select_related("run__game").get(pk=analysis_id)
    if asked.state != Analysis.State.QUEUED:
        return
    try:
        document = ANSWERS[asked.kind](asked)
        outcome: dict[str, Any] = {"state": Analysis.State.DONE, "document": document}
    except Refusal as refusal:
        outcome = {
            "state": Analysis.State.FAILED,
            "failure_code": refusal.code,
            "failure": refusal.sentence,
        }
    with transaction.atomic():
        still = Analysis.objects.filter(pk=asked.pk, state=Analysis.State.QUEUED)
        still.update(done_at=now, **outcome)


def _suspect_rows(asked: Analysis) -> dict[str, Any]:
    programme = _classification(asked)
    assert asked.batch_id is not None, "the database says so"
    player, numbers = batch_player(asked.batch_id)
    data = game_data(programme_id=programme.id, players=(player,))
    x, y = validation_data(programme_id=programme.id)
    found = suspect_rows(data.x, data.y, x, y)
    rows = [
        {
            "row": int(numbers[suspect.row]) + 1,
            "reason": suspect.reason,
            "sentence": replace(suspect, row=int(numbers[suspect.row]) + 1).sentence,
        }
        for suspect in found
    ]
    return {"rows": rows, "row_count": len(data.y)}


def _acquisition(asked: Analysis) -> dict[str, Any]:
    assert asked.batch_id is not None, "the database says so"
    estimate = batch_estimate(batch_id=asked.batch_id, now=asked.requested_at)
    return {
        "share": f"{estimate.share:.4g}",
        "added": f"{estimate.added:.4g}",
        "step": f"{estimate.step:.4g}",
    }


def _compression(asked: Analysis) -> dict[str, Any]:
    programme = _classification(asked)
    data = game_data(programme_id=programme.id, players=player_records(asked.run))
    if len(data.y) > COMPRESSION_ROWS_MAX:
        raise AnalysisNotPossible(f"The curve is drawn for at most {COMPRESSION_ROWS_MAX:,} rows.")
    x, y = validation_data(programme_id=programme.id)
    sealed_x, sealed_y = validation_data(programme_id=programme.id, sealed=True)
    points = compression_curve(
        data.x,
        data.y,
        knn_shapley(data.x, data.y, x, y),
        sealed_x,
        sealed_y,
        model=programme.model,
        utility=programme.utility,
        options=programme.model_options,
    )
    names = ("fraction", "kept", "best", "worst", "random", "random_sd")
    return {
        "utility": programme.utility,
        "points": [{name: getattr(point, name) for name in names} for point in points],
    }


def _sealed_share(asked: Analysis) -> dict[str, Any]:
    programme, players = programme_get(asked.run.programme_id), player_records(asked.run)
    if programme.kind == "text":
        raise AnalysisNotPossible("Texts are judged by works, not by rows of a held-out set.")
    data = game_data(programme_id=programme.id, players=players)
    held = [validation_data(programme_id=programme.id, sealed=sealed) for sealed in (False, True)]
    found = held_out_shares(
        partial(_judged, data, programme),
        validation=held[0],
        sealed=held[1],
        utility=utility_named(programme.utility),
        budget=min(asked.run.budget, max(COMPARISON_BUDGET_MAX, 4 * len(players))),
        seed=asked.run.seed,
    )
    columns = (found.shares, found.sealed_shares, found.standard_errors)
    rows = zip(players, found.flagged, found.above_zero, *columns, strict=True)
    return {
        "evaluations": found.evaluations,
        "players": [
            {**_share(player, numbers), "flagged": bool(flagged), "above_zero": bool(above)}
            for player, flagged, above, *numbers in rows
        ],
    }


def _judged(data: Any, programme: Any, x: Any, y: Any, utility: Utility) -> DataGame:
    return DataGame(
        data.x,
        data.y,
        data.owners,
        x,
        y,
        model=programme.model,
        utility=utility,
        n_players=data.n_players,
        options=programme.model_options,
    )


def _share(player: PlayerRecord, numbers: list[Any]) -> dict[str, Any]:
    names = ("share", "sealed_share", "standard_error")
    texts = {name: f"{number:.4f}" for name, number in zip(names, numbers, strict=True)}
    return {"key": player.key, **texts}


def _methods(asked: Analysis) -> dict[str, Any]:
    budget = min(asked.run.budget, COMPARISON_BUDGET_MAX)
    compared = compare(run_game(asked.run), budget=budget, seed=asked.run.seed)
    return {"budget": budget, "methods": [_comparison(one) for one in compared]}


def _comparison(one: Comparison) -> dict[str, Any]:
    known = one.result is not None
    return {
        "method": one.method,
        "refusal": one.refusal,
        "evaluations": one.result.evaluations if one.result else 0,
        "error": None if np.isnan(one.error) else round(one.error, 6),
        "covered": None if np.isnan(one.covered) else round(one.covered, 4),
        "values": [f"{v:.6g}" for v in one.result.values] if one.result and known else [],
    }


def _classification(asked: Analysis) -> Any:
    programme = programme_get(asked.run.programme_id)
    if programme.task != "classification":
        raise AnalysisNotPossible()
    return programme


ANSWERS: dict[str, Callable[[Analysis], dict[str, Any]]] = {
    Analysis.Kind.SUSPECT_ROWS: _suspect_rows,
    Analysis.Kind.ACQUISITION: _acquisition,
    Analysis.Kind.COMPRESSION: _compression,
    Analysis.Kind.METHODS: _methods,
    Analysis.Kind.SEALED_SHARE: _sealed_share,
}

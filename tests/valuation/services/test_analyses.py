"""What a finished run can tell besides values: on real rows, through services and workers."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone
from sklearn.datasets import load_breast_cancer

from contributors.errors import NotFound as NotFoundAnywhere
from contributors.identifiers import uuid7
from valuation.errors import AnalysisNotPossible, NotFound

pytestmark = pytest.mark.django_db
FEATURES = ["radius", "texture", "smoothness", "symmetry"]
COLUMNS = [0, 1, 4, 8]
FLIPPED = 12


def csv(rows: pd.DataFrame) -> io.BytesIO:
    return io.BytesIO(rows.to_csv(index=False).encode())


@pytest.fixture
def cells() -> pd.DataFrame:
    data = load_breast_cancer()
    rows = pd.DataFrame(data.data[:, COLUMNS], columns=FEATURES)
    rows["benign"] = np.where(data.target == 1, "yes", "no")
    return rows.sample(frac=1, random_state=0).reset_index(drop=True)


@pytest.fixture
def run(cells: pd.DataFrame, reviewer: Any, make_user: Any, committed: Any, run_queue: Any) -> Any:
    """Three contributors of 80 rows; the last one's first dozen labels are flipped."""
    from contributors.models import Contributor
    from contributors.services.batches import batch_register
    from contributors.services.consents import consent_give
    from contributors.services.programmes import (
        licence_create,
        programme_create,
        programme_open,
    )
    from contributors.services.validation_sets import validation_set_register
    from valuation.actors import enqueue_valuation_run

    now = timezone.now()
    licence = licence_create(identifier="CC0-1.0", title="CC0", text="Free.", now=now)
    programme = programme_create(
        slug="cells",
        title="Cells",
        licence_id=licence.id,
        currency="EUR",
        feature_columns=FEATURES,
        target_column="benign",
        target_labels=["no", "yes"],
        model="logistic-regression",
        utility="log-loss",
        transform={"kind": "standardise"},
        actor=reviewer,
        now=now,
    )
    for purpose, part in (("validation", cells[240:400]), ("sealed", cells[400:])):
        validation_set_register(
            programme_id=programme.id, purpose=purpose, file=csv(part), actor=reviewer, now=now
        )
    programme_open(programme_id=programme.id, actor=reviewer, now=now)
    for place, name in enumerate(("ann", "ben", "cid")):
        own = cells[80 * place : 80 * place + 80].copy()
        if name == "cid":
            flipped = own["benign"].iloc[:FLIPPED].map({"yes": "no", "no": "yes"})
            own.loc[own.index[:FLIPPED], "benign"] = flipped
        user = make_user(name)
        contributor = Contributor.objects.create(
            code=name, display_name=name, user=user, created_at=now
        )
        who = {"contributor_id": contributor.id, "programme_id": programme.id, "actor": user}
        consent_give(**who, now=now)
        batch_register(**who, file=csv(own), file_label=f"{name}.csv", now=now)
    made = committed(
        enqueue_valuation_run,
        programme_id=programme.id,
        cutoff_at=timezone.now(),
        actor=reviewer,
        now=timezone.now(),
        budget=8,
    )
    run_queue()
    made.refresh_from_db()
    assert made.state == "computed", made.failure
    return made


@pytest.fixture
def ask(committed: Any, run_queue: Any) -> Any:
    from valuation.actors import enqueue_analysis

    def asked(**question: Any) -> Any:
        made = committed(enqueue_analysis, now=timezone.now(), **question)
        run_queue()
        made.refresh_from_db()
        assert made.state == "done", made.failure
        return made.document

    return asked


def batch_of(code: str) -> Any:
    from contributors.models import Batch

    return Batch.objects.get(contributor__code=code)


def test_a_run_through_workers_equals_the_library_on_the_same_rows(run: Any) -> None:
    from contributors.selectors import game_data, validation_data
    from valuation.core import DataGame, value
    from valuation.selectors import player_value_list
    from valuation.selectors.players import player_records
    from valuation.services.values import decimal_text

    data = game_data(programme_id=run.programme_id, players=player_records(run))
    x, y = validation_data(programme_id=run.programme_id)
    expected = value(DataGame(data.x, data.y, data.owners, x, y), method="exact", budget=8)
    stored = player_value_list(run.pk)
    assert [row.value for row in stored] == [decimal_text(v) for v in expected.values]
    assert [row.row_count for row in stored] == [80, 80, 80]


def test_a_contributor_finds_most_flipped_rows_among_the_suspects(run: Any, ask: Any) -> None:
    from contributors.models import User

    cid = User.objects.get(email="cid@example.org")
    found = ask(run_id=run.pk, kind="suspect-rows", batch_id=batch_of("cid").id, actor=cid)
    rows = {suspect["row"] for suspect in found["rows"]}
    assert len(rows) <= 0.2 * found["row_count"]
    assert len(rows & set(range(1, FLIPPED + 1))) >= 0.6 * FLIPPED


def test_suspect_rows_of_anothers_batch_are_not_found(run: Any) -> None:
    from contributors.models import User
    from valuation.services.analyses import analysis_request

    ann = User.objects.get(email="ann@example.org")
    for kind, batch in (("suspect-rows", batch_of("cid").id), ("compression", None)):
        with pytest.raises(NotFoundAnywhere) as refused:
            analysis_request(
                run_id=run.pk, kind=kind, batch_id=batch, actor=ann, now=timezone.now()
            )
        assert refused.value.code == "not_found"


def test_suspect_rows_name_rows_and_reasons_but_no_values(run: Any, ask: Any) -> None:
    from contributors.models import User

    cid = User.objects.get(email="cid@example.org")
    found = ask(run_id=run.pk, kind="suspect-rows", batch_id=batch_of("cid").id, actor=cid)
    assert found["rows"]
    assert {key for row in found["rows"] for key in row} == {"row", "reason", "sentence"}


def test_suspect_rows_of_a_batch_that_did_not_play_in_the_run_are_refused(run: Any) -> None:
    from contributors.models import User
    from valuation.services.analyses import analysis_request

    ann, late = User.objects.get(email="ann@example.org"), batch_of("ann")
    late.pk, late.file_sha256 = uuid7(), "0" * 64
    late.save(force_insert=True)
    with pytest.raises(AnalysisNotPossible, match="did not play"):
        analysis_request(
            run_id=run.pk, kind="suspect-rows", batch_id=late.pk, actor=ann, now=timezone.now()
        )


def test_a_contributor_asks_for_suspect_rows_three_times_a_quarter_and_again_for_nothing(
    run: Any,
) -> None:
    from contributors.models import User
    from valuation.errors import SuspectRowsUsedUp
    from valuation.models import Analysis
    from valuation.services.analyses import SUSPECT_ROWS_WINDOW, analysis_request

    ann, batch, now = User.objects.get(email="ann@example.org"), batch_of("ann"), timezone.now()
    gone = batch_of("ann")
    for number in range(3):  # asked of batches that were withdrawn since
        gone.pk, gone.file_sha256 = uuid7(), f"{number:064}"
        gone.state = "withdrawn"
        gone.save(force_insert=True)
        Analysis.objects.create(
            run=run, kind="suspect-rows", batch=gone, requested_by=ann, requested_at=now
        )
    question = {"run_id": run.pk, "kind": "suspect-rows", "actor": ann}
    assert analysis_request(**question, batch_id=gone.pk, now=now).batch_id == gone.pk
    with pytest.raises(SuspectRowsUsedUp):
        analysis_request(**question, batch_id=batch.pk, now=now)
    analysis_request(**question, batch_id=batch.pk, now=now + SUSPECT_ROWS_WINDOW)


def test_suspect_rows_without_a_batch_are_refused(run: Any, reviewer: Any) -> None:
    from valuation.services.analyses import analysis_request

    with pytest.raises(AnalysisNotPossible):
        analysis_request(run_id=run.pk, kind="suspect-rows", actor=reviewer, now=timezone.now())


def test_an_unfinished_run_answers_nothing(run: Any, reviewer: Any) -> None:
    import uuid

    from valuation.services.analyses import analysis_request

    with pytest.raises(NotFound):
        analysis_request(
            run_id=uuid.uuid4(), kind="compression", actor=reviewer, now=timezone.now()
        )


def test_acquisition_prices_a_batch_without_showing_a_row(
    run: Any, ask: Any, reviewer: Any
) -> None:
    offers = {
        name: ask(run_id=run.pk, kind="acquisition", batch_id=batch_of(name).id, actor=reviewer)
        for name in ("ann", "cid")
    }
    assert set(offers["ann"]) == {"share", "added", "step"}
    assert 0 <= float(offers["cid"]["share"]) < float(offers["ann"]["share"]) <= 1


def test_compression_keeps_the_best_rows_beside_random_ones(
    run: Any, ask: Any, reviewer: Any
) -> None:
    points = ask(run_id=run.pk, kind="compression", actor=reviewer)["points"]
    assert [point["fraction"] for point in points][-1] == 1.0
    full, half = points[-1], next(point for point in points if point["fraction"] == 0.5)
    assert full["best"] == pytest.approx(full["random"])
    assert half["best"] > half["worst"]


def test_methods_stand_side_by_side_with_their_error(run: Any, ask: Any, reviewer: Any) -> None:
    rows = ask(run_id=run.pk, kind="methods", actor=reviewer)["methods"]
    exact = next(row for row in rows if row["method"] == "exact")
    assert exact["error"] == pytest.approx(0, abs=1e-9) and exact["evaluations"] == 8


def test_a_preview_is_answered_in_steps_and_counted(
    run: Any, committed: Any, run_queue: Any
) -> None:
    from contributors.errors import PreviewsUsedUp
    from contributors.models import User
    from valuation.actors import enqueue_preview

    ann = User.objects.get(email="ann@example.org")
    asked = {"batch_id": batch_of("ann").id, "period_code": "2026-Q4", "actor": ann}
    previews = [committed(enqueue_preview, **asked, now=timezone.now()) for _ in range(3)]
    run_queue()
    for preview in previews:
        preview.refresh_from_db()
    assert len({preview.answer for preview in previews}) == 1 and previews[0].answer
    with pytest.raises(PreviewsUsedUp):
        enqueue_preview(**asked, now=timezone.now())


def test_locking_values_compares_every_share_with_the_sealed_set_and_shows_it_to_staff_alone(
    run: Any, reviewer: Any, committed: Any, run_queue: Any, client: Any
) -> None:
    from contributors.models import User
    from valuation.actors import enqueue_valuation_run_lock
    from valuation.models import Analysis
    from valuation.selectors import player_value_list, sealed_shares

    committed(enqueue_valuation_run_lock, run_id=run.pk, actor=reviewer, now=timezone.now())
    assert sealed_shares(run.pk) == {}
    run_queue()
    found = sealed_shares(run.pk)
    values = [max(float(row.value), 0.0) for row in player_value_list(run.pk)]
    shares = [float(found[code].share) for code in ("ann", "ben", "cid")]
    assert shares == pytest.approx(np.array(values) / sum(values), abs=1e-4)
    assert all(0 < float(row.standard_error) < 1 for row in found.values() if float(row.share))
    client.force_login(reviewer)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "Shares on the sealed set" in page
    client.force_login(User.objects.get(email="ann@example.org"))
    assert "sealed set" not in client.get(f"/runs/{run.pk}/").content.decode()
    assert client.get(f"/api/v1/valuation-runs/{run.pk}/analyses/").json() == []
    enqueue_valuation_run_lock(run_id=run.pk, actor=reviewer, now=timezone.now())
    assert Analysis.objects.count() == 1


def test_a_question_whose_message_was_lost_is_sent_again_and_answered_once(
    run: Any, reviewer: Any, run_queue: Any
) -> None:
    from valuation import actors
    from valuation.services.analyses import analysis_request

    asked_at = timezone.now() - actors.ANSWER_WITHIN
    asked = analysis_request(
        run_id=run.id, kind="methods", batch_id=None, actor=reviewer, now=asked_at
    )
    actors.resume_answers.fn()
    actors.resume_answers.fn()
    assert run_queue() == 2
    asked.refresh_from_db()
    assert asked.state == "done"
    actors.resume_answers.fn()
    assert run_queue() == 0

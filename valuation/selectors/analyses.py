"""Questions about runs, with their answers, as frozen rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from valuation.models import Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisRecord:
    """One question; `document` is None until it is done."""

    id: UUID
    run_id: UUID
    kind: str
    batch_id: UUID | None
    state: str
    document: dict[str, Any] | None
    failure_code: str
    failure: str
    requested_at: datetime
    done_at: datetime | None


def analysis_list(
    *, user: Any, run_id: UUID | None = None, batch_id: UUID | None = None
) -> tuple[AnalysisRecord, ...]:
    """The questions this user may see about a run or a batch, the newest first. One query."""
    asked = Analysis.objects.visible_to(user)
    if run_id is not None:
        asked = asked.filter(run_id=run_id)
    if batch_id is not None:
        asked = asked.filter(batch_id=batch_id)
    return tuple(analysis_record(one) for one in asked.order_by("-id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedShare:
    """A player's share on the validation set and on the sealed set; decimal texts.

    `above_zero`: whether the rows that judge tell the value from 0.
    """

    key: str
    share: str
    sealed_share: str
    standard_error: str
    flagged: bool
    above_zero: bool


def sealed_shares(run_id: UUID) -> dict[str, SealedShare]:
    """Shares on both held-out sets by the player's key; empty while not compared. One query."""
    done = Analysis.objects.filter(run_id=run_id, kind="sealed-share", state="done").first()
    rows = (done.document or {})["players"] if done else ()
    return {row["key"]: SealedShare(**row) for row in rows}


def analysis_record(one: Analysis) -> AnalysisRecord:
    """The row as others read it. No query."""
    return AnalysisRecord(
        id=one.id,
        run_id=one.run_id,
        kind=one.kind,
        batch_id=one.batch_id,
        state=one.state,
        document=one.document,
        failure_code=one.failure_code,
        failure=one.failure,
        requested_at=one.requested_at,
        done_at=one.done_at,
    )

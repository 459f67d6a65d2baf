"""The royalty run: calculated, submitted, approved by somebody else, posted, stated.

Every step can be asked for twice; the second time gives the first answer. Locks are taken
in one order: run, statement series, journal.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger.core.reasons import Reason
from ledger.core.royalties import (
    DECISIONS,
    LineDraft,
    Member,
    Player,
    split_pool,
)
from ledger.errors import (
    ApprovalVoid,
    DuplicatesUnresolved,
    NotFound,
    PeriodNotFrozen,
    PoolHasRun,
    PoolNotRoyalty,
    ProgrammeDiffers,
    RejectionUnexplained,
    RunNotInState,
    ValuesNotLocked,
)
from ledger.models import Approval, Period, Pool, RoyaltyLine, RoyaltyRun
from ledger.selectors.duplicates import unresolved_clusters
from ledger.selectors.royalties import carried_values, lines_hash, stored_line_drafts
from ledger.services.roles import refuse_own_work, require_role
from ledger.services.royalty_posting import royalty_run_post
from ledger.services.states import state_move
from valuation import selectors as valuations

logger = logging.getLogger(__name__)
State = RoyaltyRun.State
POSTED = (State.POSTED, State.CLOSED)


def royalty_run_calculate(
    *, pool_id: UUID, valuation_run_id: UUID, actor: Any, now: datetime
) -> RoyaltyRun:
    """The pool has a run with its lines, or one that names why it needs a decision.

    Raises
    ------
    PoolHasRun
        If the pool has a run of other values that was not rejected.
    ValuesNotLocked, ProgrammeDiffers, PoolNotRoyalty, PeriodNotFrozen
    """
    require_role(actor, "reviewer")
    with transaction.atomic():
        pool = _locked_pool(pool_id)
        live = pool.royalty_runs.exclude(state=State.REJECTED).first()
        if live is not None:
            if live.valuation_run_id != valuation_run_id:
                raise PoolHasRun(royalty_run_id=str(live.id))
            return live
        _check_pool(pool)
        values = valuations.valuation_run_get(valuation_run_id)
        _check_values(pool, values)
        run = _run_create(pool, values, actor, now)
    logger.info("A royalty run was calculated.", extra={"royalty_run_id": str(run.id)})
    return run


def royalty_run_decide(*, run_id: UUID, note: str, actor: Any, now: datetime) -> RoyaltyRun:
    """A run without surplus is calculated all the same, because a reviewer said why.

    Only `no_surplus` can be decided so; where no value is positive there is nothing to
    split by, and the run can only be rejected.
    """
    require_role(actor, "reviewer")
    if not note.strip():
        raise RejectionUnexplained
    with transaction.atomic():
        run = _locked(run_id)
        if run.state != State.NEEDS_DECISION or run.decision_code != "no_surplus":
            raise RunNotInState(state=run.state, decision=run.decision_code)
        # Lines belong to a draft, so what goes on is a new run of the same values.
        _move(run, State.REJECTED, actor, now, reason=note, decided_by=actor, decision_note=note)
        values = valuations.valuation_run_get(run.valuation_run_id)
        again = _run_create(run.pool, values, actor, now, decision_note=note, decided_by=actor)
    return again


def royalty_run_submit(*, run_id: UUID, actor: Any, now: datetime) -> RoyaltyRun:
    """The run waits for an approver.

    Raises
    ------
    DuplicatesUnresolved
        If contributors who may be one hold more than 1 % of the pool.
    """
    require_role(actor, "reviewer")
    with transaction.atomic():
        run = _locked(run_id)
        if run.state == State.IN_REVIEW:
            return run
        _refuse_duplicates(run)
        _move(run, State.IN_REVIEW, actor, now, submitted_by=actor, submitted_at=now)
    return run


def royalty_run_approve(*, run_id: UUID, actor: Any, now: datetime, note: str = "") -> RoyaltyRun:
    """The run is posted and its statements are issued, in one transaction, once.

    Raises
    ------
    OwnWork
        If the approver calculated or submitted it or is paid by it; the database refuses both too.
    ApprovalVoid
        If the lines are not those that were calculated.
    DuplicatesUnresolved
        If contributors who may be one hold more than 1 % of the pool.
    """
    require_role(actor, "approver")
    with transaction.atomic():
        run = _locked(run_id)
        if run.state in POSTED:
            return run
        payees = run.lines.values_list("contributor__user_id", flat=True)
        refuse_own_work(actor, run.created_by_id, run.submitted_by_id, *payees)
        if run.state != State.IN_REVIEW:
            raise RunNotInState(state=run.state, wanted=State.APPROVED)
        _refuse_duplicates(run)
        approval = _approve(run, Approval.Decision.APPROVED, note, actor, now)
        _move(
            run, State.APPROVED, actor, now, approved_by=actor, approved_at=now, approval=approval
        )
        royalty_run_post(run, actor=actor, now=now)
        _move(run, State.POSTED, actor, now)
    logger.info("A royalty run was approved.", extra={"royalty_run_id": str(run.id)})
    return run


def royalty_run_reject(*, run_id: UUID, note: str, actor: Any, now: datetime) -> RoyaltyRun:
    """The run is over and its pool free for another one; nothing was posted."""
    require_role(actor, "approver", "reviewer")
    if not note.strip():
        raise RejectionUnexplained
    with transaction.atomic():
        run = _locked(run_id)
        if run.state == State.REJECTED:
            return run
        if run.state == State.IN_REVIEW:
            require_role(actor, "approver")
            refuse_own_work(actor, run.created_by_id, run.submitted_by_id)
            _approve(run, Approval.Decision.REJECTED, note, actor, now)
        _move(run, State.REJECTED, actor, now, reason=note)
    return run


def royalty_run_close(*, run_id: UUID, actor: Any, now: datetime) -> RoyaltyRun:
    """The run takes no more part in anything: every statement of it is final."""
    require_role(actor, "reviewer")
    with transaction.atomic():
        run = _locked(run_id)
        if run.state == State.CLOSED:
            return run
        if run.statements.exclude(state__in=["final", "superseded"]).exists():
            raise RunNotInState("A statement of the run is not final yet.", state=run.state)
        _move(run, State.CLOSED, actor, now)
    return run


def player_drafts(values: Sequence[valuations.PlayerValueRecord]) -> tuple[Player, ...]:
    """The players of a valuation run as the split takes them."""
    return tuple(
        Player(
            key=value.key,
            value=value.value,
            standard_error=value.standard_error,
            members=tuple(
                Member(
                    contributor_id=str(member.contributor_id),
                    code=member.code,
                    row_count=member.row_count,
                    weight=member.weight,
                    first_accepted_at=member.first_accepted_at.isoformat()
                    if member.first_accepted_at
                    else "",
                )
                for member in value.members
            ),
        )
        for value in values
    )


def _locked_pool(pool_id: UUID) -> Pool:
    pool = (
        Pool.objects.select_for_update(of=("self",))
        .select_related("period", "policy")
        .filter(id=pool_id)
        .first()
    )
    if pool is None:
        raise NotFound(pool_id=str(pool_id))
    return pool


def _locked(run_id: UUID) -> RoyaltyRun:
    run = (
        RoyaltyRun.objects.select_for_update(of=("self",))
        .select_related("pool__period", "pool__policy")
        .filter(id=run_id)
        .first()
    )
    if run is None:
        raise NotFound(royalty_run_id=str(run_id))
    return run


def _check_pool(pool: Pool) -> None:
    if pool.kind != Pool.Kind.ROYALTY:
        raise PoolNotRoyalty(pool=pool.code)
    if pool.period.status != Period.Status.FROZEN:
        raise PeriodNotFrozen(period=pool.period.code, status=pool.period.status)


def _check_values(pool: Pool, values: valuations.ValuationRunRecord) -> None:
    if values.programme_id != pool.programme_id:
        raise ProgrammeDiffers(pool=pool.code)
    if values.state != "locked":
        raise ValuesNotLocked(state=values.state)


def _refuse_duplicates(run: RoyaltyRun) -> None:
    blocking = [each for each in unresolved_clusters(run) if each.blocks]
    if blocking:
        raise DuplicatesUnresolved(errors=[each.as_error() for each in blocking])


def _run_create(
    pool: Pool, values: valuations.ValuationRunRecord, actor: Any, now: datetime, **fields: Any
) -> RoyaltyRun:
    """The run is there with its lines, calculated or with the reason for a decision.

    `fields` are set where a reviewer decided that a run without surplus goes on.
    """
    players = player_drafts(valuations.player_value_list(values.id))
    policy = pool.policy.as_policy()
    copied = policy.as_record()
    split = split_pool(
        pool_minor=pool.amount_minor,
        policy=policy,
        players=players,
        empty=values.empty,
        grand=values.grand,
        memos=carried_values(pool.programme_id),
        accept_no_surplus=bool(fields),
    )
    run = RoyaltyRun.objects.create(
        pool=pool,
        valuation_run_id=values.id,
        policy=pool.policy,
        policy_record=copied,
        values_digest=values.values_digest,
        empty=values.empty,
        grand=values.grand,
        fee_minor=split.fee_minor,
        lines_hash=lines_hash(
            split.lines, fee_minor=split.fee_minor, policy=policy.as_record(), pool=pool
        ),
        decision_code=split.decision,
        decision_sentence=DECISIONS.get(split.decision, ""),
        created_by=actor,
        created_at=now,
        **fields,
    )
    _lines_create(run, split.lines, players)
    _move(run, State.NEEDS_DECISION if split.decision else State.CALCULATED, actor, now)
    return run


def _lines_create(run: RoyaltyRun, lines: Sequence[LineDraft], players: Sequence[Player]) -> None:
    rows = {
        (player.key, member.contributor_id): member.row_count
        for player in players
        for member in player.members
    }
    RoyaltyLine.objects.bulk_create(
        (
            _line(run, position, line, rows[line.player_key, line.contributor_id])
            for position, line in enumerate(lines, start=1)
        ),
        batch_size=1_000,
    )


def _line(run: RoyaltyRun, position: int, line: LineDraft, row_count: int) -> RoyaltyLine:
    return RoyaltyLine(
        run=run,
        position=position,
        contributor_id=line.contributor_id,
        code=line.code,
        player_key=line.player_key,
        row_count=row_count,
        value=line.value,
        standard_error=line.standard_error,
        weight=line.weight,
        quota=line.quota,
        gross_minor=line.gross_minor,
        held_minor=line.held_minor,
        debit_minor=line.debit_minor,
        carried_value=line.carried_value,
        reason_code=line.reason.code if line.reason else "",
        reason=_plain(line.reason),
        held_reason_code=line.held_reason.code if line.held_reason else "",
        held_reason=_plain(line.held_reason),
    )


def _plain(reason: Reason | None) -> dict[str, str] | None:
    return asdict(reason) if reason else None


def _approve(run: RoyaltyRun, decision: str, note: str, actor: Any, now: datetime) -> Approval:
    """The decision stands beside the hash of what it decided on, recomputed from the rows."""
    found = lines_hash(
        stored_line_drafts(run), fee_minor=run.fee_minor, policy=run.policy_record, pool=run.pool
    )
    if found != run.lines_hash:
        raise ApprovalVoid(royalty_run_id=str(run.id))
    assert run.submitted_by is not None
    return Approval.objects.create(
        subject_type="royalty_run",
        subject_id=run.id,
        subject_hash=found,
        prepared_by=run.submitted_by,
        approver=actor,
        decision=decision,
        note=note,
        at=now,
    )


def _move(
    run: RoyaltyRun, to_state: str, actor: Any, now: datetime, reason: str = "", **fields: Any
) -> None:
    state_move(
        run,
        to_state,
        subject="royalty_run",
        events=run.events,
        actor=actor,
        now=now,
        refusal=RunNotInState,
        reason=reason,
        **fields,
    )

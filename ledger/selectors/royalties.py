"""Runs, their lines and what they would pay, as frozen rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from contributors.selectors import contributors_who_left
from ledger.core.policy import Policy
from ledger.core.reasons import Reason
from ledger.core.records import amounts_of, canonical, digest, line_records
from ledger.core.royalties import LineDraft
from ledger.core.statements import Opening, StatementDraft, draft_statement
from ledger.errors import NotFound
from ledger.models import RoyaltyLine, RoyaltyRun, Statement
from ledger.selectors.openings import openings
from ledger.selectors.tax import tax_positions


@dataclass(frozen=True, slots=True, kw_only=True)
class RoyaltyRunRecord:
    """A run as pages, the API and the demo see it; amounts in minor units."""

    id: UUID
    pool_id: UUID
    pool_code: str
    period: str
    programme_id: UUID | None
    valuation_run_id: UUID
    currency: str
    pool_minor: int
    fee_minor: int
    gross_minor: int
    held_minor: int
    line_count: int
    state: str
    policy: Policy
    policy_name: str
    empty: str
    grand: str
    values_digest: str
    lines_hash: str
    decision_code: str
    decision_sentence: str
    decision_note: str
    created_by_id: UUID
    created_at: datetime
    submitted_by_id: UUID | None
    submitted_at: datetime | None
    approved_by_id: UUID | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoyaltyLineRecord:
    """One contributor's line, with what the statement makes (or would make) of it.

    `share_bp` is the share of the distributable pool in basis points, for display.
    """

    position: int
    contributor_id: UUID
    code: str
    player_key: str
    row_count: int
    value: str
    standard_error: str
    quota: str
    gross_minor: int
    held_minor: int
    debit_minor: int
    share_bp: int
    reason: dict[str, str] | None
    held_reason: dict[str, str] | None


def royalty_run_list(*, user: Any, limit: int = 100) -> tuple[RoyaltyRunRecord, ...]:
    """The newest runs that this user may see. Two queries."""
    runs = RoyaltyRun.objects.visible_to(user).select_related("pool__period", "policy")
    return run_records(runs.order_by("-id")[:limit])


def royalty_run_get(run_id: UUID, *, user: Any = None) -> RoyaltyRunRecord:
    """One run; as seen by `user` if one is named. Two queries.

    Raises
    ------
    NotFound
    """
    runs = RoyaltyRun.objects.all() if user is None else RoyaltyRun.objects.visible_to(user)
    found = run_records(runs.select_related("pool__period", "policy").filter(id=run_id))
    if not found:
        raise NotFound(royalty_run_id=str(run_id))
    return found[0]


def royalty_line_list(run_id: UUID) -> tuple[RoyaltyLineRecord, ...]:
    """The lines of a run by position. Two queries."""
    run = RoyaltyRun.objects.select_related("pool").get(id=run_id)
    distributable = max(run.pool.amount_minor - run.fee_minor, 1)
    return tuple(
        RoyaltyLineRecord(
            position=line.position,
            contributor_id=line.contributor_id,
            code=line.code,
            player_key=line.player_key,
            row_count=line.row_count,
            value=line.value,
            standard_error=line.standard_error,
            quota=line.quota,
            gross_minor=line.gross_minor,
            held_minor=line.held_minor,
            debit_minor=line.debit_minor,
            share_bp=line.gross_minor * 10_000 // distributable,
            reason=line.reason,
            held_reason=line.held_reason,
        )
        for line in RoyaltyLine.objects.filter(run_id=run_id).order_by("position")
    )


def royalty_run_preview(run_id: UUID) -> tuple[StatementDraft, ...]:
    """The statements that approving the run now would issue, by code. Constant queries."""
    run = RoyaltyRun.objects.select_related("pool__period").get(id=run_id)
    return statement_drafts(run)


def preview_row(draft: StatementDraft, currency: str) -> dict[str, Any]:
    """One preview as plain data."""
    return {
        "contributor": draft.contributor_id,
        "code": draft.code,
        "amounts": {
            name.removesuffix("_minor"): {"amount_minor": amount, "currency": currency}
            for name, amount in amounts_of(draft).items()
        },
        "lines": line_records(draft),
    }


def statement_drafts(run: RoyaltyRun) -> tuple[StatementDraft, ...]:
    """The statements of a run from its stored lines and the journal as it stands, by code.

    Everybody with a line, and everybody whose balance moved since the last statement.
    """
    currency, period = run.pool.currency, run.pool.period
    standing = openings(period=period, currency=currency)
    lines, codes = _lines_by_contributor(run)
    moved = {party for party, opening in standing.items() if opening.movements}
    codes |= _codes(moved - set(codes))
    tax = tax_positions(contributor_ids=codes, on=period.ends_on)
    left = {str(each) for each in contributors_who_left()}
    drafts = [
        draft_statement(
            contributor_id=party,
            code=code,
            lines=lines.get(party, ()),
            opening=replace(
                tax.apply(party, standing.get(party, Opening())), leaving=party in left
            ),
            policy=run.as_policy(),
            currency=currency,
        )
        for party, code in codes.items()
    ]
    return tuple(sorted(drafts, key=lambda draft: draft.code))


def stored_line_drafts(run: RoyaltyRun) -> tuple[LineDraft, ...]:
    """The lines of a run as they were computed. One query."""
    return tuple(_line_draft(line) for line in run.lines.order_by("position"))


def lines_hash(
    lines: Iterable[LineDraft], *, fee_minor: int, policy: Mapping[str, Any], pool: Any
) -> str:
    """What an approval of a run approves: pool, policy as copied, fee and every line."""
    return digest(
        canonical(
            {
                "pool": [str(pool.id), pool.currency, pool.amount_minor],
                "policy": policy,
                "fee_minor": fee_minor,
                "lines": [
                    [
                        line.player_key, line.contributor_id, line.value, line.standard_error,
                        line.weight, line.quota, line.gross_minor, line.held_minor,
                        line.debit_minor, line.carried_value,
                    ]
                    for line in lines
                ],
            }
        )
    )  # fmt: skip


def carried_values(programme_id: UUID | None, *, before: UUID | None = None) -> dict[str, str]:
    """What negative values of earlier runs left for later ones, by player key. Two queries.

    `before` names a run, to see what there was when it was calculated.
    """
    runs = RoyaltyRun.objects.filter(pool__programme=programme_id, state__in=["posted", "closed"])
    last = (runs.filter(id__lt=before) if before else runs).order_by("-id").first()
    if last is None:
        return {}
    rows = last.lines.exclude(carried_value="0").values_list("player_key", "carried_value")
    return dict(rows)


def run_records(runs: Iterable[RoyaltyRun]) -> tuple[RoyaltyRunRecord, ...]:
    """Runs as others read them; their pools, periods and policies are loaded. One query."""
    chosen = list(runs)
    sums: dict[Any, dict[str, Any]] = {
        row["run_id"]: dict(row)
        for row in RoyaltyLine.objects.filter(run__in=chosen)
        .values("run_id")
        .annotate(gross=Sum("gross_minor"), held=Sum("held_minor"), n=Count("id"))
        .order_by("run_id")
    }
    return tuple(_record(run, sums.get(run.id, {"gross": 0, "held": 0, "n": 0})) for run in chosen)


def _record(run: RoyaltyRun, sums: dict[str, Any]) -> RoyaltyRunRecord:
    return RoyaltyRunRecord(
        id=run.id,
        pool_id=run.pool_id,
        pool_code=run.pool.code,
        period=run.pool.period.code,
        programme_id=run.pool.programme_id,
        valuation_run_id=run.valuation_run_id,
        currency=run.pool.currency,
        pool_minor=run.pool.amount_minor,
        fee_minor=run.fee_minor,
        gross_minor=int(sums["gross"]),
        held_minor=int(sums["held"]),
        line_count=sums["n"],
        state=run.state,
        policy=run.as_policy(),
        policy_name=str(run.policy),
        empty=run.empty,
        grand=run.grand,
        values_digest=run.values_digest,
        lines_hash=run.lines_hash,
        decision_code=run.decision_code,
        decision_sentence=run.decision_sentence,
        decision_note=run.decision_note,
        created_by_id=run.created_by_id,
        created_at=run.created_at,
        submitted_by_id=run.submitted_by_id,
        submitted_at=run.submitted_at,
        approved_by_id=run.approved_by_id,
        approved_at=run.approved_at,
    )


def _lines_by_contributor(
    run: RoyaltyRun,
) -> tuple[dict[str, Sequence[LineDraft]], dict[str, str]]:
    lines: dict[str, list[LineDraft]] = defaultdict(list)
    for line in stored_line_drafts(run):
        lines[line.contributor_id].append(line)
    return dict(lines), {party: each[0].code for party, each in lines.items()}


def _codes(parties: set[str]) -> dict[str, str]:
    """The public codes of people who have money but no line in the run."""
    rows = Statement.objects.filter(contributor_id__in=parties)
    return {
        str(contributor_id): code
        for contributor_id, code in rows.values_list("contributor_id", "contributor__code")
    }


def _line_draft(line: RoyaltyLine) -> LineDraft:
    return LineDraft(
        player_key=line.player_key,
        contributor_id=str(line.contributor_id),
        code=line.code,
        value=line.value,
        standard_error=line.standard_error,
        weight=line.weight,
        quota=line.quota,
        gross_minor=line.gross_minor,
        held_minor=line.held_minor,
        debit_minor=line.debit_minor,
        carried_value=line.carried_value,
        reason=Reason(**line.reason) if line.reason else None,
        held_reason=Reason(**line.held_reason) if line.held_reason else None,
    )

"""The facts of a run that all its statements share, and the record of one statement."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ledger.core.reasons import Reason
from ledger.core.records import (
    SCHEMA,
    OrderedValues,
    amounts_of,
    bands,
    explanation,
    interval,
    line_records,
    weight_total,
)
from ledger.core.statements import StatementDraft, StatementLineDraft
from ledger.models import JournalEntry, RoyaltyLine, RoyaltyRun
from valuation import selectors as valuations

# Methods whose values are exact have no interval; each says so by errors of 0 throughout.
ZERO = ("0", "0.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What every statement of one run says."""

    run: RoyaltyRun
    shared: dict[str, Any]
    values: dict[str, list[dict[str, Any]]]  # by contributor id
    all_values: OrderedValues
    evaluations: int
    exact: bool
    chain_seq: int
    chain_head: str
    issued_at: datetime
    dispute_until: datetime


def run_facts(
    run: RoyaltyRun, *, entries: Sequence[JournalEntry], statement_count: int, now: datetime
) -> RunFacts:
    """Read everything that the statements of a run share. Constant queries."""
    valuation = valuations.valuation_run_get(run.valuation_run_id)
    head = JournalEntry.objects.order_by("-seq").values_list("seq", "hash").first()
    assert head is not None, "a posted run has entries"
    lines = list(run.lines.order_by("position"))
    window = timedelta(days=run.as_policy().dispute_window_days)
    return RunFacts(
        run=run,
        shared=_shared(run, valuation, entries, lines, statement_count),
        values=_values(lines),
        all_values=OrderedValues.of(
            {line.player_key: line.value for line in lines}.values()  # one for each player
        ),
        evaluations=valuation.evaluations,
        exact=all(line.standard_error in ZERO for line in lines),
        chain_seq=head[0],
        chain_head=head[1],
        issued_at=now,
        dispute_until=now + window,
    )


def draft_of_record(record: dict[str, Any]) -> StatementDraft:
    """The statement that a record states, as it was drafted."""
    lines = tuple(
        StatementLineDraft(
            kind=line["kind"],
            amount_minor=line["amount_minor"],
            reason=Reason(**line["reason"]) if line["reason"] else None,
            reference=line["reference"],
        )
        for line in record["lines"]
    )
    return StatementDraft(
        contributor_id=record["contributor"]["id"],
        code=record["contributor"]["code"],
        advance_left_minor=record["advance_left_minor"],
        clawback_left_minor=record["clawback_left_minor"],
        lines=lines,
        **record["summary"],
    )


def statement_record(
    draft: StatementDraft, facts: RunFacts, series: str, number: str
) -> dict[str, Any]:
    """The record of one statement: everything that its files show, as plain data. No query."""
    own = facts.values.get(draft.contributor_id, [])
    others = facts.all_values.without({each["player"]: each["value"] for each in own}.values())
    return {
        "schema": SCHEMA,
        "series": series,
        "number": number,
        "version": 1,
        "supersedes": None,
        "issued_at": facts.issued_at.isoformat(),
        "dispute_until": facts.dispute_until.isoformat(),
        "contributor": {"id": draft.contributor_id, "code": draft.code},
        "summary": amounts_of(draft),
        "advance_left_minor": draft.advance_left_minor,
        "clawback_left_minor": draft.clawback_left_minor,
        "lines": line_records(draft),
        "values": own,
        "others": bands(others),
        "explanation": explanation(
            values=own, others=others, evaluations=facts.evaluations, exact=facts.exact
        ),
        "journal": {"seq": facts.chain_seq, "head": facts.chain_head},
        **facts.shared,
    }


def _shared(
    run: RoyaltyRun,
    valuation: valuations.ValuationRunRecord,
    entries: Sequence[JournalEntry],
    lines: Sequence[RoyaltyLine],
    statement_count: int,
) -> dict[str, Any]:
    pool, period = run.pool, run.pool.period
    return {
        "currency": pool.currency,
        "period": {
            "code": period.code,
            "starts_on": period.starts_on.isoformat(),
            "ends_on": period.ends_on.isoformat(),
        },
        "payer": pool.funder,
        "programme": valuation.programme_title,
        "pool": {
            "code": pool.code,
            "amount_minor": pool.amount_minor,
            "fee_minor": run.fee_minor,
            "distributable_minor": pool.amount_minor - run.fee_minor,
        },
        "policy": {"version": str(run.policy), **run.policy_record},
        "royalty_run": {"id": str(run.id), "lines_hash": run.lines_hash},
        "valuation_run": {
            "id": str(valuation.id),
            "utility": valuation.utility,
            "model": valuation.model,
            "method": valuation.method,
            "reason": valuation.reason,
            "evaluations": valuation.evaluations,
            "n_players": valuation.n_players,
            "seed": valuation.seed,
            "empty": valuation.empty,
            "grand": valuation.grand,
            "cutoff_at": valuation.cutoff_at.isoformat(),
            "values_digest": valuation.values_digest,
            "game_digest": valuation.game_digest,
        },
        "entries": [{"seq": entry.seq, "event": entry.event} for entry in entries],
        "control": {
            "statement_count": statement_count,
            "gross_total_minor": sum(line.gross_minor for line in lines),
            "fee_minor": run.fee_minor,
            "pool_minor": pool.amount_minor,
            "weight_total": weight_total({line.player_key: line.weight for line in lines}),
        },
    }


def _values(lines: Sequence[RoyaltyLine]) -> dict[str, list[dict[str, Any]]]:
    values: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        low, high = interval(line.value, line.standard_error)
        values[str(line.contributor_id)].append(
            {
                "player": line.player_key,
                "row_count": line.row_count,
                "value": line.value,
                "standard_error": line.standard_error,
                "low": low,
                "high": high,
                "weight": line.weight,
                "quota": line.quota,
                "gross_minor": line.gross_minor,
                "held_minor": line.held_minor,
            }
        )
    return dict(values)

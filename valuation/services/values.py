"""Values: rounded once, stored as decimal text, recomputable from the shards."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

import numpy as np

from contributors.errors import BatchErased
from valuation.core import Result
from valuation.core.axioms import efficiency_gap
from valuation.models import Player, PlayerValue, ShardState, ValuationRun
from valuation.services.rounds import known_utilities, run_plan, run_plan_without_rows

# Enough for the cents of any pool, few enough that libraries' last bits do not show.
DIGITS = 12


def decimal_text(number: float) -> str:
    """The number rounded to 12 significant digits, without an exponent.

    >>> decimal_text(0.1 + 0.2), decimal_text(-1.5e-7), decimal_text(0.0)
    ('0.3', '-0.00000015', '0')
    """
    rounded = np.float64(f"{number:.{DIGITS}g}")
    return np.format_float_positional(rounded, trim="-") if rounded else "0"


def values_store(*, run: ValuationRun, result: Result) -> None:
    """The values of the result are the run's, with how they came about; not yet saved."""
    texts = _texts(result)
    players = Player.objects.filter(run=run).order_by("index")
    PlayerValue.objects.bulk_create(
        PlayerValue(run=run, player=player, value=value, standard_error=error)
        for player, (value, error) in zip(players, texts, strict=True)
    )
    run.method, run.reason = result.method, result.reason
    run.empty, run.grand = decimal_text(result.empty), decimal_text(result.grand)
    run.evaluations, run.reused, run.untrainable = _counts(run)
    run.efficiency_gap = float(efficiency_gap(result))
    run.details = {name: _plain(detail) for name, detail in result.details.items()}
    run.values_digest = values_digest(texts)


def values_digest(texts: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of the values and standard errors, one line a player."""
    lines = "".join(f"{value} {error}\n" for value, error in texts)
    return hashlib.sha256(lines.encode()).hexdigest()


def values_recompute(run_id: UUID) -> tuple[tuple[str, str, str], ...]:
    """(key, value, standard error) of each player, computed anew from the stored shards.

    Nothing is evaluated: v(S) is read, everything after it is done again, also where rows
    were erased since, unless the method looked at rows.

    Raises
    ------
    BatchErased
    """
    run = ValuationRun.objects.select_related("game").get(pk=run_id)
    try:
        plan = run_plan(run)
    except BatchErased:
        plan = run_plan_without_rows(run)
    step = plan.advance(known_utilities(run), stop=run.deadline_s is not None)
    assert isinstance(step, Result), "a computed run lacks none of its coalitions"
    keys = run.players.order_by("index").values_list("key", flat=True)
    return tuple(
        (key, value, error) for key, (value, error) in zip(keys, _texts(step), strict=True)
    )


def _texts(result: Result) -> list[tuple[str, str]]:
    pairs = zip(result.values, result.standard_errors, strict=True)
    return [(decimal_text(value), decimal_text(error)) for value, error in pairs]


def _counts(run: ValuationRun) -> tuple[int, int, int]:
    """Evaluations, those found in the memo, those that could not train."""
    evaluations = reused = untrainable = 0
    for shard in run.shards.filter(state=ShardState.DONE).defer("coalitions", "utilities"):
        evaluations += shard.coalition_count
        reused += shard.coalition_count if shard.from_memo else 0
        assert shard.untrainable is not None, "the database says a finished shard has them"
        untrainable += bytes(shard.untrainable).count(1)
    return evaluations, reused, untrainable


def _plain(detail: object) -> object:
    if isinstance(detail, np.generic):
        return detail.item()
    if isinstance(detail, np.ndarray):
        return detail.tolist()
    return detail

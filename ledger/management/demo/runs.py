"""The demo's valuation runs: one of the flights, one of each text."""

from datetime import datetime
from uuid import UUID

from contributors.models import Programme, User
from contributors.selectors import work_list
from valuation.actors import enqueue_valuation_run
from valuation.models import RunState, ValuationRun

# Sixteen players have 65,536 coalitions; with 1,000 the intervals are below a tenth of a share.
FLIGHTS_BUDGET = 1_000
# Ten authors have 1,024 coalitions, and a bigram model of all of them costs a fraction of a second.
SPEECHES_BUDGET = 1_024
UNUSABLE = (RunState.FAILED, RunState.CANCELLED, RunState.SUPERSEDED)


def flights_run(programme: Programme, reviewer: User, now: datetime) -> UUID:
    """The run of the flights, started unless it was."""
    return _run(programme, reviewer, now, budget=FLIGHTS_BUDGET, work="")


def speeches_runs(programme: Programme, reviewer: User, now: datetime) -> dict[str, UUID]:
    """One run for every work, by the work's key."""
    return {
        work.key: _run(programme, reviewer, now, budget=SPEECHES_BUDGET, work=work.key)
        for work in work_list(programme_id=programme.id)
    }


def _run(programme: Programme, reviewer: User, now: datetime, *, budget: int, work: str) -> UUID:
    runs = ValuationRun.objects.filter(programme=programme, game__spec__work=work)
    found = runs.exclude(state__in=UNUSABLE).order_by("id").first()
    if found is None:
        found = enqueue_valuation_run(
            programme_id=programme.id,
            cutoff_at=now,
            actor=reviewer,
            now=now,
            budget=budget,
            work=work,
        )
    return found.id

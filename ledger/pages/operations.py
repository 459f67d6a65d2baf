"""The operator's page: what works, what waits, what stands still."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from contributors.roles import PersonRequest, page
from ledger.selectors.operations import operations_get
from valuation.selectors import valuation_run_list, valuation_run_progress
from valuation.selectors.workload import stale_shard_list

RUNS_SHOWN = 20  # two queries each; more than this is a queue, not work under way
UNFINISHED = ("queued", "running", "failed")


@page("administrator", "reviewer", "auditor")
def operations(request: PersonRequest) -> HttpResponse:
    """All work counted; runs under way with their progress; what fell silent; what failed."""
    now = timezone.now()
    runs = [r for r in valuation_run_list(user=request.user) if r.state in UNFINISHED]
    context = {
        "now": now,
        "state": operations_get(now=now),
        "rows": [(run, valuation_run_progress(run.id, now=now)) for run in runs[:RUNS_SHOWN]],
        "silent": stale_shard_list(now=now),
    }
    return render(request, "ledger/operations.html", context)

"""A small programme, its run and its money, for tests that kill what works on them.

Run as a program with the environment of the system under test:
`python -m tests.faults.scenario prepare|start|state|pay|books`; prints one JSON line.
"""

import hashlib
import io
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger.project.settings")
    django.setup()

import numpy as np

# Benchmarks ask for more. A fit of all of these rows takes some 15 ms; 1,000 of the 1,024
# coalitions are some sixty shards of a quarter of a second.
CONTRIBUTORS = int(os.environ.get("SCENARIO_CONTRIBUTORS", "10"))
ROWS = int(os.environ.get("SCENARIO_ROWS", "12000"))
BUDGET = int(os.environ.get("SCENARIO_BUDGET", "1000"))
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def rows_of(seed: int, count: int) -> bytes:
    """Return a CSV file of rows that a logistic regression can learn from."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, 4))
    score = x @ np.array([1.0, -0.7, 0.4, 0.0]) + generator.normal(size=count)
    lines = ["id,a,b,c,d,late"]
    for number, (row, late) in enumerate(zip(x, score > 0, strict=True)):
        cells = ",".join(f"{cell:.6f}" for cell in row)
        lines.append(f"{seed}-{number},{cells},{'yes' if late else 'no'}")
    return ("\n".join(lines) + "\n").encode()


def people() -> Any:
    from ledger.management.demo.people import people_ensure

    return people_ensure()


def prepare() -> dict[str, Any]:
    """The database is migrated; an open programme has ten accepted batches."""
    from django.core.management import call_command

    from contributors.services.batches import batch_check, batch_register
    from contributors.services.consents import consent_give
    from contributors.services.people import contributor_create

    call_command("migrate", verbosity=0)
    staff = people()
    programme_id = open_programme(staff)
    for seed in range(1, CONTRIBUTORS + 1):
        made = contributor_create(
            code=f"C{seed}", display_name=f"C{seed}", user=None, actor=None, now=NOW
        )
        consent_give(contributor_id=made.id, programme_id=programme_id, actor=None, now=NOW)
        receipt = batch_register(
            programme_id=programme_id,
            contributor_id=made.id,
            file=io.BytesIO(rows_of(seed, ROWS)),
            file_label=f"{seed}.csv",
            actor=None,
            now=NOW,
        )
        state = batch_check(batch_id=receipt.id, now=NOW)  # large files wait for it
        assert state == "accepted", state
    return {"programme_id": str(programme_id)}


def open_programme(staff: Any) -> Any:
    from contributors.services.programmes import licence_create, programme_create, programme_open
    from contributors.services.validation_sets import validation_set_register

    licence = licence_create(
        identifier="CC0-1.0", title="CC0", text="No rights.", actor=staff.reviewer, now=NOW
    )
    programme = programme_create(
        slug="faults",
        title="Faults",
        description="",
        licence_id=licence.id,
        currency="EUR",
        feature_columns=["a", "b", "c", "d"],
        target_column="late",
        target_labels=["no", "yes"],
        identity_columns=["id"],
        model="logistic-regression",
        utility="log-loss",
        transform={"kind": "standardise"},
        actor=staff.reviewer,
        now=NOW,
    )
    for seed, purpose in ((1001, "validation"), (1002, "sealed")):
        validation_set_register(
            programme_id=programme.id,
            purpose=purpose,
            file=io.BytesIO(rows_of(seed, 600)),
            actor=staff.reviewer,
            now=NOW,
        )
    programme_open(programme_id=programme.id, actor=staff.reviewer, now=NOW)
    return programme.id


def begin() -> dict[str, Any]:
    """A run is queued and its message sent."""
    from contributors.models import Programme
    from valuation.actors import enqueue_valuation_run

    run = enqueue_valuation_run(
        programme_id=Programme.objects.get().id,
        cutoff_at=datetime(2026, 12, 31, tzinfo=UTC),
        actor=people().reviewer,
        now=NOW,
        method="permutation",
        budget=BUDGET,
        seed=7,
    )
    return {"run_id": str(run.id)}


def state() -> dict[str, Any]:
    """Return where the run stands and, once computed, the digest of its values."""
    from valuation.models import Shard, ValuationRun

    run = ValuationRun.objects.get()
    shards = Shard.objects.filter(run=run)
    return {
        "state": run.state,
        "values_digest": run.values_digest,
        "failure": run.failure,
        "shards": shards.count(),
        "done": shards.filter(state="done").count(),
        "attempts": sum(shards.values_list("attempts", flat=True)),
    }


def pay() -> dict[str, Any]:
    """The values are locked and the pool is split, approved and stated; again changes nothing."""
    from contributors.models import Programme
    from ledger.management.demo.money import royalties_ensure
    from valuation.models import ValuationRun

    run = ValuationRun.objects.get()
    paid = royalties_ensure(Programme.objects.get(), run.id, people(), NOW)
    return {"state": paid.state}


def books() -> dict[str, Any]:
    """Return what the money came to: amounts per account and per statement, without ids."""
    from ledger.models import JournalEntry, Posting, Statement

    postings = sorted(
        Posting.objects.values_list(
            "entry__event", "debit_account__code", "credit_account__code", "amount_minor"
        )
    )
    statements = sorted(Statement.objects.values_list("number", "net_minor"))
    text = json.dumps([postings, statements], default=str)
    return {
        "entries": JournalEntry.objects.count(),
        "postings": len(postings),
        "statements": len(statements),
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }


def bare() -> dict[str, Any]:
    """Play the run's game by the library alone, in this process; return the seconds it took."""
    import time

    from valuation.core import value
    from valuation.models import ValuationRun
    from valuation.services.rounds import run_game

    run = ValuationRun.objects.select_related("game").get()
    game = run_game(run)
    game(np.ones((1, run.n_players), dtype=bool))  # whatever is loaded once is loaded
    started_at, used_s = time.perf_counter(), time.process_time()
    result = value(game, method="permutation", budget=BUDGET, seed=7, controls=())
    return {
        "seconds": time.perf_counter() - started_at,
        "processor_s": time.process_time() - used_s,
        "evaluations": result.evaluations,
    }


STEPS = {
    "prepare": prepare,
    "start": begin,
    "state": state,
    "pay": pay,
    "books": books,
    "bare": bare,
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]]()))

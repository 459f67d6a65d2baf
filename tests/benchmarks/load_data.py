"""Books of any size, for load tests: contributors with issued statements, and postings.

`python -m tests.benchmarks.load_data --contributors 100000 --postings 1000000`, with the
environment of the installation to fill. Values are invented; the money is split, posted and
stated by the application's own services.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger.project.settings")
    django.setup()

from django.core.management import call_command
from django.db import transaction

from contributors.models import Contributor, User
from ledger.core.bookkeeping import EntryDraft, PostingDraft
from ledger.core.policy import Policy
from ledger.management.demo.people import people_ensure
from ledger.models import Posting
from ledger.services.journal import journal_entry_post
from ledger.services.periods import period_freeze, period_open
from ledger.services.pools import policy_version_create, pool_create
from ledger.services.royalties import (
    royalty_run_approve,
    royalty_run_calculate,
    royalty_run_submit,
)
from tests.faults.scenario import open_programme
from valuation.models import Game, Player, PlayerMember, PlayerValue, RunState, ValuationRun

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PEOPLE = 20  # contributors who can log in: one per client of the load test
POSTINGS_PER_ENTRY = 8_000
ROWS_PER_INSERT = 2_000


def batches(rows: Any) -> Iterator[list[Any]]:
    """Yield the rows in lists that fit one INSERT."""
    rows = iter(rows)
    while part := list(islice(rows, ROWS_PER_INSERT)):
        yield part


def contributors_make(count: int) -> list[Contributor]:
    """Return new contributors; the first twenty can log in."""
    users = [User.objects.create_user(f"load{n}@example.org", "load") for n in range(PEOPLE)]
    made = [
        Contributor(
            code=f"L{n:06d}",
            display_name=f"Contributor {n}",
            user=users[n] if n < PEOPLE else None,
            created_at=NOW,
        )
        for n in range(count)
    ]
    for part in batches(made):
        Contributor.objects.bulk_create(part)
    return made


def values_invent(programme_id: Any, who: list[Contributor], actor: Any) -> ValuationRun:
    """Return a locked run in which the n-th contributor is worth 1 + n mod 97 millionths."""
    spec = {"programme": {}, "programme_digest": "0" * 64, "purpose": "payment", "work": ""}
    game = Game.objects.create(
        digest="1" * 64, programme_id=programme_id, spec=spec, created_at=NOW
    )
    run = ValuationRun.objects.create(
        programme_id=programme_id,
        game=game,
        cutoff_at=NOW,
        budget=2,
        n_players=len(who),
        method="exact",
        empty="0.0",
        grand="1.0",
        created_by=actor,
        created_at=NOW,
    )
    for start in range(0, len(who), ROWS_PER_INSERT):
        part = who[start : start + ROWS_PER_INSERT]
        players = Player.objects.bulk_create(
            Player(
                run=run,
                index=start + n,
                key=each.code,
                label=each.display_name,
                data_digest=f"{start + n:064x}",
                row_count=100,
                batch_ids=[],
            )
            for n, each in enumerate(part)
        )
        PlayerMember.objects.bulk_create(
            PlayerMember(
                player=player,
                contributor=each,
                code=each.code,
                row_count=100,
                first_accepted_at=NOW,
                weight=100,
            )
            for player, each in zip(players, part, strict=True)
        )
        PlayerValue.objects.bulk_create(
            PlayerValue(
                run=run,
                player=player,
                value=f"0.0000{1 + player.index % 97:02d}",
                standard_error="0.000001",
            )
            for player in players
        )
    run.state, run.values_digest, run.computed_at = RunState.LOCKED, "2" * 64, NOW
    run.save()
    return run


def money_split(programme_id: Any, run: ValuationRun, staff: Any, count: int) -> Any:
    """Every contributor has an issued statement; returns the period."""
    period = period_open(code="2025-Q4", starts_on=date(2025, 10, 1), ends_on=date(2025, 12, 31))
    period_freeze(period_id=period.id, now=NOW)
    policy = policy_version_create(
        name="load",
        policy=Policy(fee_bp=1_000, holdback_bp=500, holdback_periods=2, threshold_minor=1_00),
        valid_from=date(2025, 10, 1),
        actor=staff.reviewer,
        now=NOW,
    )
    pool = pool_create(
        code="load-2025-Q4",
        period_id=period.id,
        programme_id=programme_id,
        currency="EUR",
        amount_minor=count * 20_00,
        funder="load",
        policy_id=policy.id,
        actor=staff.reviewer,
        now=NOW,
    )
    made = royalty_run_calculate(
        pool_id=pool.id, valuation_run_id=run.id, actor=staff.reviewer, now=NOW
    )
    royalty_run_submit(run_id=made.id, actor=staff.reviewer, now=NOW)
    royalty_run_approve(run_id=made.id, actor=staff.approver, now=NOW)
    return period


def postings_fill(count: int, period_id: Any, actor: Any) -> None:
    """The journal has this many postings: small moves between two accounts and back."""
    sample = Posting.objects.select_related("debit_account", "credit_account").first()
    ends = (sample.debit_account.code, sample.credit_account.code)
    number = 0
    while (missing := count - Posting.objects.count()) > 0:
        number += 1
        size = min(missing, POSTINGS_PER_ENTRY)
        postings = tuple(
            PostingDraft(
                debit_account=ends[n % 2],
                credit_account=ends[1 - n % 2],
                amount_minor=1,
                currency=sample.currency,
            )
            for n in range(size + size % 2)
        )
        draft = EntryDraft(
            event="load",
            period_id=period_id,
            effective_on=date(2025, 12, 31),
            source_type="load",
            source_id=str(number),
            postings=postings,
        )
        journal_entry_post(draft=draft, idempotency_key=f"load:{number}", actor=actor, now=NOW)


def load(*, contributors: int, postings: int) -> None:
    """Fill an empty installation; prints how long each part took."""
    call_command("migrate", verbosity=0)
    staff = people_ensure()
    programme_id = open_programme(staff)
    with timed("contributors"), transaction.atomic():
        who = contributors_make(contributors)
    with timed("values"), transaction.atomic():
        run = values_invent(programme_id, who, staff.reviewer)
    with timed("statements"):
        period = money_split(programme_id, run, staff, contributors)
    with timed("postings"):
        postings_fill(postings, period.id, staff.reviewer)


class timed:
    """Print how long the block took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.started_at = time.monotonic()

    def __exit__(self, *_: object) -> None:
        print(f"{self.what}: {time.monotonic() - self.started_at:.1f} s", flush=True)


def log_ins() -> list[dict[str, str]]:
    """Return, for each person, a session that is logged in, an API token and a statement."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from contributors.services.tokens import token_create
    from ledger.models import Statement

    found = []
    for user in User.objects.filter(email__startswith="load").order_by("id"):
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        statement = Statement.objects.get(contributor__user=user)
        token = token_create(user=user, name="load", now=timezone.now()).token
        found.append(
            {"session": session.session_key, "token": token, "statement": statement.number}
        )
    auditor = people_ensure().auditor
    token = token_create(user=auditor, name="load", now=timezone.now()).token
    return [{**each, "auditor": token} for each in found]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--contributors", type=int, default=100_000)
    parser.add_argument("--postings", type=int, default=1_000_000)
    wanted = parser.parse_args()
    load(contributors=wanted.contributors, postings=wanted.postings)
    print(json.dumps(log_ins()))

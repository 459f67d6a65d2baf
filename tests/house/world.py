"""A programme with two paid contributors, ann and bob, and one of everything that is bob's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from django.utils import timezone

from tests.faults.scenario import open_programme, people, rows_of

LATER = datetime(2026, 12, 31, tzinfo=UTC)
# Words that occur in nobody's page but bob's own.
SECRETS = ("BOBSECRET", "Bobsecret", "bob@example.org")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Who there is, and by the noun of an address, the id of bob's object."""

    ann: Any
    bob: Any
    staff: Any
    bobs: dict[str, str]


def build(make_user: Callable[..., Any], do_queue: Callable[[], int]) -> World:
    """Return the world; every service was called as the application calls it."""
    from contributors.models import Programme

    now = timezone.now()
    staff = people()
    programme_id = open_programme(staff)
    ann, bob = make_user("ann"), make_user("bob")
    batches = [
        contributed(programme_id, user, code=code, name=name, seed=seed, now=now)
        for seed, (user, code, name) in enumerate(
            [(ann, "ANN", "Ann"), (bob, "BOBSECRET", "Bobsecret"), (None, "THIRD", "Third")], 1
        )
    ]
    run_id = valued(programme_id, staff, do_queue, now)
    royalties = paid(programme_id, run_id, staff)
    do_queue()
    return World(
        ann=ann,
        bob=bob,
        staff=staff,
        bobs={
            **objects(bob, batches[1], staff, now),
            "valuation-run": str(run_id),
            "royalty-run": str(royalties.id),
            "licence": str(Programme.objects.get().licence_id),
            "programme": str(programme_id),
        },
    )


def contributed(programme_id: Any, user: Any, *, code: str, name: str, seed: int, now: Any) -> Any:
    """Return the accepted batch of a new contributor."""
    from contributors.services.batches import batch_register
    from contributors.services.consents import consent_give
    from contributors.services.people import contributor_create

    made = contributor_create(code=code, display_name=name, user=user, actor=None, now=now)
    consent_give(contributor_id=made.id, programme_id=programme_id, actor=user, now=now)
    receipt = batch_register(
        programme_id=programme_id,
        contributor_id=made.id,
        file=BytesIO(rows_of(seed, 60)),
        file_label=f"{name}.csv",
        actor=user,
        now=now,
    )
    assert receipt.state == "accepted", receipt
    return receipt


def valued(programme_id: Any, staff: Any, do_queue: Callable[[], int], now: Any) -> Any:
    """Return the id of a computed run."""
    from valuation.actors import plan_valuation_run
    from valuation.services.runs import valuation_run_start

    run = valuation_run_start(
        programme_id=programme_id, cutoff_at=LATER, actor=staff.reviewer, now=now
    )
    plan_valuation_run.send(valuation_run_id=str(run.id))
    do_queue()
    return run.id


def paid(programme_id: Any, run_id: Any, staff: Any) -> Any:
    """Return a posted royalty run whose statements are issued."""
    from contributors.models import Programme
    from ledger.management.demo.money import royalties_ensure

    programme = Programme.objects.get(pk=programme_id)
    return royalties_ensure(programme, run_id, staff, timezone.now())


def objects(bob: Any, receipt: Any, staff: Any, now: Any) -> dict[str, str]:
    """Return one of everything that is bob's, by the noun of its address."""
    from contributors.models import Consent, Contributor, Programme
    from contributors.services.evidence import owner_link_declare
    from contributors.services.tokens import token_create
    from contributors.services.uploads import upload_begin
    from ledger.models import (
        Account,
        Holdback,
        JournalEntry,
        Period,
        PolicyVersion,
        Pool,
        Statement,
    )
    from ledger.services.disputes import dispute_open

    own = Contributor.objects.get(user=bob)
    statement = Statement.objects.get(contributor=own)
    upload = upload_begin(
        programme_id=Programme.objects.get().id,
        contributor_id=own.id,
        file_label="bob.csv",
        byte_count=10,
        actor=bob,
        now=now,
    )
    link = owner_link_declare(contributor_id=own.id, other_code="THIRD", actor=bob, now=now)
    dispute = dispute_open(
        statement_id=statement.id,
        kind="value",
        amount_minor=1,
        text="Bobsecret",
        actor=bob,
        now=now,
    )
    return {
        "account": Account.objects.filter(code__contains="payable").first().code,
        "batch": str(receipt.id),
        "holdback": str(Holdback.objects.filter(contributor=own).first().id),
        "pair": str(suspected(own).id),
        "preview": str(previewed(receipt.id, now).id),
        "consent": str(Consent.objects.get(contributor=own).id),
        "contributor": str(own.id),
        "dispute": str(dispute.id),
        "entry": str(JournalEntry.objects.order_by("seq").last().id),
        "link": str(link.id),
        "payee": own.code,
        "period": str(Period.objects.get().id),
        "period code": Period.objects.get().code,
        "policy": str(PolicyVersion.objects.get().id),
        "pool": str(Pool.objects.get().id),
        "pool code": Pool.objects.get().code,
        "statement": statement.number,
        "token": str(token_create(user=bob, name="Bobsecret", now=now).row.id),
        "upload": str(upload.id),
    }


def suspected(own: Any) -> Any:
    """Return a pair that bob is suspected to be half of."""
    from contributors.models import Contributor, Programme, SuspectedPair

    ends = sorted([own, Contributor.objects.get(code="THIRD")], key=lambda each: each.id)
    return SuspectedPair.objects.create(
        programme=Programme.objects.get(),
        contributor_low=ends[0],
        contributor_high=ends[1],
        kind=SuspectedPair.Kind.values[0],
        score=0.9,
        found_at=timezone.now(),
    )


def previewed(batch_id: Any, now: Any) -> Any:
    """Return an answered preview of bob's batch."""
    from contributors.models import Preview

    return Preview.objects.create(
        batch_id=batch_id,
        period_code="2013-Q4",
        ordinal=1,
        answer="0.1",
        requested_at=now,
        answered_at=now,
    )

"""Evidence, previews, tokens and the worker's messages."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from contributors import actors, errors, services
from contributors.models import ApiToken, Batch, Preview, SuspectedPair
from contributors.selectors.evidence import alike_groups, board
from contributors.services.batches import batch_withdraw
from contributors.services.evidence import (
    owner_link_decide,
    owner_link_declare,
    suspected_pair_decide,
)
from contributors.services.intake_stops import intake_resume
from contributors.services.previews import PREVIEWS_WINDOW, preview_answer, preview_request
from contributors.services.tokens import token_create
from tests.contributors.conftest import NOW, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(programme, join):
    low, high = sorted([join("ann"), join("bob")], key=lambda c: c.id)
    return SuspectedPair.objects.create(
        programme=programme,
        contributor_low=low,
        contributor_high=high,
        kind="near",
        score=0.9,
        evidence={"items": []},
        found_at=NOW,
    )


def decide(pair, *, confirmed=True, actor=None):
    return suspected_pair_decide(
        pair_id=pair.id, confirmed=confirmed, reason="seen", actor=actor, now=NOW
    )


def test_a_reviewer_alone_decides_and_once(pair, reviewer, make_user):
    with pytest.raises(errors.NotPermitted):
        decide(pair, actor=make_user("ann"))
    assert decide(pair, actor=reviewer).state == "confirmed"
    assert decide(pair, actor=reviewer).decided_by == reviewer
    with pytest.raises(errors.PairDecided):
        decide(pair, confirmed=False, actor=reviewer)


@pytest.mark.parametrize("confirmed, grouped", [(True, True), (False, False)])
def test_who_may_be_one_is_told_to_whoever_pays_until_the_pair_is_rejected(
    programme, pair, confirmed, grouped
):
    both = frozenset({pair.contributor_low_id, pair.contributor_high_id})
    assert alike_groups(programme.id, cutoff_at=NOW) == (both,)
    decide(pair, confirmed=confirmed)
    assert alike_groups(programme.id, cutoff_at=NOW) == ((both,) if grouped else ())
    assert board(programme_id=programme.id, cut=0.5).pairs[0].state == (
        "confirmed" if confirmed else "rejected"
    )


def test_a_file_sent_after_the_cut_off_or_withdrawn_stops_nobodys_pay(programme, pair, give):
    codes = pair.contributor_low, pair.contributor_high
    batches = [give(each, f"{each.code},1,2,no").id for each in codes]
    pair.evidence = {"items": [{"batches": list(map(str, batches)), "score": 1, "row_count": 1}]}
    pair.save()
    both = frozenset({pair.contributor_low_id, pair.contributor_high_id})
    assert alike_groups(programme.id, cutoff_at=NOW) == (both,)
    assert alike_groups(programme.id, cutoff_at=NOW - timedelta(seconds=1)) == ()
    batch_withdraw(batch_id=batches[0], actor=None, now=NOW)
    assert alike_groups(programme.id, cutoff_at=NOW) == ()


def test_a_link_that_is_only_declared_joins_nobody(programme, pair):
    decide(pair, confirmed=False)
    codes = pair.contributor_low, pair.contributor_high
    link = owner_link_declare(
        contributor_id=codes[0].id, other_code=codes[1].code, actor=None, now=NOW
    )
    assert alike_groups(programme.id, cutoff_at=NOW) == ()
    owner_link_decide(link_id=link.id, verified=True, reason="seen", actor=None, now=NOW)
    assert alike_groups(programme.id, cutoff_at=NOW) == (frozenset(each.id for each in codes),)


def test_the_database_refuses_a_pair_turned_round_or_undecided(pair):
    for change in ("contributor_low_id = contributor_high_id", "state = 'confirmed'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE contributors_suspectedpair SET {change}")


def test_nobody_links_to_themselves_or_to_nobody(join):
    ann = join("ann")
    for code in ("ann", "nobody"):
        with pytest.raises(errors.InvalidField):
            owner_link_declare(contributor_id=ann.id, other_code=code, actor=None, now=NOW)


def test_previews_are_few_and_answered_on_the_ladder(join, give):
    receipt = give(join("ann"), "r1,1,2,no")
    told = []
    for score in (0.12, 0.14, 0.31):
        preview = preview_request(batch_id=receipt.id, period_code="2013-Q4", actor=None, now=NOW)
        told.append(preview_answer(preview_id=preview.id, score=score, step=0.1, now=NOW))
        assert preview_answer(preview_id=preview.id, score=0.9, step=0.1, now=NOW) == told[-1]
    assert told == [0.1, 0.1, 0.3]
    with pytest.raises(errors.PreviewsUsedUp):
        preview_request(batch_id=receipt.id, period_code="2013-Q4", actor=None, now=NOW)
    later = NOW + PREVIEWS_WINDOW
    preview_request(batch_id=receipt.id, period_code="2014-Q1", actor=None, now=later)
    assert Preview.objects.count() == 4


def test_an_invented_period_gives_no_more_previews(join, give):
    receipt = give(join("ann"), "r1,1,2,no")
    with pytest.raises(errors.PreviewsUsedUp):
        for number in range(14):
            code = f"zz{number}"
            preview_request(batch_id=receipt.id, period_code=code, actor=None, now=NOW)
    assert Preview.objects.count() == 3


def test_a_contributor_cannot_get_more_previews_by_sending_more_batches(join, give):
    ann = join("ann")
    batches = [give(ann, f"r{i},1,2,no").id for i in range(6)]
    with pytest.raises(errors.PreviewsUsedUp):
        for _ in range(3):
            for batch_id in batches:
                preview_request(batch_id=batch_id, period_code="2013-Q4", actor=None, now=NOW)
    assert Preview.objects.count() == 10


def test_only_the_digest_of_a_token_is_stored(make_user):
    made = token_create(user=make_user("ann"), now=NOW)
    row = ApiToken.objects.values().get()
    assert made.token not in map(str, row.values())
    assert row["expiry"] == NOW + timedelta(days=90)


@pytest.mark.parametrize(
    "fields", [{"scopes": ["everything"]}, {"scopes": []}, {"lifetime_days": 0}]
)
def test_a_token_that_is_not_offered_is_refused(make_user, fields):
    with pytest.raises(errors.UnknownScope):
        token_create(user=make_user("ann"), now=NOW, **fields)


@pytest.mark.django_db(transaction=True)
def test_the_worker_checks_and_compares_what_was_sent(programme, join, run_queue):
    rows = [f"r{i},{i * 37 % 11},{i * 53 % 17},no" for i in range(40)]
    for code, prefix in (("ann", "a"), ("bob", "b")):
        file = table(*(prefix + row for row in rows))
        actors.enqueue_batch_register(
            programme_id=programme.id,
            contributor_id=join(code).id,
            file=file,
            checked_at_once_bytes_max=0,
            actor=None,
            now=NOW,
        )
    assert run_queue() == 4
    assert set(Batch.objects.values_list("state", flat=True)) == {"accepted"}
    assert SuspectedPair.objects.get().kind == "near"


@pytest.mark.django_db(transaction=True)
def test_a_batch_whose_message_was_lost_is_sent_again(join, give, run_queue, monkeypatch):
    give(join("ann"), "r1,1,2,no", checked_at_once_bytes_max=0)
    assert run_queue() == 0
    actors.resume_batches()
    assert run_queue() == 2
    assert Batch.objects.get().state == "accepted"


def test_under_a_new_consent_the_same_bytes_are_a_new_batch(programme, join, give):
    ann = join("ann")
    first = give(ann, "r1,1,2,no")
    consent = Batch.objects.get(pk=first.id).consent
    services.consent_revoke(consent_id=consent.id, actor=None, now=NOW)
    assert Batch.objects.get(pk=first.id).state == "withdrawn"
    services.consent_give(
        contributor_id=ann.id, programme_id=programme.id, actor=None, now=NOW + timedelta(days=1)
    )
    again = give(ann, "r1,1,2,no", now=NOW + timedelta(days=1))
    assert again.id != first.id and again.accepted_count == 1
    assert [batch.id for batch in Batch.objects.live()] == [again.id]


def test_intake_stops_after_three_files_with_rows_that_judge_until_a_reviewer_looks(
    programme, join, give, reviewer, api
):
    ann, bob = join("ann"), join("bob")
    wanted = {"programme_id": programme.id, "contributor_id": ann.id, "actor": None, "now": NOW}
    for number in range(3):
        with pytest.raises(errors.OverlapsValidation):
            actors.enqueue_batch_register(file=table("v1,1,10,no", f"r{number},1,2,no"), **wanted)
    with pytest.raises(errors.IntakeStopped):
        actors.enqueue_batch_register(file=table("r9,1,2,no"), **wanted)
    assert give(bob, "r9,1,2,no").accepted_count == 1
    assert api(reviewer).get("/integrity/").context["board"].stopped == (ann,)
    api(reviewer).post(f"/integrity/{programme.id}/intake/{ann.id}/")
    assert give(ann, "r8,1,2,no").accepted_count == 1


def test_only_a_reviewer_opens_an_intake_again(programme, join, make_user):
    with pytest.raises(errors.NotPermitted):
        intake_resume(
            programme_id=programme.id,
            contributor_id=join("ann").id,
            actor=make_user("eve", role="approver"),
            now=NOW,
        )

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contributors import services
from contributors.errors import BatchErased
from contributors.models import Batch, CopiedRows, SuspectedPair
from contributors.selectors import game_data, players_at, validation_data
from contributors.services.comparisons import batch_compare
from contributors.services.erasure import batch_erase
from contributors.services.evidence import (
    owner_link_decide,
    owner_link_declare,
    suspected_pair_decide,
)
from tests.contributors.conftest import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def players(programme):
    return players_at(programme_id=programme.id, cutoff_at=LATER)


def keys(programme):
    return [(player.key, player.row_count) for player in players(programme)]


def link(one, other):
    made = owner_link_declare(contributor_id=one.id, other_code=other.code, actor=None, now=NOW)
    return owner_link_decide(
        link_id=made.id, verified=True, reason="same owner", actor=None, now=NOW
    )


def test_every_contributor_with_rows_is_a_player_ordered_by_key(programme, join, give):
    for code in ("cleo", "ann", "bob"):
        give(join(code), f"{code},1,2,no")
    assert keys(programme) == [("ann", 1), ("bob", 1), ("cleo", 1)]


def test_batches_after_the_cutoff_do_not_play(programme, join, give):
    ann = join("ann")
    give(ann, "r1,1,2,no")
    give(ann, "r2,1,2,no", now=LATER + timedelta(seconds=1))
    assert keys(programme) == [("ann", 1)]


def test_withdrawn_batches_and_revoked_consents_do_not_play(programme, join, give):
    ann, bob = join("ann"), join("bob")
    receipt = give(ann, "r1,1,2,no")
    services.consent_revoke(consent_id=give(bob, "r2,1,2,no").consent_id, actor=None, now=NOW)
    services.batch_withdraw(batch_id=receipt.id, actor=None, now=NOW)
    assert keys(programme) == []


def test_a_row_counts_for_whoever_had_it_first(programme, join, give):
    ann, bob = join("ann"), join("bob")
    give(ann, "r1,1,2,no", "r2,1,2,yes")
    give(bob, "r2,1,2,yes", "r3,1,2,no", now=NOW + timedelta(seconds=1))
    assert keys(programme) == [("ann", 2), ("bob", 1)]
    data = game_data(programme_id=programme.id, players=players(programme))
    assert data.owners.tolist() == [0, 0, 1]


@pytest.mark.parametrize("copies", [1, 4])
def test_copies_under_other_accounts_add_no_player_and_change_no_row(programme, join, give, copies):
    rows = [f"r{i},{i},2,no" for i in range(5)]
    give(join("ann"), *rows)
    alone = players(programme)
    for index in range(copies):
        give(join(f"copy{index}"), *rows, now=NOW + timedelta(seconds=index + 1))
    assert players(programme) == alone


def test_withdrawing_gives_shared_rows_to_the_next_who_had_them(programme, join, give):
    ann, bob = join("ann"), join("bob")
    first = give(ann, "r1,1,2,no")
    give(bob, "r1,1,2,no", "r2,3,4,yes", now=NOW + timedelta(seconds=1))
    before = players(programme)[1].data_digest
    services.batch_withdraw(batch_id=first.id, actor=None, now=NOW)
    assert keys(programme) == [("bob", 2)]
    assert players(programme)[0].data_digest != before


def test_linked_accounts_are_one_player_in_every_programme(programme, join, give):
    ann, bob, cleo = join("ann"), join("bob"), join("cleo")
    give(ann, "a,1,2,no")
    give(bob, "b,1,2,no", "c,1,3,no")
    give(cleo, "d,1,2,no")
    link(ann, bob)
    assert keys(programme) == [("ann+bob", 3), ("cleo", 1)]
    assert [(m.code, m.row_count, m.weight) for m in players(programme)[0].members] == [
        ("ann", 1, 1),
        ("bob", 2, 2),
    ]


def test_a_declared_link_merges_nobody_before_it_is_verified(programme, join, give):
    ann, bob = join("ann"), join("bob")
    give(ann, "a,1,2,no")
    give(bob, "b,1,2,no")
    owner_link_declare(contributor_id=ann.id, other_code="bob", actor=None, now=NOW)
    assert keys(programme) == [("ann", 1), ("bob", 1)]


def jittered(seed, sigma, rows=120, base_seed=0):
    base = np.random.default_rng(base_seed).normal(size=(rows, 2)) * [1, 10]
    x = base + sigma * np.array([1, 10]) * np.random.default_rng(seed).normal(size=base.shape)
    return [f"s{seed}-{i},{a:.6f},{b:.6f},no" for i, (a, b) in enumerate(x)]


def test_a_jittered_copy_is_suspected_and_merged_once_confirmed(programme, join, give):
    ann, bob, cleo = join("ann"), join("bob"), join("cleo")
    give(ann, *jittered(1, 0.0))
    copy = give(bob, *jittered(2, 0.01))
    honest = give(cleo, *jittered(3, 0.0, base_seed=9))
    pairs = batch_compare(batch_id=copy.id, now=NOW)
    assert len(pairs) == 1 and batch_compare(batch_id=copy.id, now=NOW) == pairs
    assert batch_compare(batch_id=honest.id, now=NOW) == ()
    suspected_pair_decide(pair_id=pairs[0], confirmed=True, reason="copy", actor=None, now=NOW)
    assert [player.key for player in players(programme)] == ["ann+bob", "cleo"]


def test_a_row_or_two_in_common_is_no_suspicion_however_small_the_file(programme, join, give):
    give(join("ann"), *(f"r{n},{n},2,no" for n in range(300)))
    few = give(join("bob"), "r1,1,2,no", "x1,7,9,yes")
    assert few.duplicate_other_count == 1
    assert batch_compare(batch_id=few.id, now=NOW) == ()
    many = give(
        join("cleo"), *(f"r{n},{n},2,no" for n in range(20)), *(f"y{n},9,9,yes" for n in range(20))
    )
    assert len(batch_compare(batch_id=many.id, now=NOW)) >= 1


def test_a_rejected_pair_is_opened_again_by_twice_the_rows_alone(programme, join, give):
    ann, bob = join("ann"), join("bob")
    give(ann, *(f"r{n},{n},2,no" for n in range(300)))
    first = give(
        bob, *(f"r{n},{n},2,no" for n in range(20)), *(f"y{n},{n},9,yes" for n in range(20))
    )
    [pair] = [p for p in batch_compare(batch_id=first.id, now=NOW) if kind_of(p) == "exact"]
    suspected_pair_decide(pair_id=pair, confirmed=False, reason="chance", actor=None, now=NOW)
    more = give(bob, *(f"r{n},{n},2,no" for n in range(30)))
    batch_compare(batch_id=more.id, now=NOW)
    assert SuspectedPair.objects.get(pk=pair).state == "rejected"
    most = give(bob, *(f"r{n},{n},2,no" for n in range(41)))
    batch_compare(batch_id=most.id, now=NOW)
    assert SuspectedPair.objects.get(pk=pair).state == "open"


def kind_of(pair_id):
    return SuspectedPair.objects.get(pk=pair_id).kind


def test_the_rule_equal_weighs_members_alike(draft, join, give):
    other = draft(slug="equal", duplicate_rule="equal")
    services.programme_open(programme_id=other.id, actor=None, now=NOW)
    ann, bob = join("ann", to=other), join("bob", to=other)
    give(ann, "a,1,2,no", "b,1,3,no", to=other)
    give(bob, "a,1,2,no", "b,1,3,no", to=other, now=NOW + timedelta(seconds=1))
    link(ann, bob)
    members = players(other)[0].members
    assert [(m.row_count, m.weight) for m in members] == [(2, 1), (0, 1)]


def test_features_are_standardised_by_the_validation_set_alone(draft, join, give):
    other = draft(slug="scaled", transform={"kind": "standardise"})
    services.programme_open(programme_id=other.id, actor=None, now=NOW)
    x, y = validation_data(programme_id=other.id)
    assert np.allclose(x.mean(axis=0), 0) and np.allclose(x.std(axis=0), 1)
    assert y.tolist() == [0, 1, 0]
    give(join("ann", to=other), "r1,2,20,yes", to=other)
    data = game_data(programme_id=other.id, players=players(other))
    assert np.allclose(data.x, 0) and data.y.tolist() == [1] and data.classes == ("no", "yes")


def test_rows_stand_in_a_fixed_order(programme, join, give):
    ann, bob = join("ann"), join("bob")
    give(bob, "b,5,2,no")
    first = give(ann, "a1,1,2,no", "a2,2,2,no")
    second = give(ann, "a3,3,2,yes")
    data = game_data(programme_id=programme.id, players=players(programme))
    blocks = {first.file_sha256: [1.0, 2.0], second.file_sha256: [3.0]}
    own = [value for sha in sorted(blocks) for value in blocks[sha]]
    assert data.x[:, 0].tolist() == [*own, 5.0]


def test_a_game_over_erased_rows_is_refused(programme, join, give):
    receipt = give(join("ann"), "r1,1,2,no")
    frozen = players(programme)
    batch_erase(batch_id=receipt.id, actor=None, now=NOW)
    with pytest.raises(BatchErased):
        game_data(programme_id=programme.id, players=frozen)


def test_players_cost_the_same_queries_whatever_their_number(programme, join, give):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            players(programme)
        return len(queries)

    give(join("ann"), "r1,1,2,no")
    one = cost()
    for index in range(5):
        give(join(f"c{index}"), f"x{index},1,2,no")
    assert cost() == one


def forged(rows, prefix, *, noise=0.0):
    """Return the rows under other identities, with a little noise."""
    generator = np.random.default_rng(5)
    moved = rows + noise * generator.normal(size=rows.shape)
    return [
        f"{prefix}{i},{a:.6f},{b:.6f},{'yes' if a > b else 'no'}" for i, (a, b) in enumerate(moved)
    ]


def confirmed_copies(programme, join, give, *, copied):
    """Return ann's and bob's players after bob copied this share of ann's 200 rows."""
    held = np.random.default_rng(1).normal(size=(400, 2))
    ann, bob = join("ann"), join("bob")
    give(ann, *forged(held[:200], "a"))
    count = int(200 * copied)
    copy = give(
        bob,
        *forged(held[:count], "b", noise=1e-3),
        *forged(held[200 : 400 - count], "c"),
        now=NOW + timedelta(minutes=1),
    )
    batch_compare(batch_id=copy.id, now=NOW + timedelta(minutes=2))
    return players(programme)


def confirm(programme):
    (pair,) = SuspectedPair.objects.filter(programme=programme)
    suspected_pair_decide(pair_id=pair.id, confirmed=True, reason="copy", actor=None, now=NOW)


def test_in_a_confirmed_cluster_copied_rows_count_once_whatever_their_identities(
    programme, join, give
):
    before = confirmed_copies(programme, join, give, copied=1.0)
    assert [player.row_count for player in before] == [200, 200]
    confirm(programme)
    (player,) = players(programme)
    rows = {member.code: member.row_count for member in player.members}
    assert rows["ann"] == 200 and rows["bob"] <= 3  # what is left is too little to look copied
    assert len(game_data(programme_id=programme.id, players=[player]).y) == player.row_count


def test_the_honest_half_of_a_batch_of_copies_still_counts(programme, join, give):
    confirmed_copies(programme, join, give, copied=0.6)
    confirm(programme)
    (player,) = players(programme)
    assert 200 + 40 <= player.row_count <= 200 + 80


def test_a_player_frozen_before_copies_were_found_keeps_its_rows(programme, join, give):
    confirmed_copies(programme, join, give, copied=1.0)
    confirm(programme)
    (frozen,) = players_at(programme_id=programme.id, cutoff_at=LATER, known_at=NOW)
    assert frozen.row_count == 400
    assert len(game_data(programme_id=programme.id, players=[frozen]).y) == 400


def test_if_the_copied_batch_is_withdrawn_the_copy_counts_and_if_erased_no_mask_is_left(
    programme, join, give
):
    confirmed_copies(programme, join, give, copied=1.0)
    confirm(programme)
    first = Batch.objects.order_by("accepted_at").first()
    services.batch_withdraw(batch_id=first.id, actor=None, now=NOW)
    assert [player.row_count for player in players(programme)] == [200]
    batch_erase(batch_id=first.id, actor=None, now=NOW)
    assert not CopiedRows.objects.exists()

"""A royalty run waits until contributors who may be one are resolved (NEEDS F7)."""

import pytest
from django.test import Client

from contributors.models import SuspectedPair
from contributors.services.evidence import suspected_pair_decide
from ledger.core.policy import Policy
from ledger.errors import DuplicatesUnresolved
from ledger.models import JournalEntry
from ledger.selectors.duplicates import unresolved_clusters
from ledger.services import royalties
from tests.ledger.conftest import NOW

pytestmark = pytest.mark.django_db
# ann 600.00, bob 300.00 of the pool of 1,000.00 less a fee of 10 %.
VALUES = {"ann": "0.2", "bob": "0.1"}


@pytest.fixture
def suspect(programme, make_contributor):
    """Return a maker of open pairs: suspect("ann", "bob")."""

    def make(*codes):
        low, high = sorted(map(make_contributor, codes), key=lambda each: each.id)
        return SuspectedPair.objects.create(
            programme=programme, contributor_low=low, contributor_high=high, kind="near",
            score=0.9, evidence={}, found_at=NOW,
        )  # fmt: skip

    return make


@pytest.fixture
def decide(reviewer):
    def decide(pair, *, confirmed):
        suspected_pair_decide(
            pair_id=pair.id, confirmed=confirmed, reason="seen", actor=reviewer, now=NOW
        )

    return decide


@pytest.fixture
def submit(reviewer):
    return lambda run: royalties.royalty_run_submit(run_id=run.id, actor=reviewer, now=NOW)


def test_a_run_is_stopped_while_an_unresolved_cluster_holds_more_than_one_per_cent(
    make_run, suspect, submit, decide
):
    run = make_run(VALUES, up_to="calculate")
    pair = suspect("ann", "bob")
    with pytest.raises(DuplicatesUnresolved) as refused:
        submit(run)
    assert refused.value.context["errors"] == [
        {
            "pointer": "/lines",
            "code": "unresolved_cluster",
            "detail": "ann and bob may be one; 90 % of the pool.",
        }
    ]
    run.refresh_from_db()
    assert run.state == "calculated"
    decide(pair, confirmed=False)
    assert submit(run).state == "in_review"


def test_a_pair_found_after_submission_stops_the_approval(make_run, suspect, approver):
    run = make_run(VALUES, up_to="submit")
    posted = JournalEntry.objects.count()
    suspect("ann", "bob")
    with pytest.raises(DuplicatesUnresolved):
        royalties.royalty_run_approve(run_id=run.id, actor=approver, now=NOW)
    run.refresh_from_db()
    assert (run.state, JournalEntry.objects.count()) == ("in_review", posted)


def test_a_pair_confirmed_after_the_values_needs_values_that_know_it(
    make_run, suspect, submit, decide
):
    run = make_run(VALUES, up_to="calculate")
    decide(suspect("ann", "bob"), confirmed=True)
    with pytest.raises(DuplicatesUnresolved):
        submit(run)


@pytest.mark.parametrize("gross, stopped", [("0.01", False), ("0.010001", True)])
def test_exactly_one_per_cent_does_not_stop_the_run(make_run, suspect, gross, stopped):
    """Without a fee bob and cleo get 1 % of 1,000,000.00, or a hundredth of a per cent more."""
    rest = {"0.01": "0.99", "0.010001": "0.989999"}[gross]
    values = {"ann": rest, "bob": gross, "cleo": "-0.1"}
    run = make_run(values, 100_000_000, Policy(fee_bp=0), up_to="calculate")
    suspect("bob", "cleo")
    (cluster,) = unresolved_clusters(run)
    assert cluster.codes == ("bob", "cleo")
    assert cluster.blocks is stopped


def test_a_chain_of_pairs_is_one_cluster(make_run, suspect):
    run = make_run({**VALUES, "cleo": "0.1", "dora": "0.1"}, up_to="calculate")
    suspect("ann", "bob")
    suspect("bob", "cleo")
    (cluster,) = unresolved_clusters(run)
    assert cluster.codes == ("ann", "bob", "cleo")


def test_who_is_one_player_already_stops_nothing(make_run, suspect, submit):
    run = make_run({"ann+bob": "0.2", "cleo": "0.1"}, up_to="calculate")
    suspect("ann", "bob")
    assert unresolved_clusters(run) == ()
    assert submit(run).state == "in_review"


def test_the_api_says_who_may_be_one_and_refuses_with_a_code(api, make_run, suspect, reviewer):
    run = make_run(VALUES, up_to="calculate")
    suspect("ann", "bob")
    bob, path = api(reviewer), f"/api/v1/royalty-runs/{run.id}"
    assert bob.get(f"{path}/duplicates/").json() == [
        {"codes": ["ann", "bob"], "gross_minor": 90_000, "share_bp": 9_000, "blocks": True}
    ]
    refused = bob.post(f"{path}/submission/", headers={"Idempotency-Key": "1"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "duplicates_unresolved"
    assert refused.json()["errors"][0]["detail"] == "ann and bob may be one; 90 % of the pool."


def test_a_contributor_does_not_learn_who_is_suspected(api, make_run, suspect, make_user):
    run = make_run(VALUES, up_to="calculate")
    suspect("ann", "bob")
    assert (
        api(make_user("ann")).get(f"/api/v1/royalty-runs/{run.id}/duplicates/").status_code == 404
    )


def test_the_page_of_the_run_says_who_stops_it(make_run, suspect, reviewer):
    run = make_run(VALUES, up_to="calculate")
    client = Client()
    client.force_login(reviewer, backend="django.contrib.auth.backends.ModelBackend")
    assert "Who may be one" not in client.get(f"/royalty-runs/{run.id}/").content.decode()
    suspect("ann", "bob")
    page = client.get(f"/royalty-runs/{run.id}/").content.decode()
    assert "ann and bob" in page and "stops the run" in page
    answer = client.post(f"/royalty-runs/{run.id}/submission/")
    assert answer.status_code == 409
    assert "hold more than 1 % of the pool" in answer.content.decode()

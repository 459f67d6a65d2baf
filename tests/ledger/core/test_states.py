"""The table of allowed changes of state."""

import pytest

from ledger.core.states import TRANSITIONS, is_allowed, transition_key, transition_keys
from ledger.models import Dispute, Payout, PayoutBatch, RoyaltyRun, Statement, StateTransition

MODELS = {
    "royalty_run": RoyaltyRun,
    "statement": Statement,
    "dispute": Dispute,
    "payout_batch": PayoutBatch,
    "payout": Payout,
}


@pytest.mark.parametrize("subject", TRANSITIONS)
def test_every_state_named_in_a_transition_is_a_state_of_its_model(subject):
    named = {state for pair in TRANSITIONS[subject] for state in pair.split(">")}
    assert named == set(MODELS[subject].State.values)


@pytest.mark.parametrize("subject", TRANSITIONS)
def test_every_state_can_be_reached_from_the_first(subject):
    reached = {MODELS[subject]._meta.get_field("state").default}
    for _ in TRANSITIONS[subject]:
        reached |= {
            pair.split(">")[1] for pair in TRANSITIONS[subject] if pair.split(">")[0] in reached
        }
    assert reached == set(MODELS[subject].State.values)


def test_what_is_final_stays_so():
    assert not is_allowed("statement", "final", "issued")
    assert transition_key("payout", "sent", "settled") in transition_keys()


@pytest.mark.django_db
def test_the_database_holds_exactly_the_listed_transitions():
    assert set(StateTransition.objects.values_list("key", flat=True)) == set(transition_keys())

"""Some seconds of the business at random, from a fresh seed that a failure prints."""

import os
import random
import time
from typing import Any

import pytest

from tests.ledger.business import PEOPLE, Business

# SIMULATION_SEED walks a printed seed again, SIMULATION_SECONDS as long as one likes.
SEED = int(os.environ.get("SIMULATION_SEED", random.SystemRandom().randrange(2**32)))
# A minute in CI; a moment at the desk.
SECONDS = float(
    os.environ.get("SIMULATION_SECONDS", "60" if os.environ.get("CI") == "true" else "5")
)
STEPS_MIN = 100


@pytest.mark.django_db(transaction=True)
def test_balances_and_states_agree_with_the_model_whatever_people_and_the_bank_do(
    make_run: Any, make_contributor: Any, make_user: Any, reviewer: Any, approver: Any
) -> None:
    people = {code: make_contributor(code, user=make_user(f"{code}-payee")) for code in PEOPLE}
    business = Business(
        SEED, make_run=make_run, people=people, reviewer=reviewer, approver=approver
    )
    until = time.monotonic() + SECONDS
    print(f"seed {SEED}")
    while sum(business.done.values()) < STEPS_MIN or time.monotonic() < until:
        business.step()
    business.full_check()
    print(dict(business.done), f"{sum(business.done.values())} events: OK")

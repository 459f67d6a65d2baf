"""One minute of the simulation, from a fresh seed that a failure prints."""

import os
import random

import pytest

from tests.ledger import simulation

# SIMULATION_SEED walks a printed seed again.
SEED = int(os.environ.get("SIMULATION_SEED", random.SystemRandom().randrange(2**32)))
# A minute in CI; a moment at the desk.
SECONDS = 60 if os.environ.get("CI") == "true" else 5


@pytest.mark.django_db(transaction=True)
def test_the_books_agree_with_the_model_whatever_happens() -> None:
    print(f"seed {SEED}")
    done = simulation.run(seed=SEED, seconds=SECONDS, steps=100).done
    assert sum(done.values()) >= 100

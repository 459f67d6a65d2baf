"""One's own account: profile, tokens; and what a reviewer sees of suspected copies."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from tests.browser.rain import rain_csv

pytestmark = pytest.mark.browser


@pytest.fixture
def rain(reviewer: Any) -> Any:
    """The rain programme, open."""
    from contributors import services

    now = timezone.now()
    licence = services.licence_create(
        identifier="CC0-1.0", title="CC0", text="Free for all.", actor=reviewer, now=now
    )
    made = services.programme_create(
        slug="rain",
        title="Will it rain?",
        licence_id=licence.id,
        currency="EUR",
        feature_columns=["humidity", "pressure"],
        identity_columns=["id"],
        target_column="rain",
        target_labels=["no", "yes"],
        model="logistic-regression",
        utility="log-loss",
        actor=reviewer,
        now=now,
    )
    services.validation_set_register(
        programme_id=made.id,
        purpose="validation",
        file=io.BytesIO(rain_csv(seed=1, row_count=60)),
        actor=reviewer,
        now=now,
    )
    return services.programme_open(programme_id=made.id, actor=reviewer, now=now)


def give(user: Any, programme: Any, *, seed: int) -> Any:
    """The user's batch of the rain of this seed."""
    from contributors import actors, services

    now = timezone.now()
    who = services.contributor_for_user(user=user, now=now)
    own = {"programme_id": programme.id, "contributor_id": who.id, "actor": user, "now": now}
    services.consent_give(**own)
    file = io.BytesIO(rain_csv(seed=seed, row_count=60))
    return actors.enqueue_batch_register(file=file, file_label=f"{seed}.csv", **own)


def test_a_contributor_keeps_profile_and_tokens(
    person: Callable[..., Any], make_user: Callable[..., Any]
) -> None:
    ann = person(make_user("ann"))
    ann.visit("/profile/")
    ann.inspect("profile")
    ann.page.get_by_label("Shown name").fill("Ann")
    ann.press("Save")
    ann.sees("Your profile is saved.")
    ann.visit("/tokens/")
    ann.page.get_by_label("Name").fill("nightly upload")
    ann.press("Make the token")
    ann.sees("It is shown once.")
    ann.inspect("token-made")
    ann.visit("/tokens/")
    ann.press(re.compile("^Revoke"))
    ann.sees("The token is revoked.")
    ann.inspect("tokens-empty")


@pytest.mark.parametrize("path", ["email/", "password/change/", "password/reset/", "2fa/"])
def test_the_pages_of_an_account_look_like_the_others(
    person: Callable[..., Any], make_user: Callable[..., Any], path: str
) -> None:
    ann = person(make_user("ann"))
    ann.visit(f"/accounts/{path}")
    ann.inspect("account-" + path.strip("/").replace("/", "-"))


def test_an_operator_sees_what_works_and_what_waits(
    person: Callable[..., Any], make_user: Callable[..., Any]
) -> None:
    eve = person(make_user("eve", role="administrator"))
    eve.inspect("overview-administrator")
    eve.follow("Operations")
    eve.sees("Nothing is under way")
    eve.inspect("operations")


def test_a_contributor_sees_what_withdrawing_changes_first(
    person: Callable[..., Any], make_user: Callable[..., Any], rain: Any
) -> None:
    user = make_user("ann")
    batch = give(user, rain, seed=2)
    ann = person(user)
    ann.visit(f"/batches/{batch.id}/")
    ann.follow("See what withdrawing would change")
    ann.sees("What stays, and why")
    ann.inspect("withdraw")
    ann.page.get_by_label("I have read what changes").check()
    ann.press("Withdraw the batch")
    ann.sees("The batch is withdrawn.")
    ann.inspect("batch-withdrawn")


def test_a_reviewer_sees_copies_and_makes_them_one_player(
    person: Callable[..., Any],
    make_user: Callable[..., Any],
    run_queue: Callable[[], int],
    reviewer: Any,
    rain: Any,
) -> None:
    give(make_user("ann"), rain, seed=2)
    give(make_user("ada"), rain, seed=2)
    run_queue()
    bob = person(reviewer)
    bob.visit("/integrity/")
    bob.inspect("integrity")
    bob.page.get_by_label("Why").first.fill("The same station sent both.")
    bob.press(re.compile("^One player"))
    bob.sees("The pair is confirmed.")
    bob.inspect("integrity-decided")

"""The first programme: sixteen airlines predict which flights of New York arrive late."""

from datetime import datetime
from itertools import groupby
from pathlib import Path

from contributors import samples
from contributors.models import Contributor, Programme
from contributors.services.batches import batch_register
from contributors.services.consents import consent_give
from contributors.services.people import contributor_create
from contributors.services.programmes import licence_create, programme_create, programme_open
from contributors.services.validation_sets import validation_set_register
from ledger.management.demo.people import People, person_without_log_in

FOLDER = Path(samples.__file__).parent / "flights"
SLUG = "flight-delays-2013"
# The carrier that the demo's contributor logs in as: the one with the most flights.
OWN_CARRIER = "UA"
LICENCE = """\
The contributor permits the use of these rows to train and to evaluate models of flight
delays, and to compute what they were worth. The rows are not shown to other contributors.
Payment follows the policy in force when the period opens. The consent can be revoked;
statements already issued stand.
"""


def flights_ensure(people: People, now: datetime) -> Programme:
    """The programme is open and every carrier's batches of January to September are in."""
    programme = Programme.objects.filter(slug=SLUG).first() or _programme(people, now)
    files = sorted((FOLDER / "training").glob("*.csv"))
    for code, own in groupby(files, key=lambda path: path.name.split("-")[0]):
        carrier = _carrier(code, people, now)
        consent_give(
            contributor_id=carrier.id, programme_id=programme.id, actor=carrier.user, now=now
        )
        for path in own:
            with path.open("rb") as file:
                batch_register(
                    programme_id=programme.id,
                    contributor_id=carrier.id,
                    file=file,
                    file_label=path.name,
                    actor=carrier.user,
                    now=now,
                )
    return programme


def _programme(people: People, now: datetime) -> Programme:
    licence = licence_create(
        identifier="LicenseRef-flight-delays",
        title="Licence of the flight-delay programme",
        text=LICENCE,
        actor=people.reviewer,
        now=now,
    )
    programme = programme_create(
        slug=SLUG,
        title="Flight delays, New York 2013",
        description=(
            "Will a flight arrive more than 15 minutes late? Predicted from what is known at "
            "departure; judged on flights of October to December."
        ),
        licence_id=licence.id,
        currency="USD",
        feature_columns=[
            "departure_delay_minutes",
            "scheduled_hour",
            "weekday",
            "distance_miles",
            "from_jfk",
            "from_lga",
        ],
        target_column="late",
        target_labels=["no", "yes"],
        identity_columns=["date", "carrier", "flight", "origin", "scheduled_departure"],
        model="logistic-regression",
        utility="log-loss",
        transform={"kind": "standardise"},
        actor=people.reviewer,
        now=now,
    )
    for purpose, name in (("validation", "validation.csv"), ("sealed", "sealed.csv")):
        with (FOLDER / name).open("rb") as file:
            validation_set_register(
                programme_id=programme.id,
                purpose=purpose,
                file=file,
                actor=people.reviewer,
                now=now,
            )
    return programme_open(programme_id=programme.id, actor=people.reviewer, now=now)


def _carrier(code: str, people: People, now: datetime) -> Contributor:
    found = Contributor.objects.filter(code=code).first()
    if found is not None:
        return found
    user = people.contributor if code == OWN_CARRIER else person_without_log_in(code.lower())
    return contributor_create(code=code, display_name=code, user=user, actor=None, now=now)

"""The second programme: presidents share the income of texts, one valuation run a text."""

from datetime import datetime
from pathlib import Path

from contributors import samples
from contributors.models import Contributor, Programme
from contributors.services.batches import batch_register
from contributors.services.consents import consent_give
from contributors.services.people import contributor_create
from contributors.services.programmes import licence_create, programme_create, programme_open
from contributors.services.validation_sets import validation_set_register
from ledger.management.demo.people import People

FOLDER = Path(samples.__file__).parent / "speeches"
SLUG = "speeches"
LICENCE = """\
The texts are works of the United States government and in the public domain. They may
train language models of this programme; what a generated text earns is shared among the
authors by how much each one's words made it more likely.
"""


def speeches_ensure(people: People, now: datetime) -> Programme:
    """The programme is open and every president's training text is in."""
    programme = Programme.objects.filter(slug=SLUG).first() or _programme(people, now)
    for path in sorted((FOLDER / "training").glob("*.txt")):
        author = _author(path.stem, now)
        consent_give(contributor_id=author.id, programme_id=programme.id, actor=None, now=now)
        with path.open("rb") as file:
            batch_register(
                programme_id=programme.id,
                contributor_id=author.id,
                file=file,
                file_label=path.name,
                actor=None,
                now=now,
            )
    return programme


def _programme(people: People, now: datetime) -> Programme:
    licence = licence_create(
        identifier="LicenseRef-speeches",
        title="Public-domain texts",
        text=LICENCE,
        actor=people.reviewer,
        now=now,
    )
    programme = programme_create(
        slug=SLUG,
        title="Royalties for generated text",
        description=(
            "Ten presidents' addresses train a language model; each held-out address stands for "
            "a generated text whose income is shared."
        ),
        licence_id=licence.id,
        currency="USD",
        kind="text",
        task="attribution",
        model="bigram",
        utility="log-probability",
        actor=people.reviewer,
        now=now,
    )
    for purpose, name in (("validation", "works.jsonl"), ("background", "background.txt")):
        with (FOLDER / name).open("rb") as file:
            validation_set_register(
                programme_id=programme.id,
                purpose=purpose,
                file=file,
                actor=people.reviewer,
                now=now,
            )
    return programme_open(programme_id=programme.id, actor=people.reviewer, now=now)


def _author(code: str, now: datetime) -> Contributor:
    found = Contributor.objects.filter(code=code).first()
    name = code.rpartition("-")[0] or code
    return found or contributor_create(code=code, display_name=name.title(), actor=None, now=now)

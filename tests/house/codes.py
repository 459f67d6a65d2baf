"""The table of refusals in docs/api.md, made from the code: `python -m tests.house.codes`."""

import importlib
import inspect
import os

import django
from django.apps import apps

if not apps.ready:  # run as a program, not by pytest
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

from contributors.errors import Refusal  # noqa: E402
from ledger.project import idempotency, problems  # noqa: E402
from ledger.project.problems import CODES, status_of  # noqa: E402
from tests.house.sources import APPS, ROOT, SOURCES, module_of  # noqa: E402

PAGE = ROOT / "docs" / "api.md"
START, END = "<!-- codes -->\n", "<!-- /codes -->"


def refusals() -> list[type[Refusal]]:
    """Return every class of refusal of the application, by name."""
    for path in SOURCES:
        if path.stem == "errors" or {"core", "services", "exports", "files"} & set(path.parts):
            importlib.import_module(module_of(path))
    found: set[type[Refusal]] = set()
    waiting = [Refusal]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found.update(each for each in below if each.__module__.partition(".")[0] in APPS)
    return sorted(found, key=lambda each: each.__name__)


def texts(refusal: type[Refusal]) -> tuple[str, str]:
    """Return the sentence and the remedy of a refusal, each on one line."""
    sentence, _, remedy = (inspect.getdoc(refusal) or "").partition("\n\n")
    return " ".join(sentence.split()), " ".join(remedy.split())


def rows() -> list[tuple[str, int, str, str]]:
    """Return (code, status, what happened, what to do) of everything that may be refused."""
    own = [(each.code, status_of(each.__new__(each)), *texts(each)) for each in refusals()]
    keys = [
        (code, 422 if code.endswith("unfit") else 409, *words)
        for code, words in idempotency.REFUSALS.items()
    ]
    known = {row[0] for row in own}
    general = [
        (code, status, f"{problems.HTTPStatus(status).phrase}.", remedy)
        for status, (code, remedy) in CODES.items()
        if code not in known
    ]
    return sorted(own + keys + general)


def table() -> str:
    """Return the table as Markdown."""
    lines = ["| code | status | what happened | what to do |", "|---|---|---|---|"]
    lines += [f"| `{code}` | {status} | {what} | {do} |" for code, status, what, do in rows()]
    return "\n".join(lines) + "\n"


def page_with(text: str, new: str) -> str:
    """Return the page with the table replaced."""
    before, _, rest = text.partition(START)
    return before + START + new + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(), table()))

"""Documents that cannot lie: settings, error codes and links are compared with the code."""

import re

import pytest

from tests.house import codes
from tests.house.sources import ROOT

TABLE_SETTING = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
READ_SETTING = re.compile(r"""(?:env|flag|words)\(\s*"([A-Z_]+)\"""")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def documented(name: str, pattern: re.Pattern[str]) -> set[str]:
    path = ROOT / "docs" / name
    return set(pattern.findall(path.read_text()))


def test_every_refusal_is_listed_as_the_code_says_it():
    page = codes.PAGE.read_text()
    assert page == codes.page_with(page, codes.table()), "run python -m tests.house.codes"


@pytest.mark.parametrize("refusal", codes.refusals(), ids=lambda each: each.__name__)
def test_a_refusal_says_what_happened_and_what_to_do(refusal):
    sentence, remedy = codes.texts(refusal)
    assert sentence.endswith((".", "!", "?"))
    assert remedy


def test_refusals_that_share_a_code_share_their_status():
    statuses: dict[str, set[int]] = {}
    for code, status, _, _ in codes.rows():
        statuses.setdefault(code, set()).add(status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_every_setting_is_in_the_table_and_the_table_has_no_other():
    source = (ROOT / "ledger" / "project" / "settings.py").read_text()
    assert documented("operations.md", TABLE_SETTING) == set(READ_SETTING.findall(source))


def test_every_link_between_documents_leads_somewhere():
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text())
        # A target without a dot is mathematics, v[S](x).
        if "." in target and not re.match(r"[a-z]+:", target)
        if not (page.parent / target).exists()
    ]
    assert broken == []

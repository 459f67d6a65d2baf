"""docs/invariants.md is complete: every invariant has its tests, and every test is there."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT

PAGE = (ROOT / "docs" / "invariants.md").read_text()
TESTS = ROOT / "tests" / "ledger"
ROW = re.compile(r"^\| ([A-F]\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
# How many invariants each part has; the last of each is A12, B6, C6, D15, E10 and F6.
PARTS = {"A": 12, "B": 6, "C": 6, "D": 15, "E": 10, "F": 6}


def test_every_invariant_is_in_the_table_once_and_in_order():
    expected = [f"{part}{number}" for part, last in PARTS.items() for number in range(1, last + 1)]
    assert [number for number, _, _ in ROWS] == expected


@pytest.mark.parametrize("number, tests", [(number, tests) for number, _, tests in ROWS])
def test_every_test_that_an_invariant_names_is_there(number, tests):
    named = re.findall(r"`([^`]+)::(test_\w+)`", tests)
    assert named, f"{number} has no test"
    missing = [f"{path}::{name}" for path, name in named if name not in functions(TESTS / path)]
    assert missing == []


def functions(path: Path) -> set[str]:
    """The tests of a file; none where the file is missing."""
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}

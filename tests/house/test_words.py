"""What may not be written: machine paths, forgotten notes, floats near money, hidden clocks."""

import ast
import re
import subprocess

import pytest

from tests.house.sources import APPS, ROOT, SOURCES, shown

# Split so that this file does not name what it forbids.
MACHINE = re.compile("|".join(("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/[a-z]")))
FIX_LATER = re.compile("FIX" + "ME|HA" + "CK")
CLOCKS = {"timezone.now", "datetime.now", "datetime.utcnow", "date.today", "datetime.today"}
# A shard's end lies seconds after the moment its work was asked for.
CLOCKS_OF_THEIR_OWN = {"valuation/services/shards.py"}
CLOCKLESS = ("core", "services", "selectors", "models", "errors")


def tracked(*options: str) -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("\n")[:-1]


def texts() -> list[tuple[str, str]]:
    """Return every text file of the repository, lock files and derived samples left out."""
    found = []
    for name in tracked("--others", "--exclude-standard"):
        path = ROOT / name
        if name.endswith(".lock") or "samples/" in name or not path.is_file():
            continue
        try:
            found.append((name, path.read_text()))
        except UnicodeDecodeError:
            continue
    return found


def calls(path, names: set[str]) -> list[str]:
    return [
        f"{shown(path)}:{node.lineno} {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names
    ]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_path_of_one_machine_is_written_down():
    assert lines_with(MACHINE) == []


def test_no_note_to_do_it_later_is_left():
    assert lines_with(FIX_LATER) == []


def test_money_is_never_a_float():
    money = [path for path in SOURCES if path.is_relative_to(ROOT / "ledger" / "core")]
    money += [path for path in SOURCES if path.is_relative_to(ROOT / "ledger" / "services")]
    assert [found for path in money for found in calls(path, {"float"})] == []


@pytest.mark.parametrize("app", APPS)
def test_only_the_edges_read_the_clock(app):
    below = [
        path
        for path in SOURCES
        if path.is_relative_to(ROOT / app)
        and path.relative_to(ROOT / app).with_suffix("").parts[0] in CLOCKLESS
        and shown(path) not in CLOCKS_OF_THEIR_OWN
    ]
    assert [found for path in below for found in calls(path, CLOCKS)] == []


def test_the_top_level_holds_what_was_agreed_and_nothing_else():
    top = {name.partition("/")[0] for name in tracked() if not name.startswith(".")}
    assert top == {
        "Makefile",
        "README.md",
        "contributors",
        "docs",
        "ledger",
        "manage.py",
        "pyproject.toml",
        "requirements.lock",
        "templates",
        "tests",
        "valuation",
    }


def test_every_core_module_is_named_by_a_test_of_its_app():
    def is_tested(path) -> bool:
        app = path.relative_to(ROOT).parts[0]
        named = re.compile(rf"\b{re.escape(path.stem)}\b")
        tests = (ROOT / "tests" / app).rglob("test_*.py")
        return any(
            # test_surrogate.py is the test of surrogate_correction.py as well.
            path.stem in test.stem
            or path.stem.startswith(test.stem.removeprefix("test_"))
            or named.search(test.read_text())
            for test in tests
        )

    cores = [path for path in SOURCES if "core" in path.parts and path.stem != "__init__"]
    assert [shown(path) for path in cores if not is_tested(path)] == []

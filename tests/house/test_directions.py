"""Imports go one way, and the cores stand on their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT, SOURCES, module_of

# Any import of these fails, as on a machine that does not have them.
WITHOUT = """
import importlib, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"{{name}} is absent in this test")
sys.meta_path.insert(0, Absent())
for name in {modules!r}:
    importlib.import_module(name)
"""
FRAMEWORKS = ("django", "rest_framework", "dramatiq", "allauth", "knox")


def core_modules(app: str) -> list[str]:
    return [module_of(path) for path in SOURCES if path.is_relative_to(ROOT / app / "core")]


def import_without(modules: list[str], absent: tuple[str, ...]) -> str:
    program = WITHOUT.format(absent=absent, modules=modules)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stderr.strip().rpartition("\n")[2]


def test_imports_keep_their_directions():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("app", ["contributors", "valuation", "ledger"])
def test_a_core_imports_where_no_framework_is_installed(app):
    assert import_without(core_modules(app), FRAMEWORKS) == ""


def test_the_core_of_money_imports_where_no_float_library_is_installed():
    assert import_without(core_modules("ledger"), (*FRAMEWORKS, "numpy", "scipy", "pandas")) == ""


def test_a_core_that_did_import_a_framework_would_be_caught():
    assert "absent" in import_without(["contributors.models"], FRAMEWORKS)

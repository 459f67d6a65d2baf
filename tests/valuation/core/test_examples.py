"""The examples in docstrings and in docs/algorithms hold, and every method has a page."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import valuation.core
from valuation.core import METHODS

PAGES = Path(__file__).resolve().parents[3] / "docs" / "algorithms"
MODULES = [
    module.name for module in pkgutil.walk_packages(valuation.core.__path__, "valuation.core.")
]
SHARED = {"beta-4-1": "beta"}  # one page for one family


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_the_examples_of_a_page_hold(path):
    assert doctest.testfile(str(path), module_relative=False).failed == 0


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_page(name):
    assert (PAGES / f"{SHARED.get(name, name)}.md").exists()

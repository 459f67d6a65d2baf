"""Functions and files stay short enough to read in one go."""

import ast

from tests.house.sources import SOURCES, shown

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400


def test_no_file_has_more_than_one_idea():
    long = [shown(path) for path in SOURCES if len(path.read_text().splitlines()) > FILE_LINES_MAX]
    assert long == []


def test_every_function_fits_on_a_screen():
    long = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert long == []

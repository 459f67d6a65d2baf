"""Cells that no spreadsheet takes for a formula.

A text cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an
apostrophe in front (OWASP ASVS 1.2.10). Numbers that we write stay numbers.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

# A workbook carries its time of making; ours always the same, so that bytes repeat.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
# Excel holds 15 digits; a longer number is kept as text, exactly.
_EXACT_DIGITS = 15


def safe_cell(cell: Any) -> str:
    """Return the text of a cell that no program runs.

    >>> safe_cell("=1+1"), safe_cell("-12.50"), safe_cell("-1+1"), safe_cell(-5)
    ("'=1+1", '-12.50', "'-1+1", '-5')
    """
    text = "" if cell is None else str(cell)
    if text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


class _Echo:
    """What the writer writes is what `writerow` returns."""

    def write(self, text: str) -> str:
        return text


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file (RFC 4180), the header first, without holding the rows."""
    writer = csv.writer(_Echo())
    yield writer.writerow(map(safe_cell, columns))
    for row in rows:
        yield writer.writerow(map(safe_cell, row))


def xlsx_bytes(sheets: Mapping[str, Iterable[Sequence[Any]]]) -> bytes:
    """Return a workbook with one sheet for each name; the first row of each is its header.

    Integers and plain decimals are typed cells; texts are never formulas or links. The
    same rows give the same bytes.
    """
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"created": _EPOCH})
        bold = book.add_format({"bold": True})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 8, 24)  # characters; the texts of reasons wrap nowhere
            for index, row in enumerate(rows):
                _write_row(sheet, index, row, bold if index == 0 else None)
    return stream.getvalue()


def _write_row(sheet: Any, index: int, row: Sequence[Any], style: Any) -> None:
    for column, cell in enumerate(row):
        text = "" if cell is None else str(cell)
        if _NUMBER.fullmatch(text) and sum(map(str.isdigit, text)) <= _EXACT_DIGITS:
            sheet.write_number(index, column, Decimal(text), style)
        else:
            sheet.write_string(index, column, safe_cell(cell), style)

"""Parts of docs/benchmarks.md, each between marks of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md"


def put(name: str, lines: Iterable[str], page: Path = PAGE) -> None:
    """The part of that name is these lines; a new one comes last.

    Raises
    ------
    ValueError : the page has one of the two marks, but not the other
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text()
    if begin not in text:
        text += f"\n{begin}\n{end}\n"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    body = "\n".join(lines)
    page.write_text(f"{before}{begin}\n{body}\n{end}{after}")

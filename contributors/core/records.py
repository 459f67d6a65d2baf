"""The records that intake passes around."""

from dataclasses import dataclass, field

from contributors.core.limits import ISSUES_MAX, VALUE_SHOWN_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """Why a row was not accepted; `line` counts from 1, the header being line 1."""

    line: int
    column: str
    value: str
    code: str
    message: str


MESSAGES = {
    "missing_column": "The programme needs this column.",
    "unknown_column": "The programme does not declare this column.",
    "ragged_row": "The row has another number of cells than the header.",
    "missing": "A value is missing.",
    "not_a_number": "This is not a number.",
    "not_finite": "The number is infinite or too large.",
    "out_of_range": "The number is outside the range that the programme declares.",
    "unknown_label": "The programme does not declare this label.",
    "too_long": "The text is longer than 1,000 characters.",
    "control_character": "The text holds invisible or control characters.",
    "not_json": "The line is not a JSON object.",
    "duplicate_key": "The line names a key twice.",
    "unknown_key": "The line has a key that the programme does not declare.",
    "nested": "The value is a list or a record instead of a number or text.",
    "lone_surrogate": "The text holds half a character.",
}


def shortened(value: object) -> str:
    """Return the value as text, cut so that an error list is not a copy of the data.

    >>> len(shortened("x" * 100))
    40
    """
    text = "" if value is None else str(value)
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:80])
    if len(text) <= VALUE_SHOWN_CHARACTERS:
        return text
    return text[: VALUE_SHOWN_CHARACTERS - 1] + "…"


def row_error(*, line: int, column: str, value: object, code: str) -> RowError:
    return RowError(
        line=line, column=column[:128], value=shortened(value), code=code, message=MESSAGES[code]
    )


@dataclass(slots=True, kw_only=True)
class ErrorList:
    """The first errors in full, all of them counted, and the rows they spoil."""

    errors: list[RowError] = field(default_factory=list)
    count: int = 0
    row_count: int = 0

    def add(self, error: RowError) -> None:
        self.count += 1
        if len(self.errors) < ISSUES_MAX:
            self.errors.append(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a CSV file is written; every field can be confirmed or corrected by the sender."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    decimal: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What reading a file found; the rows themselves are in the two files written."""

    row_count: int
    invalid_count: int
    error_count: int
    errors: tuple[RowError, ...]
    content_sha256: str

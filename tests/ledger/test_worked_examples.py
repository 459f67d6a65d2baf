"""docs/bookkeeping.md is run: its tables are what the events post, and its lists are complete."""

import re
from pathlib import Path
from typing import Any

import pytest

from ledger.core import bookkeeping, payments
from ledger.core.bookkeeping import EntryDraft, Event
from ledger.core.chart import CHART
from ledger.core.money import amount_text
from ledger.models import Account, Balance, JournalEntry, Period, Posting
from ledger.selectors.journal import entry_get
from ledger.selectors.reports import accounting_equations, reconciliation
from ledger.selectors.verification import CHECKS
from ledger.services.journal import journal_entry_reverse
from ledger.triggers import FOLDER
from tests.ledger.journal.books import NOW, TODAY, Books

PAGE = (Path(__file__).parents[2] / "docs" / "bookkeeping.md").read_text()
EXAMPLE = re.compile(r"<!-- (event|reversal): (\w+)(.*?) -->\n((?:\|.*\n)+)")
EXAMPLES = EXAMPLE.findall(PAGE)


def test_every_example_posts_what_its_table_shows(db: None) -> None:
    books = Books.opened()
    entry: JournalEntry | None = None
    for kind, name, arguments, table in EXAMPLES:
        if kind == "event":
            entry = books.post_draft(_draft(books, name, arguments)).entry
        else:
            assert entry is not None
            entry = _reversed(books, entry, name)
        assert _table(entry) == table, f"{name}{arguments}"
        assert entry.event == name or f'event="{entry.event}"' in arguments
    assert reconciliation() == ()
    assert all(each.difference_minor == 0 for each in accounting_equations())
    assert [finding for check in CHECKS for finding in check()] == []


def test_every_event_has_an_example() -> None:
    shown = {name for _, name, _, _ in EXAMPLES}
    assert {event.value for event in Event} - shown == {"reversal"}


def test_the_chart_on_the_page_is_the_charts() -> None:
    rows = [
        f"| `{row.stem}{f':<{row.of}>' if row.of else ''}` | {row.kind} |"
        f" {'yes' if row.no_overdraft else 'no'} |\n"
        for row in CHART
    ]
    assert "".join(rows) == _lines_after("chart")


def test_every_rule_of_the_journal_is_on_the_page() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", _lines_after("rules"), re.MULTILINE))
    sql = [(FOLDER / vendor / "journal.sql").read_text() for vendor in ("sqlite", "postgresql")]
    raised = set(re.findall(r"'(\w+): ", " ".join(sql)))
    named = {
        constraint.name
        for model in (Account, Balance, JournalEntry, Period, Posting)
        for constraint in model._meta.constraints
    }
    # Rules about the shape of a row, which nobody meets through a wish of their own.
    shape = {
        "account_code_is_one_line", "account_currency_is_a_code", "account_currency_is_keyed",
        "account_is_never_replaced", "account_kind_is_known", "journal_entry_hash_is_unique",
        "journal_entry_names_its_event_and_key", "journal_entry_seq_is_unique",
        "period_closed_iff_published", "period_frozen_at_iff_not_open", "period_is_never_replaced",
        "period_starts_before_it_ends", "period_starts_open", "period_status_is_known",
    }  # fmt: skip
    assert listed - raised - named <= {"posting_is_append_only", "period_is_never_deleted"}
    assert (raised | named) - listed - shape == set()


@pytest.mark.parametrize("pool_minor, fee_bp, fee", [(1000, 125, 13), (1, 5000, 1), (1, 4999, 0)])
def test_the_fee_is_basis_points_of_the_pool_rounded_half_up(
    pool_minor: int, fee_bp: int, fee: int
) -> None:
    assert bookkeeping.fee_minor(pool_minor, fee_bp) == fee


def _draft(books: Books, name: str, arguments: str) -> EntryDraft:
    event: Any = getattr(bookkeeping, name, None) or getattr(payments, name)
    currency: dict[str, str] = {} if name == "currency_exchanged" else {"currency": "EUR"}
    # The page is ours: its arguments are Python.
    given = eval(f"dict{arguments}")  # noqa: S307
    draft: EntryDraft = event(books.occasion(), **currency, **given)
    return draft


def _reversed(books: Books, entry: JournalEntry, event: str) -> JournalEntry:
    return journal_entry_reverse(
        entry_id=entry.id,
        period_id=books.period.id,
        effective_on=TODAY,
        idempotency_key=f"{event}:{entry.id}",
        actor=None,
        now=NOW,
        event=event,
    ).entry


def _table(entry: JournalEntry) -> str:
    rows = [
        f"| `{each.debit_account}` | `{each.credit_account}` |"
        f" {amount_text(each.amount_minor, each.currency)} {each.currency} |\n"
        for each in entry_get(entry.id).postings
    ]
    return "".join(["| debit | credit | amount |\n", "|---|---|--:|\n", *rows])


def _lines_after(mark: str) -> str:
    table = re.search(rf"<!-- {mark} -->\n\|.*\n\|.*\n((?:\|.*\n)+)", PAGE)
    assert table is not None
    return table[1]

"""Invariants of balances and of the chain, and that `verify` names the row where they break."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ledger import triggers
from ledger.core.chain import GENESIS, entry_hash
from ledger.models import JournalEntry
from ledger.selectors.reports import accounting_equations, reconciliation
from ledger.selectors.verification import chained_entries
from ledger.services.journal import journal_entry_reverse
from ledger.services.periods import period_close, period_freeze
from tests.ledger.journal.books import (
    ANN,
    BANK,
    BOB,
    FEE,
    NOW,
    POOL,
    TODAY,
    Books,
    execute,
    rows,
)


@pytest.fixture
def busy(books: Books) -> Books:
    """Books with four entries, one of them reversed."""
    books.fund(1000)
    books.post((POOL, FEE, 50), (POOL, ANN, 300), (POOL, BOB, 650))
    paid = books.post((ANN, BANK, 100)).entry
    journal_entry_reverse(
        entry_id=paid.id,
        period_id=books.period.id,
        effective_on=TODAY,
        idempotency_key="back",
        actor=None,
        now=NOW,
    )
    return books


def verify(*arguments: str) -> tuple[bool, str]:
    """Whether `manage.py verify` passes, and what it prints."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify", *arguments, stdout=out, stderr=err)
    except CommandError:
        return False, err.getvalue()
    return True, out.getvalue()


@contextmanager
def triggers_off() -> Iterator[None]:
    """What a person with all rights on the database could do, and undo."""
    triggers.remove(connection)
    yield
    triggers.install(connection)


def test_verify_passes_on_sound_books(busy: Books) -> None:
    assert verify() == (True, verify()[1])
    assert verify()[1].startswith("OK: ")


def test_every_balance_is_the_sum_and_count_of_its_postings(busy: Books) -> None:
    assert reconciliation() == ()
    with triggers_off():
        execute("UPDATE ledger_balance SET debit_minor = debit_minor + 1 WHERE debit_minor > 0")
    assert len(reconciliation()) == len(rows("SELECT 1 FROM ledger_balance WHERE debit_minor > 0"))


def test_assets_and_expenses_equal_liabilities_equity_and_income(busy: Books) -> None:
    (equation,) = accounting_equations()
    assert equation.difference_minor == 0
    assert (equation.assets_minor, equation.liabilities_minor, equation.income_minor) == (
        1000,
        950,
        50,
    )


def test_the_chain_is_gapless_and_each_link_is_the_hash_of_all_before_it(busy: Books) -> None:
    head = GENESIS
    for seq, entry in enumerate(chained_entries(), start=1):
        assert (entry.seq, entry.prev_hash) == (seq, head)
        assert entry.stored_hash == entry_hash(entry)
        head = entry.stored_hash
    assert head == JournalEntry.objects.get(seq=4).hash


def test_the_chain_holds_every_kind_of_text_and_every_moment(books: Books) -> None:
    key = "clé | ключ 🔑 100%"
    books.post_draft(books.draft((BANK, POOL, 1), source_id="ünï|cödé"), key=key)
    (entry,) = chained_entries()
    assert entry.stored_hash == entry_hash(entry)
    assert verify()[0]


EDITS: dict[str, tuple[str, str]] = {
    "amount": (
        "UPDATE ledger_posting SET amount_minor = 2000 WHERE amount_minor = 1000",
        "entry 1 was changed after it was sealed",
    ),
    "event": (
        "UPDATE ledger_journal_entry SET event = 'gift' WHERE seq = 2",
        "entry 2 was changed after it was sealed",
    ),
    "account": (
        "UPDATE ledger_account SET code = '2100:payable:eve' WHERE code = '2100:payable:bob'",
        "entry 2 was changed after it was sealed",
    ),
    "posting removed": (
        "DELETE FROM ledger_posting WHERE amount_minor = 650",
        "entry 2 says 3 postings",
    ),
    "entry removed": (
        "DELETE FROM ledger_journal_entry WHERE seq = 4",
        "belongs to no entry",
    ),
    "renumbered": (
        "UPDATE ledger_journal_entry SET seq = 9 WHERE seq = 4",
        "entry 9 comes where entry 4 should be",
    ),
    "link": (
        "UPDATE ledger_journal_entry SET prev_hash = 'x' WHERE seq = 3",
        "entry 3 does not follow from the entry before it",
    ),
    "day": (
        "UPDATE ledger_journal_entry SET effective_on = '2025-01-01' WHERE seq = 3",
        "entry 3 is dated outside period 2026-Q4",
    ),
    "balance": (
        "UPDATE ledger_balance SET credit_minor = 0 WHERE credit_minor = 650",
        "account 2100:payable:bob EUR is off by",
    ),
    "overdraft": (
        "UPDATE ledger_balance SET debit_minor = 9999 WHERE credit_minor = 650",
        "account 2100:payable:bob EUR has passed zero",
    ),
    "reversal": (
        "UPDATE ledger_posting SET amount_minor = 99 WHERE amount_minor = 100 AND id ="
        " (SELECT max(id) FROM ledger_posting)",
        "entry 4 does not reverse what it says",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_verify_names_the_row_of_an_edit_made_with_triggers_off(busy: Books, edit: str) -> None:
    sql, named = EDITS[edit]
    if edit == "entry removed" and connection.vendor == "postgresql":
        named = "is off by"  # PostgreSQL refuses orphans even then, so its postings go as well
    with triggers_off():
        if connection.vendor == "postgresql" and edit == "entry removed":
            execute("DELETE FROM ledger_posting WHERE id = (SELECT max(id) FROM ledger_posting)")
        execute(sql)
    passed, printed = verify()
    assert not passed
    assert named in printed
    with triggers_off():  # the test's own end would stumble over an orphan
        execute(
            "DELETE FROM ledger_posting WHERE entry_id NOT IN (SELECT id FROM ledger_journal_entry)"
        )


def test_verify_names_a_trigger_that_is_missing(busy: Books) -> None:
    triggers.remove(connection)
    passed, printed = verify()
    assert not passed
    assert "ledger_journal_entry_seal is missing" in printed
    triggers.install(connection)


def test_entries_cut_from_the_end_are_found_by_the_published_head(busy: Books) -> None:
    period_freeze(period_id=busy.period.id, now=NOW)
    closed = period_close(period_id=busy.period.id, actor=None, now=NOW)
    printed = f"{closed.chain_seq}:{closed.chain_head}"
    assert verify("--head", printed)[0]
    with triggers_off():
        _cut_last_entry()
    passed, said = verify("--head", printed)
    assert not passed
    assert "entry 4 is not the one published when 2026-Q4 closed" in said
    assert "entry 4 is not the one whose hash was printed" in said


def test_the_head_that_empty_books_published_is_found(books: Books) -> None:
    period_freeze(period_id=books.period.id, now=NOW)
    closed = period_close(period_id=books.period.id, actor=None, now=NOW)
    assert verify("--head", f"{closed.chain_seq}:{closed.chain_head}")[0]
    assert not verify("--head", f"0:{'1' * 64}")[0]


def test_a_closed_period_whose_past_was_rewritten_is_found(busy: Books) -> None:
    period_freeze(period_id=busy.period.id, now=NOW)
    period_close(period_id=busy.period.id, actor=None, now=NOW)
    with triggers_off():
        execute("UPDATE ledger_posting SET amount_minor = 1 WHERE amount_minor = 650")
    assert "period 2026-Q4 has another trial balance" in verify()[1]


def test_a_head_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="SEQ:HASH"):
        call_command("verify", "--head", "nonsense")


def test_a_shortened_head_is_no_finding_but_asked_for_in_full() -> None:
    with pytest.raises(CommandError, match="Give all 64 digits"):
        call_command("verify", "--head", "4:7eca98f086cbe13f")


def _cut_last_entry() -> None:
    last = rows("SELECT id FROM ledger_journal_entry ORDER BY seq DESC LIMIT 1")[0][0]
    execute("DELETE FROM ledger_posting WHERE entry_id = %s", last)
    execute("DELETE FROM ledger_journal_entry WHERE id = %s", last)

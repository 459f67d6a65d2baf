"""Invariants of entries and postings, tried through the service and through raw SQL."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from ledger.core.bookkeeping import AMOUNT_MINOR_MAX, Event, PostingDraft
from ledger.errors import (
    AccountClosed,
    AlreadyReversed,
    AmountOutOfRange,
    AppendOnly,
    DateOutsidePeriod,
    EmptyEntry,
    Overdraft,
    PeriodClosed,
    UnknownAccount,
    UnknownCurrency,
)
from ledger.models import Balance, JournalEntry, Posting
from ledger.services.accounts import account_close
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
    balances,
    check_constraints,
    everything,
    execute,
    refused,
    rows,
)

SQLITE = "sqlite"


# A1 ------------------------------------------------------------------------------------


def test_nothing_unbalanced_can_be_committed(books: Books) -> None:
    books.fund(1000)
    books.raw_entry((POOL, ANN, 300), (POOL, FEE, 50))
    assert sum(balances().values()) == 0
    columns = {name for name, *_ in connection.introspection.get_table_description(
        connection.cursor(), "ledger_posting"
    )}  # fmt: skip
    assert columns == {
        "id", "entry_id", "line", "debit_account_id", "credit_account_id", "currency",
        "amount_minor",
    }  # fmt: skip


@pytest.mark.parametrize("column", ["debit_account_id", "credit_account_id", "amount_minor"])
def test_a_posting_lacks_neither_side_nor_amount(books: Books, column: str) -> None:
    entry_id = uuid4()
    with refused("NOT NULL", "not-null", "posting_amount_minor_is_an_integer"):
        fields = {"amount_minor": 5} | {column: None}
        books.raw_posting(entry_id, 1, BANK, POOL, **fields)


def test_a_posting_of_an_account_to_itself_is_refused(books: Books) -> None:
    with refused("posting_accounts_differ"):
        books.raw_entry((BANK, BANK, 5))


# A2, A6 --------------------------------------------------------------------------------


def test_an_entry_in_several_currencies_balances_in_each(books: Books) -> None:
    books.post((BANK, POOL, 100, "EUR"), (BANK, POOL, 7, "JPY"))
    assert balances() == {
        f"{BANK} EUR": 100, f"{POOL} EUR": -100, f"{BANK} JPY": 7, f"{POOL} JPY": -7,
    }  # fmt: skip


def test_a_posting_across_currencies_is_refused(books: Books) -> None:
    entry_id = uuid4()
    with refused("posting_has_the_currency_of_its_debit_account", "FOREIGN KEY"):
        books.raw_posting(entry_id, 1, BANK, POOL, 5, "EUR", debit_currency="USD")
        books.raw_seal(entry_id)


def test_a_posting_has_its_accounts_currency(books: Books) -> None:
    entry_id = uuid4()
    with refused("posting_has_the_currency_of_its_", "FOREIGN KEY"):
        books.raw_posting(entry_id, 1, BANK, POOL, 5, "EUR", posting_currency="USD")
        books.raw_seal(entry_id)


def test_gold_and_invented_currencies_are_refused(books: Books) -> None:
    for currency in ("XAU", "ABC", "eur"):
        with pytest.raises(UnknownCurrency):
            books.post((BANK, POOL, 5, currency))


def test_an_account_outside_the_chart_is_refused(books: Books) -> None:
    for code in ("9999:anything", "2100:payable", "2100:payable:", "2100:payable:a b", "bank"):
        with pytest.raises(UnknownAccount):
            books.post((BANK, code, 5))


# A3 ------------------------------------------------------------------------------------


def test_an_entry_without_postings_is_refused(books: Books) -> None:
    with pytest.raises(EmptyEntry):
        books.post((BANK, POOL, 0))
    for posting_count in (0, 1):
        with refused("journal_entry_counts_its_postings", "journal_entry_has_a_posting"):
            books.raw_entry(posting_count=posting_count)


def test_an_entry_has_as_many_postings_as_it_says(books: Books) -> None:
    for posting_count in (1, 3):
        with refused("journal_entry_counts_its_postings"):
            books.raw_entry((BANK, POOL, 5), (BANK, POOL, 6), posting_count=posting_count)


def test_the_lines_of_an_entry_count_from_one_without_gaps(books: Books) -> None:
    entry_id = uuid4()
    with refused("journal_entry_counts_its_postings"):
        books.raw_posting(entry_id, 2, BANK, POOL, 5)
        books.raw_seal(entry_id)
    with refused("posting_line_counts_from_one"):
        books.raw_posting(entry_id, 0, BANK, POOL, 5)


@pytest.mark.parametrize("amount_minor", [0, -5, AMOUNT_MINOR_MAX + 1])
def test_an_amount_is_positive_and_in_range(books: Books, amount_minor: int) -> None:
    with refused("posting_amount_minor_is_positive"):
        books.raw_entry((BANK, POOL, amount_minor))
    if amount_minor:
        with pytest.raises(AmountOutOfRange):
            books.post((BANK, POOL, amount_minor))


# A4 ------------------------------------------------------------------------------------

CHANGES = [
    "UPDATE ledger_posting SET amount_minor = amount_minor + 1",
    "UPDATE ledger_posting SET id = id + 1000",
    "DELETE FROM ledger_posting",
    "UPDATE ledger_journal_entry SET event = 'other'",
    "UPDATE ledger_journal_entry SET hash = ''",
    "UPDATE ledger_journal_entry SET seq = seq + 1",
    "DELETE FROM ledger_journal_entry",
    "UPDATE ledger_balance SET debit_minor = debit_minor + 1",
    "DELETE FROM ledger_balance",
    "UPDATE ledger_account SET kind = 'asset', no_overdraft = false",
    "DELETE FROM ledger_account",
    "DELETE FROM ledger_period",
    "UPDATE ledger_period SET ends_on = '2027-01-31'",
]
RULES = (
    "is_append_only", "is_written_by_the_seal", "account_is_never", "period_is_never",
    "period_keeps_its_days",
)  # fmt: skip


@pytest.mark.parametrize("sql", CHANGES)
def test_update_and_delete_are_refused(books: Books, sql: str) -> None:
    books.fund()
    with refused(*RULES):
        execute(sql)


@pytest.mark.parametrize("table", ["posting", "journal_entry", "balance", "account", "period"])
def test_truncate_is_refused(books: Books, table: str) -> None:
    if connection.vendor == SQLITE:
        with refused(*RULES):
            books.fund()
            execute(f"DELETE FROM ledger_{table}")  # SQLite's TRUNCATE is a DELETE without WHERE
    else:
        books.fund()
        check_constraints()  # else PostgreSQL refuses only because checks are pending
        with refused(*RULES):
            execute(f"TRUNCATE ledger_{table} CASCADE")


@pytest.mark.parametrize("table", ["posting", "journal_entry", "balance", "account", "period"])
@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
def test_insert_or_replace_is_refused(books: Books, table: str, recursive_triggers: str) -> None:
    if connection.vendor != SQLITE:
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    books.fund()
    execute(f"PRAGMA recursive_triggers = {recursive_triggers}")
    try:
        with refused(*RULES, "posting_entry_is_sealed"):
            execute(f"INSERT OR REPLACE INTO ledger_{table} SELECT * FROM ledger_{table}")
    finally:
        execute("PRAGMA recursive_triggers = ON")


@pytest.mark.parametrize("insert", ["INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_a_conflict_clause_weakens_no_rule(books: Books, insert: str) -> None:
    """A trigger's statements inherit the clause of the statement that fired it."""
    if connection.vendor != SQLITE:
        pytest.skip("SQLite's clauses")
    books.raw_entry((BANK, POOL, 300))
    books.raw_entry((BANK, POOL, 5), (POOL, ANN, 5), insert=insert)
    assert balances() == {f"{BANK} EUR": 305, f"{POOL} EUR": -300, f"{ANN} EUR": -5}
    with refused("balance_is_not_overdrawn"):
        books.raw_entry((POOL, ANN, 500), insert=insert)
    big = [(BANK, POOL, AMOUNT_MINOR_MAX)] * 1000
    with refused("balance_totals_stay_exact"):
        books.raw_entry(*big, insert=insert)


def test_on_conflict_do_nothing_moves_no_balance(books: Books) -> None:
    """The checks may run for a row that a conflict then keeps out."""
    entry = books.fund().entry
    before = balances()
    statement = (
        "INSERT INTO ledger_journal_entry SELECT * FROM ledger_journal_entry"
        " WHERE true ON CONFLICT DO NOTHING"
    )
    with refused(*RULES, "journal_entry_seal_is_the_databases"):
        execute(statement)
    again = {"id": entry.id, "idempotency_key": entry.idempotency_key}
    with refused(
        "journal_entry_is_append_only", "journal_entry_idempotency_key_is_unique",
        "duplicate key", "journal_entry_counts_its_postings",
    ):  # fmt: skip
        books.raw_seal(**_entry_id(again))
    assert balances() == before


def _entry_id(fields: dict[str, object]) -> dict[str, object]:
    return {"entry_id": fields["id"]} | {k: v for k, v in fields.items() if k != "id"}


def test_an_upsert_changes_no_entry(books: Books) -> None:
    books.fund()
    with refused(*RULES, "duplicate", "posting_entry_is_sealed"):
        execute(
            "INSERT INTO ledger_posting SELECT * FROM ledger_posting WHERE true"
            " ON CONFLICT (id) DO UPDATE SET amount_minor = 1"
        )


def test_querysets_refuse_before_the_database_does(books: Books) -> None:
    books.fund()
    for model in (JournalEntry, Posting, Balance):
        with pytest.raises(AppendOnly):
            model.objects.update(pk=1)
        with pytest.raises(AppendOnly):
            model.objects.all().delete()


# A5 ------------------------------------------------------------------------------------


def test_no_posting_is_added_to_a_sealed_entry(books: Books) -> None:
    entry = books.fund().entry
    with refused("posting_entry_is_sealed"):
        books.raw_posting(entry.id, 2, BANK, POOL, 5)


def test_postings_without_their_entry_are_refused(books: Books) -> None:
    with refused("FOREIGN KEY", "foreign key"):
        books.raw_posting(uuid4(), 1, BANK, POOL, 5)


def test_seq_and_hashes_are_given_by_the_seal_alone(books: Books) -> None:
    for column, value in (("seq", 7), ("hash", "f" * 64), ("prev_hash", "f" * 64)):
        with refused("journal_entry_seal_is_the_databases"):
            books.raw_entry((BANK, POOL, 5), **{column: value})


# A7 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount_minor", [1.5, "2", True])
def test_an_amount_that_is_no_integer_is_refused(books: Books, amount_minor: object) -> None:
    posting = PostingDraft(
        debit_account=BANK, credit_account=POOL, currency="EUR", amount_minor=amount_minor
    )
    draft = books.draft((BANK, POOL, 1))
    with pytest.raises(AmountOutOfRange):
        books.post_draft(type(draft)(**_fields(draft) | {"postings": (posting,)}))


def test_no_posting_holds_a_fraction(books: Books) -> None:
    if connection.vendor == SQLITE:
        with refused("posting_amount_minor_is_an_integer"):
            books.raw_entry((BANK, POOL, 1.5))
    else:  # the column's type leaves no fraction to refuse
        books.raw_entry((BANK, POOL, 1.5))
        assert rows("SELECT pg_typeof(amount_minor)::text FROM ledger_posting") == [("bigint",)]


def _fields(draft: object) -> dict[str, object]:
    return {name: getattr(draft, name) for name in draft.__dataclass_fields__}


# A8 ------------------------------------------------------------------------------------


def test_an_entry_dated_in_a_closed_period_is_refused(books: Books) -> None:
    books.fund()
    period_freeze(period_id=books.period.id, now=NOW)
    books.post((POOL, ANN, 5))  # frozen books are still open
    period_close(period_id=books.period.id, actor=None, now=NOW)
    with pytest.raises(PeriodClosed):
        books.post((POOL, ANN, 5))
    with refused("journal_entry_period_is_not_closed"):
        books.raw_entry((POOL, ANN, 5))


def test_an_entry_is_dated_within_its_period(books: Books) -> None:
    for on in (date(2026, 9, 30), date(2027, 1, 1)):
        with pytest.raises(DateOutsidePeriod):
            books.post((BANK, POOL, 5), on=on)
        with refused("journal_entry_is_dated_in_its_period"):
            books.raw_entry((BANK, POOL, 5), effective_on=on)
    for on in (date(2026, 10, 1), date(2026, 12, 31)):
        books.post((BANK, POOL, 5), on=on)


# A9 ------------------------------------------------------------------------------------


def test_a_closed_account_takes_no_posting(books: Books) -> None:
    books.post((BANK, ANN, 5))
    books.post((ANN, BANK, 5))
    account_close(code=ANN, currency="EUR", now=NOW)
    with pytest.raises(AccountClosed):
        books.post((BANK, ANN, 5))
    with refused("posting_account_is_open"):
        books.raw_entry((BANK, ANN, 5))
    with refused("account_is_never_changed"):
        execute("UPDATE ledger_account SET closed_at = NULL WHERE code = %s", ANN)


# A10 (one client; many in test_concurrency) ---------------------------------------------


def test_an_account_without_overdraft_never_passes_zero(books: Books) -> None:
    books.fund(100)
    with pytest.raises(Overdraft):
        books.post((POOL, ANN, 101))
    with refused("balance_is_not_overdrawn"):
        books.raw_entry((POOL, ANN, 60), (POOL, BOB, 41))
    books.post((POOL, ANN, 60), (POOL, BOB, 40))
    with refused("balance_is_not_overdrawn"):
        books.raw_entry(("1200:advance:ann", BANK, 5), ("5000:bank-charges", "1200:advance:ann", 6))


def test_an_account_may_pass_zero_within_an_entry(books: Books) -> None:
    books.post((ANN, BANK, 10), (BANK, ANN, 10))
    assert balances() == {}


# A11, A12 ------------------------------------------------------------------------------


def test_an_entry_is_reversed_at_most_once(books: Books) -> None:
    entry = books.fund().entry
    _reverse(books, entry)
    with pytest.raises(AlreadyReversed):
        _reverse(books, entry)
    with refused("journal_entry_is_reversed_once", "reverses_id"):
        books.raw_entry((POOL, BANK, 1000), reverses_id=entry.id)


def test_a_reversal_swaps_the_sides_of_every_posting(books: Books) -> None:
    entry = books.post((BANK, POOL, 100), (BANK, ANN, 7)).entry
    for moves in (
        [(POOL, BANK, 100)],
        [(POOL, BANK, 100), (ANN, BANK, 6)],
        [(POOL, BANK, 100), (BOB, BANK, 7)],
        [(ANN, BANK, 7), (POOL, BANK, 100)],
        [(POOL, BANK, 100), (ANN, BANK, 7), (POOL, BANK, 1)],
    ):
        with refused("journal_entry_reversal_swaps_every_posting", "balance_is_not_overdrawn"):
            books.raw_entry(*moves, reverses_id=entry.id)
    books.raw_entry((POOL, BANK, 100), (ANN, BANK, 7), reverses_id=entry.id)


def test_after_a_reversal_every_balance_is_what_it_was(books: Books) -> None:
    books.fund(1000)
    before = balances()
    entry = books.post((POOL, ANN, 300), (POOL, BOB, 7), (POOL, FEE, 50)).entry
    assert balances() != before
    _reverse(books, entry)
    assert balances() == before


def test_reversing_a_reversal_is_allowed(books: Books) -> None:
    entry = books.fund(1000).entry
    before = balances()
    undone = _reverse(books, entry).entry
    _reverse(books, undone)
    assert balances() == before


def test_what_is_spent_cannot_be_reversed_into_an_overdraft(books: Books) -> None:
    entry = books.fund(1000).entry
    books.post((POOL, ANN, 1000))
    state = everything()
    with pytest.raises(Overdraft):
        _reverse(books, entry)
    assert everything() == state


def _reverse(books: Books, entry: JournalEntry):  # noqa: ANN202
    return journal_entry_reverse(
        entry_id=entry.id,
        period_id=books.period.id,
        effective_on=TODAY + timedelta(days=1),
        idempotency_key=f"reverse:{entry.id}:{next(books.keys)}",
        actor=None,
        now=NOW,
        event=Event.REVERSAL,
    )

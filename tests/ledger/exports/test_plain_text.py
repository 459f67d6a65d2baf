"""The books load in Beancount, hledger and ledger with no error and the same balances."""

import csv
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.core.money import amount_text
from ledger.exports.plain_text import FORMATS, account_name
from ledger.exports.tables import ledger_csv
from ledger.models import JournalEntry
from ledger.selectors.journal import account_balances, account_lines
from ledger.selectors.ledger_lines import LineFilter, ledger_line_count, ledger_lines
from tests.conftest import CI
from tests.ledger.journal.books import ANN, BANK, BOB, FEE, POOL, Books


@pytest.fixture
def books(db: None) -> Books:
    """Entries in three currencies, out of the order of their days."""
    books = Books.opened()
    books.post((BANK, POOL, 100_000), on=date(2026, 10, 9))
    books.post((BANK, POOL, 5, "JPY"), (BANK, POOL, 1_234, "KWD"), on=date(2026, 10, 2))
    books.post((POOL, FEE, 1), (POOL, ANN, 70_001), (POOL, BOB, 29_998), on=date(2026, 12, 31))
    books.post((ANN, "2300:payout-clearing:sepa", 70_001), on=date(2026, 12, 31))
    return books


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[str], Path]:
    def export(name: str) -> Path:
        path = tmp_path / f"books.{name}"
        path.write_text("".join(FORMATS[name]()))
        return path

    return export


def run(program: str, *arguments: str) -> str:
    path = shutil.which(program) or shutil.which(str(Path(sys.executable).with_name(program)))
    if path is None:
        sentence = f"{program} is not installed; its file was not tried."
        pytest.fail(sentence) if CI else pytest.skip(sentence)
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def ours() -> dict[tuple[str, str], str]:
    return {
        (account_name(each.code, each.kind), each.currency): amount_text(
            each.balance_minor, each.currency
        )
        for each in account_balances()
        if each.balance_minor
    }


def test_beancount_loads_the_books_and_its_balances_are_ours(
    books: Books, exported: Callable[[str], Path]
) -> None:
    path = exported("beancount")
    assert run("bean-check", str(path)) == ""
    wrong = path.read_text().replace("Id-main  1000.00 ~ 0 EUR", "Id-main  1000.01 ~ 0 EUR")
    assert wrong != path.read_text()
    path.write_text(wrong)
    with pytest.raises(AssertionError, match="Balance failed"):
        run("bean-check", str(path))


def test_hledger_loads_the_books_and_its_balances_are_ours(
    books: Books, exported: Callable[[str], Path]
) -> None:
    printed = run(
        "hledger",
        "-f",
        str(exported("hledger")),
        "balance",
        "--strict",
        "--flat",
        "-N",
        "-O",
        "csv",
    )
    theirs = {}
    for name, amounts in list(csv.reader(io.StringIO(printed)))[1:]:
        for amount in amounts.split(", "):
            number, currency = amount.split(" ")
            theirs[name, currency] = number
    assert theirs == ours()


def test_ledger_loads_the_books_and_its_balances_are_ours(
    books: Books, exported: Callable[[str], Path]
) -> None:
    form = "%(account)|%(quantity(scrub(amount)))|%(commodity(scrub(amount)))\n"
    printed = run(
        "ledger", "-f", str(exported("ledger")), "--pedantic", "reg", "--real", "--format", form
    )
    theirs: dict[tuple[str, str], Decimal] = {}
    for line in printed.splitlines():
        name, number, currency = line.split("|")
        theirs[name, currency] = theirs.get((name, currency), Decimal(0)) + Decimal(number)
    expected = {key: Decimal(text) for key, text in ours().items()}
    assert {key: value for key, value in theirs.items() if value} == expected


@pytest.mark.parametrize("name", FORMATS)
def test_the_totals_of_an_export_are_the_ledgers_at_the_head_it_names(
    books: Books, name: str
) -> None:
    """An entry that is posted while the file streams is not in it, nor in its balances."""
    lines = FORMATS[name]()
    head = next(lines).removeprefix("; chain head ").strip()
    last = JournalEntry.objects.order_by("-seq").values_list("seq", "hash")[0]
    assert head == f"{last[0]}:{last[1]}"
    expected = ours()
    books.post((BANK, POOL, 77))
    text = "".join(lines)
    assert "0.77" not in text
    for (account, currency), amount in expected.items():
        assert re.search(rf"{re.escape(account)}  .*{re.escape(amount)}( ~ 0)? {currency}", text)


def test_the_table_of_a_head_leaves_out_what_came_after(books: Books) -> None:
    seq = JournalEntry.objects.order_by("-seq").values_list("seq", flat=True)[0]
    before = list(ledger_lines(LineFilter()))
    books.post((BANK, POOL, 77), on=date(2026, 10, 2))
    assert list(ledger_lines(LineFilter(until_seq=seq))) == before
    assert ledger_line_count(LineFilter(until_seq=seq)) == len(before)
    assert ledger_line_count(LineFilter()) == len(before) + 2


@pytest.mark.parametrize("name", FORMATS)
def test_empty_books_make_an_empty_file(db: None, name: str) -> None:
    assert list(FORMATS[name]()) == []


def test_account_names_are_distinct_for_distinct_codes() -> None:
    codes = ["2100:payable:a-b", "2100:payable:a", "2100:payable:b", "2110:holdback:a-b"]
    assert len({account_name(code, "liability") for code in codes}) == len(codes)


def test_the_ledger_table_has_the_running_balance_of_every_account(books: Books) -> None:
    lines = list(ledger_lines(LineFilter()))
    for each in account_balances():
        mine = [
            (line.seq, line.amount_minor, line.balance_minor)
            for line in lines
            if (line.account, line.currency) == (each.code, each.currency)
        ]
        assert mine == [
            (line.seq, line.amount_minor, line.balance_minor)
            for line in account_lines(code=each.code, currency=each.currency)
        ]
        assert mine[-1][2] == each.balance_minor


def test_the_ledger_table_of_some_days_opens_with_what_was_before(books: Books) -> None:
    december = {"starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 31)}
    line, *_ = ledger_lines(LineFilter(account=POOL, **december))
    assert (line.amount_minor, line.balance_minor) == (1, 1 - 100_000)
    assert next(account_lines(code=POOL, currency="EUR", **december)).balance_minor == 1 - 100_000


def test_no_cell_of_the_table_is_a_formula(books: Books) -> None:
    books.post_draft(books.draft((BANK, POOL, 5), source_type="=HYPERLINK(1)"))
    rows = list(csv.DictReader(io.StringIO("".join(ledger_csv(LineFilter())))))
    assert {"'=HYPERLINK(1) 1"} < {row["source"] for row in rows}
    assert {row["amount"] for row in rows} >= {"-1.234", "-5", "-0.05"}


def test_the_table_is_read_in_one_query(books: Books, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        few = len(list(ledger_lines(LineFilter())))
    books.post(*[(BANK, POOL, n) for n in range(1, 51)])
    with django_assert_num_queries(1):
        assert len(list(ledger_lines(LineFilter()))) == few + 100

"""Reports and files of the books over the API."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ledger.journal.books import ANN, POOL, Books

REPORTS = ["trial-balance", "reconciliation", "equations", "aging", "tax", "yearly-totals"]
EXPORTS = ["csv", "beancount", "hledger", "ledger"]


@pytest.fixture
def auditor(api: Callable[..., Any], make_user: Callable[..., Any]) -> Any:
    books = Books.opened()
    books.fund(1000)
    books.post((POOL, ANN, 300))
    books.post((ANN, "2200:withholding:us-irs", 90), (ANN, "2300:payout-clearing:sepa", 110))
    return api(make_user("cleo", role="auditor"))


def test_the_trial_balance_is_of_now_or_of_a_day(auditor: Any) -> None:
    rows = auditor.get("/api/v1/reports/trial-balance/").json()
    assert {row["code"]: row["credit_minor"] - row["debit_minor"] for row in rows}[ANN] == 100
    assert auditor.get("/api/v1/reports/trial-balance/?on=2026-11-22").json() == []


def test_aging_and_yearly_totals_name_the_payee(auditor: Any) -> None:
    (row,) = auditor.get("/api/v1/reports/aging/?on=2027-02-01").json()
    assert (row["party"], row["owed_minor"], row["days_61_90_minor"]) == ("ann", 100, 100)
    (row,) = auditor.get("/api/v1/reports/yearly-totals/?on=2026-12-31").json()
    assert (row["earned_minor"], row["withheld_minor"], row["paid_minor"]) == (300, 90, 110)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_a_file_on_request(auditor: Any, name: str) -> None:
    answer = auditor.get(f"/api/v1/reports/{name}/?export=csv")
    assert answer["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("form", EXPORTS)
def test_the_books_are_a_file(auditor: Any, form: str) -> None:
    answer = auditor.get(f"/api/v1/exports/{form}/")
    assert answer.status_code == 200
    assert b"0.90" in b"".join(answer.streaming_content)


def test_a_table_of_the_books_says_how_many_rows_follow_and_of_which_head(auditor: Any) -> None:
    answer = auditor.get("/api/v1/exports/csv/?starts_on=2026-01-01")
    rows = b"".join(answer.streaming_content).decode().splitlines()[1:]
    assert int(answer["X-Row-Count"]) == len(rows) == 8
    assert answer["X-Chain-Head"].startswith("3:")


@pytest.mark.parametrize(
    "path", [*(f"reports/{name}/" for name in REPORTS), *(f"exports/{form}/" for form in EXPORTS)]
)
def test_whoever_may_not_read_everything_finds_nothing(
    api: Callable[..., Any], make_user: Callable[..., Any], path: str
) -> None:
    assert api(make_user("ann")).get(f"/api/v1/{path}").status_code == 404
    assert api().get(f"/api/v1/{path}").status_code in (401, 403)


def test_a_day_that_is_none_is_refused(auditor: Any) -> None:
    assert auditor.get("/api/v1/reports/aging/?on=soon").status_code == 422

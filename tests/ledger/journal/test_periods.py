"""Invariants of periods and of balances as of a day."""

from datetime import date
from hashlib import sha256

import pytest
from django.utils.timezone import localdate

from ledger.core.chain import GENESIS
from ledger.errors import NotFound, PeriodClosed, PeriodOrder, PeriodsOverlap
from ledger.models import JournalEntry, Period
from ledger.selectors.journal import balance_at, trial_balance
from ledger.services.periods import period_close, period_freeze, period_open
from tests.ledger.journal.books import (
    ANN,
    BANK,
    NOW,
    POOL,
    Books,
    execute,
    refused,
)

NEXT = {"code": "2027-Q1", "starts_on": date(2027, 1, 1), "ends_on": date(2027, 3, 31)}


def test_a_period_goes_from_open_to_frozen_to_closed_and_never_back(books: Books) -> None:
    period_id = books.period.id
    with pytest.raises(PeriodOrder):
        period_close(period_id=period_id, actor=None, now=NOW)
    assert period_freeze(period_id=period_id, now=NOW).status == "frozen"
    with refused("period_goes_open_frozen_closed"):
        execute("UPDATE ledger_period SET status = 'open', frozen_at = NULL")
    assert period_close(period_id=period_id, actor=None, now=NOW).status == "closed"
    for sql in (
        "UPDATE ledger_period SET status = 'open'",
        "UPDATE ledger_period SET status = 'frozen'",
        "UPDATE ledger_period SET chain_head = 'x'",
    ):
        with refused("period_is_closed_for_ever"):
            execute(sql)


def test_freezing_and_closing_again_change_nothing(books: Books) -> None:
    first = period_freeze(period_id=books.period.id, now=NOW)
    assert period_freeze(period_id=books.period.id, now=NOW.replace(hour=13)).frozen_at == (
        first.frozen_at
    )
    closed = period_close(period_id=books.period.id, actor=None, now=NOW)
    again = period_close(period_id=books.period.id, actor=None, now=NOW.replace(hour=13))
    assert again.closed_at == closed.closed_at


def test_periods_do_not_overlap(books: Books) -> None:
    for starts_on, ends_on in (
        (date(2026, 12, 31), date(2027, 3, 31)),
        (date(2026, 11, 1), date(2026, 11, 2)),
        (date(2026, 1, 1), date(2027, 12, 31)),
    ):
        with pytest.raises(PeriodsOverlap):
            period_open(code="other", starts_on=starts_on, ends_on=ends_on)


def test_no_period_opens_before_a_closed_one(books: Books) -> None:
    _close(books.period)
    with pytest.raises(PeriodsOverlap):
        period_open(code="old", starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))


def test_periods_close_in_order(books: Books) -> None:
    following = period_open(**NEXT)
    period_freeze(period_id=following.id, now=NOW)
    with pytest.raises(PeriodOrder):
        period_close(period_id=following.id, actor=None, now=NOW)
    _close(books.period)
    assert period_close(period_id=following.id, actor=None, now=NOW).status == "closed"


def test_opening_a_period_again_finds_it(books: Books) -> None:
    assert Books.opened().period == books.period
    assert Period.objects.count() == 1


def test_a_period_that_is_not_there_is_not_found(books: Books) -> None:
    with pytest.raises(NotFound):
        period_freeze(period_id=JournalEntry().id, now=NOW)


def test_a_closed_period_publishes_the_head_of_the_chain(books: Books) -> None:
    entry = books.fund().entry
    closed = _close(books.period)
    assert (closed.chain_seq, closed.chain_head) == (entry.seq, entry.hash)
    assert len(closed.trial_balance_hash) == 64
    assert localdate(closed.closed_at) == NOW.date()


def test_an_empty_period_publishes_the_beginning_of_the_chain(books: Books) -> None:
    closed = _close(books.period)
    assert (closed.chain_seq, closed.chain_head) == (0, GENESIS)
    assert closed.trial_balance_hash == sha256(b"").hexdigest()


def test_a_false_head_of_the_chain_is_not_published(books: Books) -> None:
    books.fund()
    period_freeze(period_id=books.period.id, now=NOW)
    with refused("period_publishes_the_chain_head"):
        execute(
            "UPDATE ledger_period SET status = 'closed', closed_at = %s, chain_seq = 1,"
            " chain_head = %s, trial_balance_hash = 'x'",
            NOW,
            "f" * 64,
        )


def test_the_balance_of_a_day_is_the_sum_of_the_postings_effective_by_it(books: Books) -> None:
    books.post((BANK, POOL, 100), on=date(2026, 10, 5))
    books.post((BANK, POOL, 10), on=date(2026, 10, 3))
    books.post((POOL, ANN, 7), on=date(2026, 10, 5))
    at = {day: _at(POOL, date(2026, 10, day)) for day in (2, 3, 4, 5)}
    assert at == {2: 0, 3: -10, 4: -10, 5: -103}
    assert _at(ANN, date(2026, 10, 31)) == -7
    by_code = {each.code: each.balance_minor for each in trial_balance(on=date(2026, 10, 4))}
    assert by_code == {BANK: 10, POOL: -10}


def test_the_balance_of_a_day_does_not_change_once_its_period_is_closed(books: Books) -> None:
    books.post((BANK, POOL, 100), on=date(2026, 12, 31))
    closed = _close(books.period)
    before = _at(POOL, closed.ends_on), trial_balance(on=closed.ends_on)
    following = period_open(**NEXT)
    later = Books(following, books.keys)
    late = later.post((POOL, ANN, 40), on=date(2027, 1, 1))  # the late fact, with a date of its own
    assert late.entry.period_id == following.id
    assert (_at(POOL, closed.ends_on), trial_balance(on=closed.ends_on)) == before
    with pytest.raises(PeriodClosed):
        books.post((POOL, ANN, 1), on=date(2026, 12, 31))


def test_a_late_fact_posts_in_the_open_period_with_a_link(books: Books) -> None:
    original = books.fund().entry
    _close(books.period)
    later = Books(period_open(**NEXT), books.keys)
    draft = later.draft((POOL, ANN, 5), on=date(2027, 2, 1), adjusts_id=original.id)
    assert later.post_draft(draft).entry.adjusts_id == original.id


def _close(period: Period) -> Period:
    period_freeze(period_id=period.id, now=NOW)
    return period_close(period_id=period.id, actor=None, now=NOW)


def _at(code: str, on: date) -> int:
    return balance_at(code=code, currency="EUR", on=on)

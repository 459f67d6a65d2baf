"""Invariants under many clients at once, each with a connection of its own."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from ledger.errors import Overdraft, Refusal
from ledger.models import JournalEntry
from ledger.selectors.journal import held_minor
from ledger.selectors.reports import reconciliation
from tests.ledger.journal.books import ANN, BANK, BOB, CLEO, POOL, Books, balances

CLIENTS = 50


@pytest.fixture
def books(transactional_db: None) -> Books:
    return Books.opened()


def at_once(n: int, act: Callable[[int], Any]) -> list[Any]:
    """What `n` clients get who act at the same moment; a refusal is what its client got."""
    start = Barrier(n)

    def client(index: int) -> Any:
        start.wait()
        try:
            return act(index)
        except (Refusal, DatabaseError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(client, range(n)))


def test_fifty_clients_with_one_key_post_once(books: Books) -> None:
    got = at_once(CLIENTS, lambda _: books.post((BANK, POOL, 100), key="one"))
    assert Counter(each.replayed for each in got) == {False: 1, True: CLIENTS - 1}
    assert len({each.entry.id for each in got}) == 1
    assert balances() == {f"{BANK} EUR": 100, f"{POOL} EUR": -100}


def test_fifty_payouts_against_one_balance_pass_as_far_as_it_goes(books: Books) -> None:
    books.post((BANK, ANN, 100))
    clearing = "2300:payout-clearing:sepa"
    got = at_once(CLIENTS, lambda index: books.post((ANN, clearing, 7), key=f"payout:{index}"))
    refusals = [each for each in got if isinstance(each, Exception)]
    assert {type(each) for each in refusals} == {Overdraft}
    assert len(got) - len(refusals) == 14  # 14 × 7 = 98, and 2 are left
    assert held_minor(code=ANN, currency="EUR") == 2
    assert held_minor(code=clearing, currency="EUR") == 98
    assert reconciliation() == ()


def test_crosswise_transfers_by_ten_clients_do_not_deadlock(books: Books) -> None:
    people = [ANN, BOB, CLEO]
    for person in people:
        books.post((BANK, person, 10_000))

    def many(index: int) -> int:
        draw = random.Random(index)
        for n in range(10):
            one, two, three = draw.sample(people, 3)
            with transaction.atomic():  # two entries in one transaction, in any order of accounts
                books.post((one, two, 1), (three, one, 1), key=f"cross:{index}:{n}:a")
                books.post((two, three, 1), key=f"cross:{index}:{n}:b")
        return index

    assert at_once(10, many) == list(range(10))
    assert reconciliation() == ()
    assert JournalEntry.objects.count() == 3 + 200


def test_the_chain_has_no_gap_after_many_clients(books: Books) -> None:
    got = at_once(20, lambda index: books.post((BANK, POOL, 1), key=f"n{index}"))
    assert sorted(each.entry.seq for each in got) == list(range(1, 21))
    links = list(JournalEntry.objects.order_by("seq").values_list("prev_hash", "hash"))
    assert [prev for prev, _ in links[1:]] == [own for _, own in links[:-1]]


def test_accounts_opened_at_once_are_opened_once(books: Books) -> None:
    got = at_once(20, lambda index: books.post((BANK, "2100:payable:new", 1), key=f"n{index}"))
    assert not [each for each in got if isinstance(each, Exception)]
    assert held_minor(code="2100:payable:new", currency="EUR") == 20


def test_nobody_adds_to_an_entry_that_another_is_sealing(books: Books) -> None:
    """Both write postings for the same entry id; neither sees the other's before it commits."""
    books.fund()
    entry_id = uuid4()

    def seal(index: int) -> int:
        with transaction.atomic():
            books.raw_posting(entry_id, index + 1, BANK, POOL, 5)
            books.raw_seal(entry_id, idempotency_key=f"racing:{index}")
        return index

    got = at_once(2, seal)
    assert sum(isinstance(each, DatabaseError) for each in got) >= 1
    # The second line alone does not count from one, so the winner can only be the first client.
    assert set(got) & {0, 1} <= {0}
    for entry in JournalEntry.objects.all():
        assert entry.postings.count() == entry.posting_count
    assert reconciliation() == ()


def test_a_posting_for_an_entry_sealed_meanwhile_is_refused(books: Books) -> None:
    entry_id = uuid4()
    order = Barrier(2)

    def first(index: int) -> str:
        with transaction.atomic():
            books.raw_posting(entry_id, 1, BANK, POOL, 5)
            order.wait()
            books.raw_seal(entry_id)
        return "sealed"

    def second(index: int) -> str:
        order.wait()
        with transaction.atomic():
            books.raw_posting(entry_id, 2, BANK, POOL, 5)
        return "added"

    books.fund()  # the accounts are there, so neither client waits for them
    got = at_once(2, lambda index: (first, second)[index](index))
    assert got[0] == "sealed"
    assert "posting_entry_is_sealed" in str(got[1])


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_the_journal_is_not_written_from_an_old_snapshot(books: Books, level: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's writers always see the last commit")
    with pytest.raises(DatabaseError, match="journal_reads_committed"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        books.raw_posting(uuid4(), 1, BANK, POOL, 5)

"""Invariants of keys: the same request posts once, another under its key is refused."""

from dataclasses import replace

import pytest

from ledger.core.bookkeeping import check_draft
from ledger.errors import KeyReused, Overdraft, Refusal
from ledger.models import JournalEntry
from tests.ledger.journal.books import (
    ANN,
    BANK,
    BOB,
    POOL,
    Books,
    everything,
    refused,
)


def test_the_same_request_with_the_same_key_posts_once(books: Books) -> None:
    first = books.post((BANK, POOL, 100), key="pool:1:fund")
    state = everything()
    again = books.post((BANK, POOL, 100), key="pool:1:fund")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.entry == first.entry
    assert everything() == state


def test_the_same_key_with_another_body_is_refused(books: Books) -> None:
    draft = books.draft((BANK, POOL, 100))
    books.post_draft(draft, key="pool:1:fund")
    others = [
        books.draft((BANK, POOL, 101)),
        books.draft((BANK, POOL, 100), (BANK, POOL, 1)),
        books.draft((BANK, BOB, 100)),
        replace(draft, event="other"),
        replace(draft, source_id="2"),
        replace(draft, effective_on=draft.effective_on.replace(day=1)),
    ]
    for other in others:
        with pytest.raises(KeyReused):
            books.post_draft(other, key="pool:1:fund")
    with refused("journal_entry_idempotency_key_is_unique"):
        books.raw_entry((BANK, POOL, 100), idempotency_key="pool:1:fund")


def test_a_key_never_expires_and_is_taken_by_one_entry_for_ever(books: Books) -> None:
    for key in ("a", "a ", "A", "ä"):
        assert not books.post((BANK, POOL, 1), key=key).replayed
    assert JournalEntry.objects.count() == 4


def test_a_refused_request_leaves_nothing(books: Books) -> None:
    books.fund(10)
    state = everything()
    with pytest.raises(Overdraft):
        books.post((POOL, ANN, 5), (POOL, "2100:payable:dan", 6), key="k")
    assert everything() == state
    books.post((POOL, ANN, 5), key="k")  # the key is free for what is right


def test_every_refusal_has_a_code_and_says_what_to_do() -> None:
    for refusal in (KeyReused(), Overdraft()):
        assert isinstance(refusal, Refusal)
        assert refusal.code and refusal.sentence and refusal.remedy
    assert KeyReused.code == "key_reused"


def test_drafts_of_every_size_are_checked(books: Books) -> None:
    check_draft(books.draft(*[(BANK, POOL, n) for n in range(1, 50)]))

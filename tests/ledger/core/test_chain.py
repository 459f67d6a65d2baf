"""The text that is hashed, and that no two entries share it."""

from dataclasses import fields, replace
from datetime import date
from hashlib import sha256

import pytest

from ledger.core.chain import (
    GENESIS,
    ChainedEntry,
    ChainedPosting,
    canonical_text,
    entry_hash,
    text_hash,
)

POSTING = ChainedPosting(
    line=1, debit_account="1000:bank:main", credit_account="2000:pool:p1", currency="EUR",
    amount_minor=100,
)  # fmt: skip
ENTRY = ChainedEntry(
    seq=1,
    prev_hash=GENESIS,
    id="0" * 31 + "1",
    event="pool_funded",
    period="0" * 31 + "2",
    effective_on=date(2026, 11, 23),
    created_at="2026-11-23 12:00:00.000000",
    idempotency_key="pool:1",
    request_hash="a" * 64,
    source_type="pool",
    source_id="1",
    actor="",
    approval="",
    reverses="",
    adjusts="",
    postings=(POSTING,),
)


def test_the_text_is_as_documented() -> None:
    assert canonical_text(ENTRY) == "\n".join(
        [
            "0" * 64, "1", "0" * 31 + "1", "pool_funded", "0" * 31 + "2", "2026-11-23",
            "2026-11-23 12:00:00.000000", "pool:1", "a" * 64, "pool", "1", "", "", "", "", "1",
            "1|1000:bank:main|2000:pool:p1|EUR|100",
        ]
    )  # fmt: skip
    assert entry_hash(ENTRY) == sha256(canonical_text(ENTRY).encode()).hexdigest()


@pytest.mark.parametrize("name", [each.name for each in fields(ChainedEntry)])
def test_every_field_of_an_entry_changes_its_hash(name: str) -> None:
    old = getattr(ENTRY, name)
    new = {int: 9, str: "other", date: date(2027, 1, 1), tuple: (POSTING, POSTING)}[type(old)]
    assert entry_hash(replace(ENTRY, **{name: new})) != entry_hash(ENTRY)


@pytest.mark.parametrize("name", [each.name for each in fields(ChainedPosting)])
def test_every_field_of_a_posting_changes_the_hash(name: str) -> None:
    old = getattr(POSTING, name)
    other = replace(POSTING, **{name: 9 if isinstance(old, int) else "other"})
    assert entry_hash(replace(ENTRY, postings=(other,))) != entry_hash(ENTRY)


def test_lines_are_told_apart_by_where_they_end() -> None:
    assert text_hash(["ab", "c"]) != text_hash(["a", "bc"])

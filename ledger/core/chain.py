"""The hash chain: what is hashed, and how.

Each entry's hash is SHA-256 over the previous hash and the entry's canonical text, in
UTF-8, so that changing, adding or removing anything in the past changes every later hash.
The triggers compute the same text in SQL; this is the second opinion that `manage.py
verify` uses. Accounts are named by their codes, not by row ids, so the chain can be
checked from an export.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

# The hash before the first entry.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedPosting:
    """What the chain holds of a posting."""

    line: int
    debit_account: str
    credit_account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEntry:
    """What the chain holds of an entry; ids are 32 hexadecimal digits, '' where there is none.

    `created_at` is UTC as `YYYY-MM-DD HH:MM:SS.ffffff`.
    """

    seq: int
    prev_hash: str
    id: str
    event: str
    period: str
    effective_on: date
    created_at: str
    idempotency_key: str
    request_hash: str
    source_type: str
    source_id: str
    actor: str
    approval: str
    reverses: str
    adjusts: str
    postings: tuple[ChainedPosting, ...]


def canonical_text(entry: ChainedEntry) -> str:
    """The text whose hash is the entry's: one field a line, then one posting a line."""
    head = [
        entry.prev_hash,
        str(entry.seq),
        entry.id,
        entry.event,
        entry.period,
        entry.effective_on.isoformat(),
        entry.created_at,
        entry.idempotency_key,
        entry.request_hash,
        entry.source_type,
        entry.source_id,
        entry.actor,
        entry.approval,
        entry.reverses,
        entry.adjusts,
        str(len(entry.postings)),
    ]
    return "\n".join(head + [posting_text(posting) for posting in entry.postings])


def posting_text(posting: ChainedPosting) -> str:
    """One posting as a line: line|debit|credit|currency|amount."""
    return (
        f"{posting.line}|{posting.debit_account}|{posting.credit_account}"
        f"|{posting.currency}|{posting.amount_minor}"
    )


def entry_hash(entry: ChainedEntry) -> str:
    """The SHA-256 of the entry's canonical text, in hexadecimal."""
    return sha256(canonical_text(entry).encode()).hexdigest()


def text_hash(lines: Iterable[str]) -> str:
    """The SHA-256 of lines that each end in a newline.

    >>> text_hash([]) == sha256(b"").hexdigest()
    True
    """
    digest = sha256()
    for line in lines:
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()

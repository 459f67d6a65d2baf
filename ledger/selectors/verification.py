"""What must hold in the journal, asked of the database row by row.

Each check yields a finding for every row at fault, so sound books yield nothing. The chain
is computed again here, apart from the triggers that wrote it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from ledger import triggers
from ledger.core.chain import GENESIS, ChainedEntry, ChainedPosting, entry_hash, text_hash
from ledger.models import JournalEntry, Period, Posting
from ledger.selectors.journal import entry_pages, trial_balance, trial_balance_lines
from ledger.selectors.reports import accounting_equations, reconciliation


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row at fault: which rule, which row, what is wrong."""

    check: str
    row: str
    sentence: str


Check = Callable[[], Iterator[Finding]]

# Each query names the rows at fault: (row, sentence).
_QUERIES: dict[str, str] = {
    "entry has its postings": """
        SELECT 'entry ' || entry.seq, 'says ' || entry.posting_count || ' postings'
        FROM ledger_journal_entry AS entry
        LEFT JOIN (SELECT entry_id, count(*) AS n, max(line) AS lines
                   FROM ledger_posting GROUP BY entry_id) AS posted
          ON posted.entry_id = entry.id
        WHERE coalesce(posted.n, 0) <> entry.posting_count OR posted.lines <> entry.posting_count
           OR entry.posting_count < 1""",
    "posting has its entry": """
        SELECT 'posting ' || posting.id, 'belongs to no entry'
        FROM ledger_posting AS posting
        LEFT JOIN ledger_journal_entry AS entry ON entry.id = posting.entry_id
        WHERE entry.id IS NULL""",
    "posting is balanced": """
        SELECT 'posting ' || posting.id, 'has a wrong amount, side or currency'
        FROM ledger_posting AS posting
        LEFT JOIN ledger_account AS debit
          ON debit.id = posting.debit_account_id AND debit.currency = posting.currency
        LEFT JOIN ledger_account AS credit
          ON credit.id = posting.credit_account_id AND credit.currency = posting.currency
        WHERE debit.id IS NULL OR credit.id IS NULL OR debit.id = credit.id
           OR posting.amount_minor < 1 OR posting.amount_minor <> round(posting.amount_minor)""",
    "account is not overdrawn": """
        SELECT 'account ' || account.code || ' ' || account.currency, 'has passed zero'
        FROM ledger_account AS account JOIN ledger_balance AS balance
          ON balance.account_id = account.id
        WHERE account.no_overdraft
          AND CASE WHEN account.kind IN ('asset', 'expense')
            THEN balance.debit_minor < balance.credit_minor
            ELSE balance.credit_minor < balance.debit_minor END""",
    "closed account is empty": """
        SELECT 'account ' || account.code || ' ' || account.currency, 'is closed and not empty'
        FROM ledger_account AS account JOIN ledger_balance AS balance
          ON balance.account_id = account.id
        WHERE account.closed_at IS NOT NULL AND balance.debit_minor <> balance.credit_minor""",
    "entry is dated in its period": """
        SELECT 'entry ' || entry.seq, 'is dated outside period ' || period.code
        FROM ledger_journal_entry AS entry JOIN ledger_period AS period
          ON period.id = entry.period_id
        WHERE entry.effective_on NOT BETWEEN period.starts_on AND period.ends_on""",
    "closed period takes no entry": """
        SELECT 'entry ' || entry.seq, 'was posted after period ' || period.code || ' closed'
        FROM ledger_journal_entry AS entry JOIN ledger_period AS period
          ON period.id = entry.period_id
        WHERE period.status = 'closed' AND entry.seq > period.chain_seq""",
    "reversal swaps every posting": """
        SELECT 'entry ' || entry.seq, 'does not reverse what it says'
        FROM ledger_journal_entry AS entry
        JOIN ledger_journal_entry AS original ON original.id = entry.reverses_id
        WHERE entry.posting_count <> original.posting_count OR EXISTS (
          SELECT 1 FROM ledger_posting AS was
          LEFT JOIN ledger_posting AS swapped
            ON swapped.entry_id = entry.id AND swapped.line = was.line
           AND swapped.debit_account_id = was.credit_account_id
           AND swapped.credit_account_id = was.debit_account_id
           AND swapped.amount_minor = was.amount_minor
          WHERE was.entry_id = original.id AND swapped.id IS NULL)""",
}


def query_check(name: str) -> Check:
    """The check of one of the queries."""

    def check() -> Iterator[Finding]:
        with connection.cursor() as cursor:
            cursor.execute(_QUERIES[name])
            for row, sentence in cursor.fetchall():
                yield Finding(check=name, row=row, sentence=sentence)

    return check


def balances_are_sums() -> Iterator[Finding]:
    """Every balance is the sum and count of its postings."""
    for each in reconciliation():
        yield Finding(
            check="balance is the sum of its postings",
            row=f"account {each.account} {each.currency}",
            sentence=f"is off by {each.debit_minor} debited, {each.credit_minor} credited, "
            f"{each.posting_count} postings",
        )


def equations_hold() -> Iterator[Finding]:
    """Assets and expenses equal liabilities, equity and income in every currency."""
    for each in accounting_equations():
        if each.difference_minor:
            yield Finding(
                check="accounting equation",
                row=f"currency {each.currency}",
                sentence=f"is out of balance by {each.difference_minor} minor units",
            )


def triggers_are_installed() -> Iterator[Finding]:
    """The rules that the database keeps are there and switched on."""
    for error in triggers.check_triggers(databases=["default"]):
        yield Finding(check="triggers are installed", row="database", sentence=str(error.msg))


def chain_is_whole() -> Iterator[Finding]:
    """Entries count from one without a gap, and each hash follows from all that came before."""
    seq, head, published = 0, GENESIS, _published_heads()
    for entry in chained_entries():
        seq += 1
        row = f"entry {entry.seq}"
        if entry.seq != seq:
            yield _broken(row, f"comes where entry {seq} should be")
            seq = entry.seq
        if entry.prev_hash != head:
            yield _broken(row, "does not follow from the entry before it")
        stored, head = entry.stored_hash, entry_hash(entry)
        if stored != head:
            yield _broken(row, "was changed after it was sealed")
        published.pop((entry.seq, stored), None)
        head = stored
    for (missing, _), periods in sorted(published.items()):
        if missing:
            yield _broken(
                f"entry {missing}",
                f"is not the one published when {', '.join(periods)} closed: cut off or replaced",
            )


def closed_periods_are_unchanged() -> Iterator[Finding]:
    """The trial balance of every closed period has the hash that was published."""
    for period in Period.objects.filter(status=Period.Status.CLOSED).order_by("starts_on"):
        now = text_hash(trial_balance_lines(trial_balance(on=period.ends_on)))
        if now != period.trial_balance_hash:
            yield Finding(
                check="closed period is unchanged",
                row=f"period {period.code}",
                sentence="has another trial balance than when it was closed",
            )


def head_is_in_chain(seq: int, published: str) -> Iterator[Finding]:
    """A head printed on a statement is still in the chain; finds a cut tail.

    A period closed before the first entry publishes the chain's beginning, which is no entry's.
    """
    stored = JournalEntry.objects.filter(seq=seq).values_list("hash", flat=True).first()
    if published != (stored if seq else GENESIS):
        yield _broken(f"entry {seq}", "is not the one whose hash was printed")


# In the order they are run: what is cheap first.
CHECKS: tuple[Check, ...] = (
    triggers_are_installed,
    *(query_check(name) for name in _QUERIES),
    equations_hold,
    balances_are_sums,
    closed_periods_are_unchanged,
    chain_is_whole,
)


# --- the chain, read back ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry(ChainedEntry):
    """An entry with the hash that the database holds."""

    stored_hash: str


def chained_entries() -> Iterator[StoredEntry]:
    """All entries with postings in the order they were sealed, streamed."""
    for page in entry_pages():
        postings = _postings([entry.id for entry in page])
        for entry in page:
            yield _stored(entry, postings.get(entry.id, ()))


def _postings(entry_ids: list[UUID]) -> dict[UUID, tuple[ChainedPosting, ...]]:
    found: dict[UUID, list[ChainedPosting]] = {}
    rows = Posting.objects.filter(entry_id__in=entry_ids).order_by("entry_id", "line")
    for entry_id, line, debit, credit, currency, amount_minor in rows.values_list(
        "entry_id",
        "line",
        "debit_account__code",
        "credit_account__code",
        "currency",
        "amount_minor",
    ).iterator(10_000):
        posting = ChainedPosting(
            line=line,
            debit_account=debit,
            credit_account=credit,
            currency=currency,
            amount_minor=amount_minor,
        )
        found.setdefault(entry_id, []).append(posting)
    return {entry_id: tuple(postings) for entry_id, postings in found.items()}


def _stored(entry: JournalEntry, postings: tuple[ChainedPosting, ...]) -> StoredEntry:
    return StoredEntry(
        seq=entry.seq,
        prev_hash=entry.prev_hash,
        id=entry.id.hex,
        event=entry.event,
        period=entry.period_id.hex,
        effective_on=entry.effective_on,
        created_at=_utc_text(entry.created_at),
        idempotency_key=entry.idempotency_key,
        request_hash=entry.request_hash,
        source_type=entry.source_type,
        source_id=entry.source_id,
        actor=_hex(entry.actor_id),
        approval=_hex(entry.approval_id),
        reverses=_hex(entry.reverses_id),
        adjusts=_hex(entry.adjusts_id),
        postings=postings,
        stored_hash=entry.hash,
    )


def _hex(value: Any) -> str:
    return "" if value is None else UUID(str(value)).hex


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _published_heads() -> dict[tuple[int, str], list[str]]:
    heads: dict[tuple[int, str], list[str]] = {}
    closed = Period.objects.filter(status=Period.Status.CLOSED).order_by("starts_on")
    for code, seq, head in closed.values_list("code", "chain_seq", "chain_head"):
        heads.setdefault((seq or 0, head), []).append(code)
    return heads


def _broken(row: str, sentence: str) -> Finding:
    return Finding(check="chain is whole", row=row, sentence=sentence)

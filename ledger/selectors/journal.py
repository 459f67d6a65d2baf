"""What the books say. Debits count positive: a liability of 5.00 has a balance of -500."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from ledger.core.chart import DEBIT_KINDS, Kind
from ledger.errors import NotFound, UnknownAccount
from ledger.models import Account, JournalEntry, Posting

# Rows fetched from the database at a time while a listing streams.
ROWS_PER_FETCH = 2_000
# Of a page of entries: fewer than the 999 parameters of any SQLite, and some megabytes.
ENTRIES_PER_PAGE = 900
POSTINGS_PER_PAGE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBalance:
    """An account and the sums of its postings, in minor units."""

    code: str
    currency: str
    kind: str
    purpose: str
    party: str
    debit_minor: int
    credit_minor: int
    posting_count: int

    @property
    def balance_minor(self) -> int:
        """Debits less credits."""
        return self.debit_minor - self.credit_minor

    @property
    def held_minor(self) -> int:
        """How much the account holds on its own side: what is owed, for a liability."""
        return self.balance_minor if Kind(self.kind) in DEBIT_KINDS else -self.balance_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRecord:
    """A posting as its entry shows it."""

    line: int
    debit_account: str
    credit_account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord:
    """An entry with its postings."""

    id: UUID
    seq: int
    event: str
    period: str
    period_id: UUID
    effective_on: date
    created_at: datetime
    idempotency_key: str
    source_type: str
    source_id: str
    actor_id: UUID | None
    approval_id: UUID | None
    reverses_id: UUID | None
    adjusts_id: UUID | None
    prev_hash: str
    hash: str
    postings: tuple[PostingRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One posting as an account's ledger shows it: signed, with the balance after it."""

    entry_id: UUID
    seq: int
    line: int
    event: str
    effective_on: date
    created_at: datetime
    source_type: str
    source_id: str
    counter_account: str
    currency: str
    amount_minor: int
    balance_minor: int


# --- balances --------------------------------------------------------------------------


def account_balance(*, code: str, currency: str) -> AccountBalance:
    """The balance of one account, in one query.

    Raises
    ------
    UnknownAccount
        If it was never opened in this currency.
    """
    found = account_balances(codes=[code], currency=currency)
    if not found:
        raise UnknownAccount(account=code, currency=currency)
    return found[0]


def account_balances(
    *,
    codes: Iterable[str] | None = None,
    currency: str | None = None,
    purpose: str | None = None,
    party: str | None = None,
) -> tuple[AccountBalance, ...]:
    """The balances of the accounts that match, by code and currency, in one query."""
    accounts = Account.objects.all()
    if codes is not None:
        accounts = accounts.filter(code__in=list(codes))
    for field, wanted in (("currency", currency), ("purpose", purpose), ("party", party)):
        if wanted is not None:
            accounts = accounts.filter(**{field: wanted})
    rows = accounts.order_by("code", "currency").values(
        "code",
        "currency",
        "kind",
        "purpose",
        "party",
        debit_minor=Coalesce("balance__debit_minor", 0),
        credit_minor=Coalesce("balance__credit_minor", 0),
        posting_count=Coalesce("balance__posting_count", 0),
    )
    return tuple(AccountBalance(**row) for row in rows)


def held_minor(*, code: str, currency: str) -> int:
    """How much an account holds on its own side; 0 where it was never opened."""
    found = account_balances(codes=[code], currency=currency)
    return found[0].held_minor if found else 0


def balance_at(*, code: str, currency: str, on: date) -> int:
    """Debits less credits of the entries effective up to and on a day. One query."""
    account_id = _account_id(code, currency)
    signed = _signed(account_id)
    postings = _postings_of(account_id).filter(entry__effective_on__lte=on)
    return postings.aggregate(total=Sum(signed, default=0))["total"]


def trial_balance(
    *, on: date | None = None, currency: str | None = None
) -> tuple[AccountBalance, ...]:
    """Every account's sums, now or by the end of a day, in a constant number of queries."""
    if on is None:
        return account_balances(currency=currency)
    debits = _sums("debit_account_id", on)
    credits_ = _sums("credit_account_id", on)
    accounts = Account.objects.order_by("code", "currency")
    if currency is not None:
        accounts = accounts.filter(currency=currency)
    none = (0, 0)
    rows = accounts.values_list("id", "code", "currency", "kind", "purpose", "party")
    return tuple(
        AccountBalance(
            code=code,
            currency=its_currency,
            kind=kind,
            purpose=purpose,
            party=party,
            debit_minor=debits.get(key, none)[0],
            credit_minor=credits_.get(key, none)[0],
            posting_count=debits.get(key, none)[1] + credits_.get(key, none)[1],
        )
        for key, code, its_currency, kind, purpose, party in rows
        if key in debits or key in credits_
    )


def trial_balance_lines(rows: Iterable[AccountBalance]) -> Iterator[str]:
    """The trial balance as the text whose hash a closed period carries."""
    for row in rows:
        yield f"{row.code}|{row.currency}|{row.kind}|{row.debit_minor}|{row.credit_minor}"


# --- entries and lines -----------------------------------------------------------------


def entry_get(entry_id: UUID) -> EntryRecord:
    """One entry with its postings, in two queries.

    Raises
    ------
    NotFound
    """
    found = entry_list(entries=JournalEntry.objects.filter(id=entry_id))
    if not found:
        raise NotFound(entry_id=str(entry_id))
    return found[0]


def entry_list(
    *,
    entries: QuerySet[JournalEntry] | None = None,
    after_seq: int = 0,
    limit: int = 1_000,
) -> tuple[EntryRecord, ...]:
    """The entries after a number, in the order they were posted, with postings: two queries."""
    chosen = JournalEntry.objects.all() if entries is None else entries
    page = list(chosen.filter(seq__gt=after_seq).select_related("period").order_by("seq")[:limit])
    return _entry_records(page)


def entry_pages(*, until_seq: int | None = None) -> Iterator[list[JournalEntry]]:
    """Every entry in the order posted, in pages whose postings fit in memory.

    `until_seq` is the last entry wanted.
    """
    page: list[JournalEntry] = []
    posting_count = 0
    entries = JournalEntry.objects.select_related("period").order_by("seq")
    if until_seq is not None:
        entries = entries.filter(seq__lte=until_seq)
    for entry in entries.iterator(ENTRIES_PER_PAGE):
        page.append(entry)
        posting_count += entry.posting_count
        if posting_count >= POSTINGS_PER_PAGE or len(page) == ENTRIES_PER_PAGE:
            yield page
            page, posting_count = [], 0
    if page:
        yield page


def entries_in_order(*, until_seq: int | None = None) -> Iterator[EntryRecord]:
    """Every entry in the order posted, or those up to one, streamed."""
    for page in entry_pages(until_seq=until_seq):
        yield from _entry_records(page)


def account_lines(
    *,
    code: str,
    currency: str,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Iterator[AccountLine]:
    """The postings of an account between two days (both included), each with the balance after it.

    By day, then in the order posted. Two queries and a stream, however many rows. The balance
    is summed while they pass: a window in SQL takes a third of the time to the first line.
    """
    account_id = _account_id(code, currency)
    signed = _signed(account_id)
    balance_minor, postings = 0, _postings_of(account_id)
    if starts_on is not None:
        before = postings.filter(entry__effective_on__lt=starts_on)
        balance_minor = before.aggregate(total=Sum(signed, default=0))["total"]
        postings = postings.filter(entry__effective_on__gte=starts_on)
    if ends_on is not None:
        postings = postings.filter(entry__effective_on__lte=ends_on)
    counter = Case(
        When(debit_account_id=account_id, then=F("credit_account__code")),
        default=F("debit_account__code"),
    )
    rows = postings.annotate(signed=signed, counter=counter).order_by(
        "entry__effective_on", "entry__seq", "line"
    )
    for entry_id, line, amount_minor, counter_code, *of_entry in rows.values_list(
        "entry_id", "line", "signed", "counter", *_LINE_COLUMNS
    ).iterator(ROWS_PER_FETCH):
        seq, event, effective_on, created_at, source_type, source_id = of_entry
        balance_minor += amount_minor
        yield AccountLine(
            entry_id=entry_id,
            seq=seq,
            line=line,
            event=event,
            effective_on=effective_on,
            created_at=created_at,
            source_type=source_type,
            source_id=source_id,
            counter_account=counter_code,
            currency=currency,
            amount_minor=amount_minor,
            balance_minor=balance_minor,
        )


_POSTING_COLUMNS = (
    "line", "debit_account__code", "credit_account__code", "currency", "amount_minor",
)  # fmt: skip
_LINE_COLUMNS = (
    "entry__seq", "entry__event", "entry__effective_on", "entry__created_at",
    "entry__source_type", "entry__source_id",
)  # fmt: skip


def _account_id(code: str, currency: str) -> int:
    account_id = Account.objects.filter(code=code, currency=currency).values_list("id").first()
    if account_id is None:
        raise UnknownAccount(account=code, currency=currency)
    return account_id[0]


def _postings_of(account_id: int) -> QuerySet[Posting]:
    return Posting.objects.filter(Q(debit_account_id=account_id) | Q(credit_account_id=account_id))


def _signed(account_id: int) -> Case:
    """The posting's amount as the account sees it: positive where it is debited."""
    return Case(
        When(debit_account_id=account_id, then=F("amount_minor")),
        default=Value(0) - F("amount_minor"),
    )


def _sums(account: str, on: date) -> dict[int, tuple[int, int]]:
    rows = (
        Posting.objects.filter(entry__effective_on__lte=on)
        .values(account)
        .annotate(total=Sum("amount_minor"), n=Count("id"))
        .order_by(account)
    )
    return {row[account]: (int(row["total"]), row["n"]) for row in rows}


def _posting_record(
    line: int, debit: str, credit: str, currency: str, amount_minor: int
) -> PostingRecord:
    return PostingRecord(
        line=line,
        debit_account=debit,
        credit_account=credit,
        currency=currency,
        amount_minor=amount_minor,
    )


def _entry_records(page: list[JournalEntry]) -> tuple[EntryRecord, ...]:
    postings: dict[UUID, list[PostingRecord]] = {entry.id: [] for entry in page}
    rows = Posting.objects.filter(entry_id__in=list(postings)).order_by("entry_id", "line")
    for entry_id, *row in rows.values_list("entry_id", *_POSTING_COLUMNS):
        postings[entry_id].append(_posting_record(*row))
    return tuple(_entry_record(entry, tuple(postings[entry.id])) for entry in page)


def _entry_record(entry: JournalEntry, postings: tuple[PostingRecord, ...]) -> EntryRecord:
    return EntryRecord(
        id=entry.id,
        seq=entry.seq,
        event=entry.event,
        period=entry.period.code,
        period_id=entry.period_id,
        effective_on=entry.effective_on,
        created_at=entry.created_at,
        idempotency_key=entry.idempotency_key,
        source_type=entry.source_type,
        source_id=entry.source_id,
        actor_id=entry.actor_id,
        approval_id=entry.approval_id,
        reverses_id=entry.reverses_id,
        adjusts_id=entry.adjusts_id,
        prev_hash=entry.prev_hash,
        hash=entry.hash,
        postings=postings,
    )

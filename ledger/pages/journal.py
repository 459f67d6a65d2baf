"""The journal for auditors: entries, accounts with running balance, trial balance, the chain."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import chain, groupby, islice
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from contributors.roles import PersonRequest, page
from ledger.exports.plain_text import FORMATS
from ledger.forms import DaysFilter, JournalFilter
from ledger.models import JournalEntry, Period
from ledger.selectors import journal
from ledger.selectors.parties import payee_codes
from ledger.selectors.verification import CHECKS

# Who may see the books: those who review, approve or audit; not the administrator by that alone.
READERS = ("reviewer", "approver", "auditor")
ENTRIES_SHOWN = 50
EXPORTS = ("csv", *FORMATS)
LABELS = {"csv": "CSV", "beancount": "Beancount", "hledger": "hledger", "ledger": "ledger"}
SHEETS = ("csv", "xlsx", "json")
FINDINGS_SHOWN = 100
LINES_SHOWN = 500  # more is for the export


@page(*READERS)
def entry_list(request: PersonRequest) -> HttpResponse:
    """The entries in the order they were posted, a page at a time."""
    periods = list(Period.objects.order_by("starts_on"))
    form = JournalFilter(request.GET or None, periods=periods)
    entries = JournalEntry.objects.filter(**_wanted(form)).order_by("seq")
    after = request.GET.get("after", "")
    found = journal.entry_list(
        entries=entries,
        after_seq=int(after) if after.isdecimal() else 0,
        limit=ENTRIES_SHOWN + 1,
    )
    shown = found[:ENTRIES_SHOWN]
    payees = payee_codes(code for entry in shown for code in _accounts(entry))
    context = {
        "form": form,
        "entries": shown,
        "sums": {entry.id: _sums(entry) for entry in shown},
        "own": {entry.id: _payees_of(entry, payees) for entry in shown},
        "labels": LABELS,
        "next_after": found[ENTRIES_SHOWN - 1].seq if len(found) > ENTRIES_SHOWN else None,
        "filter_query": _query(request),
        "exports": EXPORTS,
    }
    return render(request, "ledger/journal.html", context)


@page(*READERS)
def entry_detail(request: PersonRequest, entry_id: UUID) -> HttpResponse:
    """One entry with its postings and where it comes from."""
    entry = journal.entry_get(entry_id)
    context = {"entry": entry, "payees": payee_codes(_accounts(entry))}
    return render(request, "ledger/entry.html", context)


@page(*READERS)
def account_detail(request: PersonRequest, code: str, currency: str) -> HttpResponse:
    """One account with its movements and the balance after each."""
    account = journal.account_balance(code=code, currency=currency)
    form = DaysFilter(request.GET or None)
    days = form.cleaned_data if form.is_bound and form.is_valid() else {}
    lines = list(
        islice(journal.account_lines(code=code, currency=currency, **days), LINES_SHOWN + 1)
    )
    context = {
        "account": account,
        "payees": payee_codes([code, *(line.counter_account for line in lines)]),
        "form": form,
        "lines": lines[:LINES_SHOWN],
        "is_cut": len(lines) > LINES_SHOWN,
        "opening_minor": lines[0].balance_minor - lines[0].amount_minor if lines else 0,
        "closing_minor": lines[:LINES_SHOWN][-1].balance_minor if lines else None,
    }
    return render(request, "ledger/account.html", context)


@page(*READERS)
def trial_balance(request: PersonRequest) -> HttpResponse:
    """Every account's sums, by currency."""
    rows = sorted(journal.trial_balance(), key=lambda row: (row.currency, row.code))
    sheets = [_sheet(code, list(group)) for code, group in groupby(rows, lambda r: r.currency)]
    payees = payee_codes(row.code for row in rows)
    context = {"sheets": sheets, "payees": payees, "exports": SHEETS}
    return render(request, "ledger/trial_balance.html", context)


@page(*READERS)
def books_check(request: PersonRequest) -> HttpResponse:
    """Every rule of the books asked of the database now, the chain included."""
    findings = list(islice(chain.from_iterable(check() for check in CHECKS), FINDINGS_SHOWN))
    head = JournalEntry.objects.order_by("-seq").first()
    context = {"findings": findings, "head": head, "now": timezone.now(), "count": len(CHECKS)}
    return render(request, "ledger/books_check.html", context)


def _accounts(entry: journal.EntryRecord) -> list[str]:
    both = ((posting.debit_account, posting.credit_account) for posting in entry.postings)
    return list(chain.from_iterable(both))


def _payees_of(entry: journal.EntryRecord, payees: Mapping[str, str]) -> list[str]:
    return sorted({payees[code] for code in _accounts(entry) if code in payees})


def _sums(entry: journal.EntryRecord) -> list[tuple[str, int]]:
    """What the entry moves, by currency."""
    sums: dict[str, int] = defaultdict(int)
    for posting in entry.postings:
        sums[posting.currency] += posting.amount_minor
    return sorted(sums.items())


def _sheet(currency: str, rows: list[Any]) -> dict[str, Any]:
    debit = sum(row.debit_minor for row in rows)
    credit = sum(row.credit_minor for row in rows)
    return {
        "currency": currency,
        "rows": rows,
        "debit_minor": debit,
        "credit_minor": credit,
        "balance_minor": debit - credit,
    }


def _wanted(form: JournalFilter) -> dict[str, Any]:
    if not (form.is_bound and form.is_valid()):
        return {}
    chosen = {"event": form.cleaned_data["event"], "period_id": form.cleaned_data["period"]}
    return {name: value for name, value in chosen.items() if value}


def _query(request: PersonRequest) -> str:
    chosen = request.GET.copy()
    chosen.pop("after", None)
    return chosen.urlencode()

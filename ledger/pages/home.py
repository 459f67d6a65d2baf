"""The first page: what is owed for a contributor, what waits for everybody else."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from contributors.roles import PersonRequest
from contributors.selectors import batch_list_for, programme_list_for
from ledger.models import BankDetails, Dispute, Payout, Period, Statement
from ledger.pages.statements import summary_of, visible
from ledger.pages.welcome import landing
from ledger.selectors.journal import account_balances
from ledger.selectors.payouts import payout_batch_list
from ledger.selectors.royalties import royalty_run_list
from valuation.selectors import ValuationRunRecord, valuation_run_list

STATEMENTS_SHOWN = 5
TODOS_SHOWN = 20
UNDER_WAY = ("reserved", "in_file", "sent", "accepted")  # states of a payout on its way
PAID = ("settled", "overpaid")  # states of a payout that left the bank and did not come back
HELD_PURPOSES = ("holdback", "disputed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """What a contributor is owed in one currency, in minor units."""

    currency: str
    available_minor: int
    pending_minor: int
    held_minor: int
    paid_minor: int
    lifetime_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """One thing that waits for this person."""

    title: str
    url: str
    text: str
    due: str = ""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page of whoever this is."""
    if not request.user.is_authenticated:
        return landing(request)
    person = cast(PersonRequest, request)
    return contributor_home(person) if person.user.role == "contributor" else staff_home(person)


def contributor_home(request: PersonRequest) -> HttpResponse:
    """Available, pending, held, lifetime; what to do; the last statements."""
    contributor = getattr(request.user, "contributor", None)
    batches = batch_list_for(contributor) if contributor else ()
    context = {
        "contributor": contributor,
        "latest": batches[0] if batches else None,
        "earnings": earnings_of(contributor) if contributor else [],
        "todos": [*contributor_todos(request, batches), *bank_todos(request, bool(batches))],
        "statements": [summary_of(s) for s in visible(request).order_by("-id")[:STATEMENTS_SHOWN]],
    }
    return render(request, "ledger/home_contributor.html", context)


def earnings_of(contributor: Any) -> list[Earnings]:
    """What the books say of this contributor, by currency. Four queries."""
    held: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in account_balances(party=str(contributor.pk)):
        held[row.currency][row.purpose] += row.held_minor
    pending, paid = _net_minor(contributor, UNDER_WAY), _net_minor(contributor, PAID)
    live = Statement.objects.filter(contributor=contributor).exclude(state="superseded")
    gross = dict(live.values_list("currency").annotate(Sum("gross_minor")).order_by("currency"))
    return [
        Earnings(
            currency=currency,
            available_minor=held[currency]["payable"],
            pending_minor=pending.get(currency, 0),
            held_minor=sum(held[currency][purpose] for purpose in HELD_PURPOSES),
            paid_minor=paid.get(currency, 0),
            lifetime_minor=gross.get(currency, 0),
        )
        for currency in sorted({*held, *gross, *pending, *paid})
    ]


def _net_minor(contributor: Any, states: tuple[str, ...]) -> dict[str, int]:
    rows = Payout.objects.filter(contributor=contributor, state__in=states)
    return dict(rows.values_list("currency").annotate(Sum("net_minor")).order_by("currency"))


def contributor_todos(request: PersonRequest, batches: Any) -> list[Todo]:
    """Refused batches, statements that can still be objected to, programmes without consent."""
    todos = [
        Todo(
            title=f"{batch.file_label or 'A batch'} was refused",
            url=reverse("contributors:batch", args=[batch.id]),
            text=batch.refusal_sentence,
        )
        for batch in batches
        if batch.state == "rejected"
    ]
    now = timezone.now()
    fresh = visible(request).filter(state="issued", dispute_until__gte=now).order_by("-id")
    todos += [
        Todo(
            title=f"Read statement {statement.number}",
            url=reverse("ledger:statement", args=[statement.number]),
            text="You can object to it until then.",
            due=f"until {statement.dispute_until:%-d %b %Y}",
        )
        for statement in fresh[:STATEMENTS_SHOWN]
    ]
    return todos


def bank_todos(request: PersonRequest, has_batches: bool) -> list[Todo]:
    """Whoever gave data, or is owed money, and cannot be paid yet is told so."""
    owed = visible(request).filter(net_minor__gt=0).exists()
    there = BankDetails.objects.filter(contributor__user=request.user).exists()
    if there or not (owed or has_batches):
        return []
    text = (
        "There is money for you, and nowhere to send it."
        if owed
        else "So that your first statement can be paid as soon as it is due."
    )
    return [Todo(title="Enter your bank details", url=reverse("ledger:bank-details"), text=text)]


def staff_home(request: PersonRequest) -> HttpResponse:
    """What waits for this person's role, and where things stand."""
    role = request.user.role
    context = {
        "todos": TODOS.get(role, lambda _: [])(request),
        "periods": list(Period.objects.order_by("-starts_on")[:5]),
        "runs": royalty_run_list(user=request.user, limit=5),
        "valuations": valuation_run_list(user=request.user, limit=5),
        "sees_money": role != "administrator",
    }
    return render(request, "ledger/home_staff.html", context)


def reviewer_todos(request: PersonRequest) -> list[Todo]:
    """Drafts to open, values to lock, runs to submit."""
    todos = [
        Todo(
            title=f"Open the programme {programme.title}",
            url=reverse("contributors:programme", args=[programme.id]),
            text="It is a draft: upload the rows that judge, then open it.",
        )
        for programme in programme_list_for(request.user)
        if programme.status == "draft"
    ]
    todos += value_todos(request)
    waiting = {"calculated": "submit it", "needs_decision": "decide on it"}
    return [*todos, *_run_todos(request, waiting), *dispute_todos()]


def value_todos(request: PersonRequest) -> list[Todo]:
    """Values to lock, one line for each programme, however many texts it has valued."""
    computed: dict[str, list[ValuationRunRecord]] = defaultdict(list)
    for run in valuation_run_list(user=request.user):
        if run.state in ("computed", "reviewed"):
            computed[run.programme_title].append(run)
    return [
        Todo(
            title=f"Look at the values of {title}",
            url=reverse("valuation:run", args=[runs[0].id])
            if len(runs) == 1
            else reverse("valuation:runs"),
            text="The run is computed; lock its values when they are as they should be."
            if len(runs) == 1
            else f"{len(runs)} runs are computed; lock the values of those that are to be paid.",
        )
        for title, runs in computed.items()
    ]


def dispute_todos() -> list[Todo]:
    """Open disputes, the one due first on top."""
    open_ = Dispute.objects.filter(state="open").select_related("statement")
    return [
        Todo(
            title=f"Decide the dispute of {dispute.statement.number}",
            url=reverse("ledger:dispute", args=[dispute.id]),
            text=f"About {dispute.get_kind_display()}.",
            due=f"by {dispute.answer_due_on:%-d %b %Y}",
        )
        for dispute in open_.order_by("answer_due_on", "id")[:TODOS_SHOWN]
    ]


def approver_todos(request: PersonRequest) -> list[Todo]:
    """Royalty runs and payout batches that somebody else prepared."""
    runs = _run_todos(request, {"in_review": "approve it or send it back"})
    batches = [
        Todo(
            title=f"Payout batch {batch.code}",
            url=reverse("ledger:payout-batch", args=[batch.id]),
            text=f"{batch.payout_count} payments wait for your approval.",
            due=f"pay on {batch.pay_on:%-d %b %Y}",
        )
        for batch in payout_batch_list(user=request.user)
        if batch.state == "submitted"
    ]
    return runs + batches


def _run_todos(request: PersonRequest, waiting: dict[str, str]) -> list[Todo]:
    return [
        Todo(
            title=f"Royalties of {run.period}: {run.pool_code}",
            url=reverse("ledger:royalty-run", args=[run.id]),
            text=f"The run is {run.state.replace('_', ' ')}; {waiting[run.state]}.",
        )
        for run in royalty_run_list(user=request.user)
        if run.state in waiting
    ]


TODOS = {"reviewer": reviewer_todos, "approver": approver_todos}

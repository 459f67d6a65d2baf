"""What can be paid to whom, batches and payouts as frozen rows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from contributors.selectors import contributors_who_left
from ledger.core.allocation import basis_points
from ledger.core.money import amount_text
from ledger.core.reasons import Reason, reason
from ledger.core.records import canonical, digest
from ledger.errors import NotFound
from ledger.models import Advance, BankDetails, Payout, PayoutBatch, Posting, Statement
from ledger.selectors.journal import account_balances
from ledger.selectors.tax import TaxPosition, tax_positions

# ISO 20022 reasons that only the payee can mend: closed, blocked or wrong account, unknown bank.
PAYEE_ACCOUNT_CODES = ("AC01", "AC03", "AC04", "AC06", "BE01", "BE04", "MD07", "RC01", "RC04")
# States of a payout whose reserve stands in the books.
STANDING = ("reserved", "in_file", "sent", "accepted", "settled", "overpaid")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutDraft:
    """A payment about to be prepared; `hold` says why it cannot be made yet."""

    contributor_id: str
    advance_id: UUID | None
    gross_minor: int
    withholding_minor: int
    net_minor: int
    tax: TaxPosition
    account_digest: str
    account_masked: str
    encrypted: str
    hold: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRecord:
    """One payment; amounts in minor units of `currency`."""

    id: UUID
    batch_id: UUID
    batch_code: str
    position: int
    contributor_id: UUID
    code: str
    is_advance: bool
    currency: str
    gross_minor: int
    withholding_bp: int
    withholding_minor: int
    net_minor: int
    account_masked: str
    end_to_end_id: str
    state: str
    hold_code: str
    hold_reason: dict[str, str] | None
    bank_code: str
    bank_text: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutBatchRecord:
    """One batch with its totals; held and cancelled payouts are not counted in them."""

    id: UUID
    code: str
    rail: str
    bank: str
    currency: str
    pay_on: date
    state: str
    prepared_by_id: UUID
    submitted_by_id: UUID | None
    approved_by_id: UUID | None
    created_at: datetime
    payout_count: int
    held_count: int
    gross_minor: int
    withholding_minor: int
    net_minor: int
    settled_minor: int
    returned_minor: int
    held_minor: int
    lines_hash: str
    file_sha256: str
    message_id: str


def payouts_payable(*, currency: str, on: date) -> tuple[PayoutDraft, ...]:
    """Everything payable in a currency, with the reason where it is held. Constant queries.

    Balances first, by party, then advances that were agreed and not paid.
    """
    balances = {
        row.party: row.held_minor
        for row in account_balances(purpose="payable", currency=currency)
        if row.held_minor > 0
    }
    live = Payout.objects.filter(currency=currency, advance__isnull=True)
    live = live.filter(state__in=["eligible", "reserved", "in_file", "sent", "accepted"])
    busy = {str(party) for party in live.values_list("contributor_id", flat=True)}
    advances = _advances_open(currency)
    parties = (set(balances) - busy) | {str(advance.contributor_id) for advance in advances}
    details = _details(parties)
    tax = tax_positions(contributor_ids=parties, on=on)
    thresholds, refused, credits = _thresholds(currency), _refused(), _tax_credits(currency)
    wanted: list[tuple[str, UUID | None, int, int]] = [
        (party, None, amount, thresholds.get(party, 0))
        for party, amount in sorted(balances.items())
        if party not in busy
    ]
    wanted += [
        (str(advance.contributor_id), advance.id, advance.amount_minor, 0) for advance in advances
    ]
    return tuple(
        _draft(
            party,
            advance_id,
            gross_minor=amount,
            threshold_minor=threshold,
            credit_minor=0 if advance_id else credits.get(party, 0),
            position=tax.of(party),
            details=details.get(party),
            refused=refused,
            currency=currency,
        )
        for party, advance_id, amount, threshold in wanted
    )


def batch_hash(batch: PayoutBatch, payouts: Iterable[Payout]) -> str:
    """What an approval of a batch approves: rail, day, and every payment with its account."""
    return digest(
        canonical(
            {
                "batch": [batch.id.hex, batch.rail, batch.bank, batch.currency],
                "pay_on": batch.pay_on.isoformat(),
                "payouts": [
                    [
                        payout.id.hex, payout.contributor_id.hex, payout.gross_minor,
                        payout.withholding_minor, payout.net_minor, payout.account_digest,
                    ]
                    for payout in sorted(payouts, key=lambda payout: payout.position)
                ],
            }
        )
    )  # fmt: skip


def payout_batch_list(*, user: Any, limit: int = 100) -> tuple[PayoutBatchRecord, ...]:
    """The newest batches that this user may see. One query."""
    return batch_records(PayoutBatch.objects.visible_to(user).order_by("-id")[:limit])


def payout_batch_get(batch_id: UUID, *, user: Any = None) -> PayoutBatchRecord:
    """One batch; as seen by `user` if one is named. One query. Raises NotFound."""
    rows = PayoutBatch.objects.all() if user is None else PayoutBatch.objects.visible_to(user)
    found = batch_records(rows.filter(id=batch_id))
    if not found:
        raise NotFound(payout_batch_id=str(batch_id))
    return found[0]


def payout_list(*, user: Any, batch_id: UUID | None = None) -> tuple[PayoutRecord, ...]:
    """The payouts that this user may see, by batch and position. One query."""
    rows = Payout.objects.visible_to(user).as_read()
    if batch_id is not None:
        rows = rows.filter(batch_id=batch_id)
    return tuple(payout_record(row) for row in rows.order_by("batch_id", "position"))


def payments_of(
    contributor_id: UUID, *, currency: str | None = None, since: datetime | None = None
) -> tuple[PayoutRecord, ...]:
    """What went to a payee or was tried, in order; what was never sent is left out. One query."""
    rows = Payout.objects.filter(contributor_id=contributor_id).as_read()
    rows = rows.exclude(state__in=["eligible", "held", "cancelled"])
    if currency is not None:
        rows = rows.filter(currency=currency)
    if since is not None:
        rows = rows.filter(batch__created_at__gte=since)
    return tuple(payout_record(row) for row in rows.order_by("id"))


def payment_of_statement(statement: Statement) -> PayoutRecord | None:
    """The payment that settled what a statement owes, or the last one tried. One query."""
    since = payments_of(
        statement.contributor_id, currency=statement.currency, since=statement.issued_at
    )
    tried = [each for each in since if not each.is_advance]
    done = (each for each in tried if each.state == "settled")
    return next(done, tried[-1] if tried else None)


def payout_record(row: Any) -> PayoutRecord:
    own = (
        "id", "batch_id", "position", "contributor_id", "currency", "gross_minor",
        "withholding_bp", "withholding_minor", "net_minor", "account_masked", "end_to_end_id",
        "state", "hold_code", "hold_reason", "bank_code", "bank_text", "settled_at",
    )  # fmt: skip
    return PayoutRecord(
        **{name: getattr(row, name) for name in own},
        batch_code=row.batch.code,
        code=row.contributor.code,
        is_advance=row.advance_id is not None,
    )


def batch_records(rows: Any) -> tuple[PayoutBatchRecord, ...]:
    """Batches as others read them, with their totals, in the rows' order. One query."""
    counted = ~Q(payouts__state__in=["held", "cancelled"])
    paid = Q(payouts__state__in=["settled", "overpaid"])
    back = Q(payouts__state__in=["returned", "rejected"])
    rows = rows.annotate(
        payout_count=Count("payouts", filter=counted),
        held_count=Count("payouts", filter=Q(payouts__state="held")),
        gross=Sum("payouts__gross_minor", filter=counted, default=0),
        withheld=Sum("payouts__withholding_minor", filter=counted, default=0),
        net=Sum("payouts__net_minor", filter=counted, default=0),
        settled=Sum("payouts__net_minor", filter=paid, default=0),
        returned=Sum("payouts__net_minor", filter=back, default=0),
        held=Sum("payouts__net_minor", filter=Q(payouts__state="held"), default=0),
    )
    own = (
        "id", "code", "rail", "bank", "currency", "pay_on", "state", "prepared_by_id",
        "submitted_by_id", "approved_by_id", "created_at", "payout_count", "held_count",
        "lines_hash", "file_sha256", "message_id",
    )  # fmt: skip
    return tuple(
        PayoutBatchRecord(
            **{name: getattr(row, name) for name in own},
            gross_minor=int(row.gross),
            withholding_minor=int(row.withheld),
            net_minor=int(row.net),
            settled_minor=int(row.settled),
            returned_minor=int(row.returned),
            held_minor=int(row.held),
        )
        for row in rows
    )


def _draft(
    party: str,
    advance_id: UUID | None,
    *,
    gross_minor: int,
    threshold_minor: int,
    credit_minor: int,
    position: TaxPosition,
    details: BankDetails | None,
    refused: dict[str, str],
    currency: str,
) -> PayoutDraft:
    owed = basis_points(gross_minor + credit_minor, position.withholding_bp)
    credited = min(credit_minor, owed)
    withholding = owed - credited
    hold = None
    if gross_minor < threshold_minor:
        balance, least = (amount_text(n, currency) for n in (gross_minor, threshold_minor))
        hold = reason("below_threshold", balance=balance, threshold=least)
    elif position.hold:
        hold = reason(position.hold)
    elif details is None:
        hold = reason("needs_details")
    elif details.digest in refused:
        hold = reason("bank_refused", bank=refused[details.digest])
    return PayoutDraft(
        contributor_id=party,
        advance_id=advance_id,
        gross_minor=gross_minor,
        withholding_minor=withholding,
        net_minor=gross_minor - withholding,
        tax=replace(position, credited_minor=credited),
        account_digest=details.digest if details else "",
        account_masked=details.masked if details else "",
        encrypted=details.encrypted if details else "",
        hold=hold,
    )


def _advances_open(currency: str) -> list[Advance]:
    """Advances agreed in this currency that no payout pays or has paid."""
    taken = Payout.objects.filter(advance__isnull=False).exclude(
        state__in=["held", "cancelled", "rejected", "returned"]
    )
    rows = Advance.objects.filter(currency=currency).exclude(id__in=taken.values("advance_id"))
    return list(rows.order_by("id"))


def _details(parties: set[str]) -> dict[str, BankDetails]:
    return {
        str(row.contributor_id): row
        for row in BankDetails.objects.all()
        if str(row.contributor_id) in parties
    }


def _refused() -> dict[str, str]:
    """Accounts that a bank refused, by digest, with what it said; new details are a new digest."""
    rows = Payout.objects.filter(
        state__in=["rejected", "returned"], bank_code__in=PAYEE_ACCOUNT_CODES
    )
    return dict(rows.values_list("account_digest", "bank_text"))


def _tax_credits(currency: str) -> dict[str, int]:
    """Tax that was withheld of payments that came back, and that no later payment counted yet.

    By party: what went from payable to an authority, less what the payments that stand had
    withheld or counted. Three queries.
    """
    own = Posting.objects.filter(currency=currency).order_by()
    credits: Counter[str] = Counter()
    for side, other, sign in (("debit", "credit", 1), ("credit", "debit", -1)):
        party = f"{side}_account__party"
        flows = own.filter(
            **{f"{side}_account__purpose": "payable", f"{other}_account__purpose": "withholding"}
        )
        for whose, total in flows.values_list(party).annotate(Sum("amount_minor")):
            credits[whose] += sign * int(total)
    taxed = [party for party, credit in credits.items() if credit > 0]
    standing = Payout.objects.filter(
        currency=currency, advance__isnull=True, state__in=STANDING, contributor_id__in=taxed
    )
    for whose, withheld, tax in standing.values_list("contributor_id", "withholding_minor", "tax"):
        credits[str(whose)] -= withheld + tax.get("credited_minor", 0)
    return {party: credit for party, credit in credits.items() if credit > 0}


def _thresholds(currency: str) -> dict[str, int]:
    """The smallest balance that is paid to each contributor, by its newest statement's policy.

    Whoever left is paid whatever the balance.
    """
    rows = Statement.objects.filter(currency=currency).order_by("chain_seq")
    thresholds = {
        str(contributor_id): policy["threshold_minor"]
        for contributor_id, policy in rows.values_list("contributor_id", "run__policy_record")
    }
    return thresholds | dict.fromkeys(map(str, contributors_who_left()), 0)

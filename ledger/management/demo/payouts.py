"""The demo's payout: a bank file, everything settled, one payment returned days later."""

from datetime import date, datetime, timedelta

from schwifty import IBAN

from contributors.models import Contributor, Programme
from ledger.management.demo import bank
from ledger.management.demo.people import People
from ledger.models import BankDetails, Payout, PayoutBatch
from ledger.services.bank_answers import bank_message_ingest
from ledger.services.bank_details import bank_details_set
from ledger.services.payout_approval import (
    payout_batch_approve,
    payout_batch_export,
    payout_batch_mark_sent,
)
from ledger.services.payouts import payout_batch_prepare, payout_batch_submit
from ledger.services.periods import period_open

CODE = "flights-2013-Q4"
# The carrier whose account turns out to be closed.
RETURNED = "YV"
BANK_CODE = "10000000"  # of the Bundesbank; no account there is anybody's


def payout_ensure(programme: Programme, people: People, now: datetime) -> PayoutBatch:
    """What the carriers are owed went to the bank; all settled but one, which came back."""
    _current_period(now.date())
    _accounts(programme, now)
    batch = PayoutBatch.objects.filter(code=CODE).first() or _sent(people, now)
    payments = bank.payments_in(
        payout_batch_export(batch_id=batch.id, actor=people.reviewer, now=now)
    )
    reviewer = people.reviewer
    bank_message_ingest(content=bank.debits(payments), actor=reviewer, now=now)
    back = batch.payouts.get(contributor__code=RETURNED)
    notice = bank.returned(back.end_to_end_id, payments[back.end_to_end_id])
    bank_message_ingest(content=notice, actor=reviewer, now=now)
    batch.refresh_from_db()
    return batch


def payout_line(batch: PayoutBatch) -> str:
    """How many payments settled, and which came back why."""
    states = list(batch.payouts.values_list("state", flat=True))
    settled = states.count(Payout.State.SETTLED)
    returned = states.count(Payout.State.RETURNED)
    return (
        f"payout batch {batch.code}: {settled} payments settled, {returned} returned "
        f"({RETURNED}: account closed), which is owed again; the batch is {batch.state}"
    )


def _sent(people: People, now: datetime) -> PayoutBatch:
    batch = payout_batch_prepare(
        code=CODE,
        currency="USD",
        rail="transfer",  # SEPA carries EUR alone
        bank="main",
        pay_on=now.date() + timedelta(days=1),
        actor=people.reviewer,
        now=now,
    )
    payout_batch_submit(batch_id=batch.id, actor=people.reviewer, now=now)
    payout_batch_approve(batch_id=batch.id, actor=people.approver, now=now)
    payout_batch_export(batch_id=batch.id, actor=people.reviewer, now=now)
    return payout_batch_mark_sent(batch_id=batch.id, actor=people.reviewer, now=now)


def _current_period(today: date) -> None:
    """Payments are booked in the quarter in which they are made."""
    quarter = (today.month - 1) // 3
    starts_on = date(today.year, 3 * quarter + 1, 1)
    following = date(today.year + (quarter == 3), (3 * quarter + 3) % 12 + 1, 1)
    period_open(
        code=f"{today.year}-Q{quarter + 1}",
        starts_on=starts_on,
        ends_on=following - timedelta(days=1),
    )


def _accounts(programme: Programme, now: datetime) -> None:
    """Every carrier has entered an account: only the payee may."""
    carriers = Contributor.objects.filter(consents__programme=programme).distinct()
    for number, carrier in enumerate(carriers.order_by("code"), start=1):
        if not BankDetails.objects.filter(contributor=carrier).exists():
            iban = IBAN.generate("DE", bank_code=BANK_CODE, account_code=str(number))
            bank_details_set(
                contributor=carrier,
                holder=carrier.display_name,
                iban=str(iban),
                bic="",
                actor=carrier.user,
                now=now,
            )

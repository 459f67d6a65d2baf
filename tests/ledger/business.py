"""The business at random beside a model: runs, payout batches, a bank that answers in any order.

The model is dictionaries of balances and states. The driver draws what people, the bank and the
clock do, with faults (a worker killed between two statements, a lost reply, a message delivered
again, answers out of order, a payment that comes back a year later, tax remitted too early), and
after each step compares every balance and every state. The seed is printed; the same seed walks
the same way. `tests/ledger/simulation.py` does the same one floor below, to the journal alone.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from schwifty import IBAN

from ledger.core.policy import Policy
from ledger.errors import ApprovalVoid, DisputeAmountUnsuitable, NothingToPay, Overdraft
from ledger.management.demo import bank
from ledger.models import Dispute, Holdback, Payout, PayoutBatch, Statement
from ledger.selectors.journal import account_balances
from ledger.selectors.verification import CHECKS
from ledger.services import payout_approval, payouts, royalties
from ledger.services.bank_answers import bank_message_ingest
from ledger.services.bank_details import bank_details_set
from ledger.services.disputes import dispute_decide, dispute_open
from ledger.services.holdbacks import holdback_decide, holdbacks_release_ended
from ledger.services.statement_checks import CHECKS as STATEMENT_CHECKS
from ledger.services.statements import statements_finalise_due
from ledger.services.tax import tax_profile_add, tax_remit
from tests.ledger.services.test_crashes import Killed, killed_at

POLICY = Policy(
    fee_bp=1_000, holdback_bp=1_000, holdback_periods=2, recoupment_bp=5_000, threshold_minor=1_000
)
PEOPLE = ("ann", "ben", "dora", "eve")
RATES_BP = {"dora": 1_500}
LIVE = ("eligible", "reserved", "in_file", "sent", "accepted")
DONE = ("settled", "returned", "rejected", "cancelled", "held", "overpaid")
ACCOUNT_CLOSED, OTHER_REASON = "AC04", "MS03"
STEPS_PER_FULL_CHECK = 50


@dataclass(slots=True)
class Paid:
    """A payout as the model remembers it."""

    code: str
    batch: Any
    advance: Any
    gross: int
    tax: int
    account: str
    state: str
    refused: str = ""
    year: int = 0
    credited: int = 0

    @property
    def net(self) -> int:
        return self.gross - self.tax


@dataclass(slots=True)
class Kept:
    """A holdback: kept with a quarter, in two parts of which some came back."""

    code: str
    quarter: int
    run: Any
    parts: tuple[int, int]
    done: int = 0


@dataclass(slots=True)
class Model:
    """What everybody is owed and where everything stands."""

    payable: Counter[str] = field(default_factory=Counter)
    advance: Counter[str] = field(default_factory=Counter)
    disputed: Counter[str] = field(default_factory=Counter)
    clawback: Counter[str] = field(default_factory=Counter)
    clearing: int = 0
    tax: int = 0
    bank: int = 0
    kept: list[Kept] = field(default_factory=list)
    payouts: dict[Any, Paid] = field(default_factory=dict)
    batches: dict[Any, str] = field(default_factory=dict)
    advances: dict[Any, tuple[str, int]] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    disputes: dict[Any, tuple[str, int]] = field(default_factory=dict)

    def of(self, batch: Any, *states: str) -> list[Paid]:
        own = [each for each in self.payouts.values() if each.batch == batch]
        return [each for each in own if not states or each.state in states]

    def release(self, quarter: int) -> None:
        """Every part that is due with the quarter is owed again."""
        for kept in self.kept:
            due = min(quarter - kept.quarter, 2)
            self.payable[kept.code] += sum(kept.parts[kept.done : due])
            kept.done = max(kept.done, due)

    def give_back(self, paid: Paid, *, tax_too: bool = True) -> None:
        """Net and the tax that is still there reduce the advance that it was, the rest is owed."""
        tax = paid.tax if tax_too and self.tax >= paid.tax else 0
        repays = min(self.advance[paid.code], paid.gross, paid.net + tax) if paid.advance else 0
        self.advance[paid.code] -= repays
        if paid.state == "overpaid" and not paid.advance:
            repays = min(self.clawback[paid.code], paid.net + tax)
            self.clawback[paid.code] -= repays
        self.payable[paid.code] += paid.net + tax - repays
        self.tax -= tax
        self.withheld[paid.code] -= tax - min(max(repays - paid.net, 0), tax)

    def overpay(self, paid: Paid) -> None:
        """The bank paid what it had rejected: taken from what is owed, the rest is owed back."""
        self.bank -= paid.net
        self.tax += paid.tax
        if paid.advance:
            self.advance[paid.code] += paid.gross
        else:
            taken = min(self.payable[paid.code], paid.gross)
            self.payable[paid.code] -= taken
            self.clawback[paid.code] += paid.gross - taken
            self.withheld[paid.code] += max(taken - paid.net, 0)
        paid.state = "overpaid"

    def settle(self, paid: Paid) -> None:
        self.clearing -= paid.net
        self.bank -= paid.net
        paid.state = "settled"

    def credit(self, code: str) -> int:
        """Tax of payments that came back, which no payment that stands has counted."""
        standing = ("reserved", "in_file", "sent", "accepted", "settled", "overpaid")
        counted = sum(
            each.tax + each.credited
            for each in self.payouts.values()
            if each.code == code and each.state in standing and not each.advance
        )
        return max(self.withheld[code] - counted, 0)

    def refused(self) -> set[str]:
        """Accounts that a bank called closed."""
        back = [each for each in self.payouts.values() if each.state in ("rejected", "returned")]
        return {each.account for each in back if each.refused == ACCOUNT_CLOSED}


def half_up(amount: int, rate_bp: int) -> int:
    return (amount * rate_bp * 2 + 10_000) // 20_000


def shares(amount: int, values: dict[str, str]) -> dict[str, int]:
    """Largest remainder; a tie goes to the smaller code."""
    weights = {code: max(Fraction(value), Fraction(0)) for code, value in values.items()}
    quotas = {code: amount * weight / sum(weights.values()) for code, weight in weights.items()}
    given = {code: int(quota) for code, quota in quotas.items()}
    left = amount - sum(given.values())
    for code in sorted(quotas, key=lambda code: (given[code] - quotas[code], code))[:left]:
        given[code] += 1
    return given


class Business:
    """Draws what happens next, does it to the application and to the model, compares."""

    def __init__(self, seed: int, *, make_run: Any, people: Any, reviewer: Any, approver: Any):
        self.draw, self.model = random.Random(seed), Model()
        self.done: Counter[str] = Counter()
        # Long after the first quarter, 2013's: of those that a fast machine plays, all have ended.
        self.now = datetime(2500, 1, 1, 12, tzinfo=UTC)
        self.make_run, self.people = make_run, people
        self.reviewer, self.approver = reviewer, approver
        self.quarter, self.number = 0, 0
        self.messages: list[bytes] = []
        for code, rate_bp in RATES_BP.items():
            tax_profile_add(
                contributor_id=people[code].id, form="other", country="NL", rate_bp=rate_bp,
                evidence_sha256="0" * 64, valid_from=date(2000, 1, 1),
                valid_to=date(2999, 12, 31), actor=reviewer, now=self.now,
            )  # fmt: skip

        self.earn()  # a first quarter, in which everything can be booked

    def step(self) -> None:
        self.now += timedelta(minutes=self.draw.randint(1, 600))
        names, weights = zip(*ACTS.items(), strict=True)
        name = self.draw.choices(names, weights)[0]
        getattr(self, name)()
        self.done[name] += 1
        self.compare()
        if sum(self.done.values()) % STEPS_PER_FULL_CHECK == 0:
            self.full_check()

    # --- what happens -------------------------------------------------------------------------

    def earn(self) -> None:
        """A quarter's pool is divided, unless every value is 0 or below."""
        self.quarter += 1
        values = {code: self.draw.choice(["-0.1", "0", "0.1", "0.2", "0.35"]) for code in PEOPLE}
        amount = self.draw.choice([1, 999, 10_000, 123_457, 500_000])
        nobody = all(float(value) <= 0 for value in values.values())
        run = self.make_run(
            values, amount, POLICY, up_to="calculate" if nobody else "approve", at=self.now,
            currency="EUR", year=self.year, quarter=(self.quarter - 1) % 4 + 1,
        )  # fmt: skip
        if nobody:
            assert run.state == "needs_decision"
            royalties.royalty_run_reject(
                run_id=run.id, note="Nobody.", actor=self.reviewer, now=self.now
            )
            return
        self.model.release(self.quarter)
        for code, gross in shares(amount - half_up(amount, 1_000), values).items():
            kept = half_up(gross, 1_000)
            repaid = min(half_up(gross - kept, 5_000), gross - kept, self.model.advance[code])
            self.model.advance[code] -= repaid
            self.model.payable[code] += gross - kept - repaid
            netted = min(self.model.payable[code], self.model.clawback[code])
            self.model.payable[code] -= netted
            self.model.clawback[code] -= netted
            if kept:
                parts = (kept - kept // 2, kept // 2)
                self.model.kept.append(Kept(code, self.quarter, run.id, parts))

    def agree(self) -> None:
        """An advance is agreed, and the form is sent twice."""
        code, amount = self.draw.choice(PEOPLE), self.draw.choice([1, 500, 70_001])
        name = self.name()
        made = self.do(
            lambda: payouts.advance_agree(
                contributor_id=self.people[code].id, currency="EUR", amount_minor=amount,
                agreement=name, actor=self.reviewer, now=self.now,
            )
        )  # fmt: skip
        self.model.advances[made.id] = (code, amount)

    def enter_account(self) -> None:
        code = self.draw.choice(PEOPLE)
        number = self.name().removeprefix("n")
        iban = str(IBAN.generate("DE", bank_code="10000000", account_code=number))
        person = self.people[code]
        self.do(
            lambda: bank_details_set(
                contributor=person, holder=code, iban=iban, bic="", actor=person.user, now=self.now
            )
        )
        self.model.accounts[code] = iban

    def prepare(self) -> None:
        expected = self.payable_now()
        name = self.name()
        send = lambda: payouts.payout_batch_prepare(  # noqa: E731
            code=name, currency="EUR", rail="sepa", bank="main", pay_on=self.now.date(),
            actor=self.reviewer, now=self.now,
        )  # fmt: skip
        if not expected:
            self.refused(NothingToPay, send)
            return
        batch = self.do(send)
        self.model.batches[batch.id] = "draft"
        rows = batch.payouts.select_related("contributor").order_by("position")
        found = {
            (row.contributor.code, row.advance_id): (row.gross_minor, row.hold_code, row)
            for row in rows
        }
        assert {key: value[:2] for key, value in found.items()} == expected
        for (code, advance), (gross, hold, row) in found.items():
            credit = 0 if advance else self.model.credit(code)
            owed = half_up(gross + credit, RATES_BP.get(code, 0))
            credit = min(credit, owed)
            tax = owed - credit
            assert (row.withholding_minor, row.net_minor) == (tax, gross - tax)
            account = self.model.accounts.get(code, "")
            state = "held" if hold else "eligible"
            self.model.payouts[row.id] = Paid(
                code, batch.id, advance, gross, tax, account, state, credited=credit
            )

    def payable_now(self) -> dict[tuple[str, Any], tuple[int, str]]:
        """What a batch would hold: (payee, advance) -> (gross, why it is held)."""
        model = self.model
        busy = {each.code for each in model.payouts.values()
                if each.state in LIVE and not each.advance}  # fmt: skip
        gone = {each.advance for each in model.payouts.values()
                if each.state in (*LIVE, "settled", "overpaid")}  # fmt: skip
        due: dict[tuple[str, Any], tuple[int, str]] = {
            (code, None): (amount, self.hold(code, amount < POLICY.threshold_minor))
            for code, amount in model.payable.items()
            if amount and code not in busy
        }
        due |= {
            (code, advance): (amount, self.hold(code, False))
            for advance, (code, amount) in model.advances.items()
            if advance not in gone
        }
        return due

    def hold(self, code: str, is_small: bool) -> str:
        if is_small:
            return "below_threshold"
        if code not in self.model.accounts:
            return "needs_details"
        return "bank_refused" if self.model.accounts[code] in self.model.refused() else ""

    def take_out(self) -> None:
        drafts = [
            (key, each)
            for key, each in self.model.payouts.items()
            if self.model.batches[each.batch] == "draft" and each.state in ("eligible", "held")
        ]
        if drafts:
            key, paid = self.draw.choice(drafts)
            self.do(
                lambda: payouts.payout_remove(
                    payout_id=key, note="Later.", actor=self.reviewer, now=self.now
                )
            )
            paid.state = "cancelled"

    def submit(self) -> None:
        batch = self.batch_in("draft")
        send = lambda: payouts.payout_batch_submit(  # noqa: E731
            batch_id=batch, actor=self.reviewer, now=self.now
        )
        if batch and self.model.of(batch, "eligible"):
            self.do(send)
            self.model.batches[batch] = "submitted"
        elif batch:
            self.refused(NothingToPay, send)

    def approve(self) -> None:
        """Refused if what somebody is owed is not what was submitted."""
        if not (batch := self.batch_in("submitted")):
            return
        own = self.model.of(batch, "eligible")
        send = lambda: payout_approval.payout_batch_approve(  # noqa: E731
            batch_id=batch, actor=self.approver, now=self.now
        )
        if any(not each.advance and self.model.payable[each.code] != each.gross for each in own):
            self.refused(ApprovalVoid, send)
            return
        self.do(send)
        self.model.batches[batch] = "approved"
        for paid in own:
            (self.model.advance if paid.advance else self.model.payable)[paid.code] += (
                paid.gross if paid.advance else -paid.gross
            )
            self.model.clearing += paid.net
            self.model.tax += paid.tax
            self.model.withheld[paid.code] += 0 if paid.advance else paid.tax
            paid.state, paid.year = "reserved", self.year

    def send_back(self) -> None:
        if batch := self.batch_in("submitted"):
            payouts.payout_batch_reject(
                batch_id=batch, note="No.", actor=self.approver, now=self.now
            )
            self.model.batches[batch] = "draft"

    def cancel(self) -> None:
        if not (batch := self.batch_in("draft", "submitted", "approved", "exported")):
            return
        is_out = self.model.batches[batch] == "exported"  # then a second person signs
        actor = self.approver if is_out else self.reviewer
        self.do(
            lambda: payouts.payout_batch_cancel(
                batch_id=batch, note="Not now.", actor=actor, now=self.now
            )
        )
        self.model.batches[batch] = "cancelled"
        for paid in self.model.of(batch, "eligible", "held", "reserved", "in_file"):
            if paid.state in ("reserved", "in_file"):
                self.model.clearing -= paid.net
                self.model.give_back(paid)
            paid.state = "cancelled"

    def export(self) -> None:
        """Asked for twice, the file is the same."""
        if not (batch := self.batch_in("approved", "exported", "sent")):
            return
        send = lambda: payout_approval.payout_batch_export(  # noqa: E731
            batch_id=batch, actor=self.reviewer, now=self.now
        )
        assert self.do(send) == send()
        if self.model.batches[batch] == "approved":
            self.model.batches[batch] = "exported"
            for paid in self.model.of(batch, "reserved"):
                paid.state = "in_file"

    def send(self) -> None:
        if batch := self.batch_in("exported"):
            self.do(
                lambda: payout_approval.payout_batch_mark_sent(
                    batch_id=batch, actor=self.reviewer, now=self.now
                )
            )
            self.sent(batch)

    def sent(self, batch: Any) -> None:
        self.model.batches[batch] = "sent"
        for paid in self.model.of(batch, "in_file"):
            paid.state = "sent"

    def answer(self) -> None:
        """The bank says something of some payments of a batch, in any order."""
        batch = self.batch_in("exported", "sent", "part_settled", "settled", "closed")
        named = [
            (key, each)
            for key, each in self.model.payouts.items()
            if each.batch == batch and each.state not in ("held", "cancelled", "eligible")
        ]
        if not named:
            return
        chosen = self.draw.sample(named, self.draw.randint(1, len(named)))
        outcome = self.draw.choice(["accepted", "rejected", "settled", "settled", "returned"])
        code = self.draw.choice([ACCOUNT_CLOSED, OTHER_REASON])
        code = ACCOUNT_CLOSED if outcome == "returned" else code
        content = message(self.name(), outcome, code, chosen)
        self.messages.append(content)
        self.do(lambda: self.ingest(content))
        if self.model.batches[batch] == "exported":
            self.sent(batch)
        for _, paid in chosen:
            self.answered(paid, outcome, code)
        self.follow(batch)

    def answered(self, paid: Paid, outcome: str, code: str) -> None:
        model, waits = self.model, paid.state in ("sent", "accepted")
        if outcome == "accepted" and paid.state == "sent":
            paid.state = "accepted"
        elif outcome == "rejected" and waits:
            model.clearing -= paid.net
            model.give_back(paid)
            paid.state, paid.refused = "rejected", code
        elif outcome == "settled" and waits:
            model.settle(paid)
        elif outcome == "settled" and paid.state == "rejected":
            model.overpay(paid)
        elif outcome == "returned" and paid.state != "returned":
            if waits:
                model.settle(paid)
            elif paid.state == "rejected":
                model.overpay(paid)
            model.bank += paid.net
            model.give_back(paid, tax_too=paid.year == self.year)
            paid.state, paid.refused = "returned", code

    def follow(self, batch: Any) -> None:
        states = {each.state for each in self.model.of(batch)}
        if states <= set(DONE) and self.model.batches[batch] in ("sent", "part_settled"):
            self.model.batches[batch] = "settled"
        elif self.model.batches[batch] == "sent" and states & {"settled", "returned"}:
            self.model.batches[batch] = "part_settled"

    def deliver_again(self) -> None:
        if self.messages:
            self.ingest(self.draw.choice(self.messages))

    def close(self) -> None:
        if batch := self.batch_in("settled"):
            payouts.payout_batch_close(batch_id=batch, actor=self.reviewer, now=self.now)
            self.model.batches[batch] = "closed"

    def remit(self) -> None:
        """Tax is remitted, sometimes before its payment arrived, sometimes too much."""
        amount = self.draw.choice([1, max(self.model.tax, 1), self.model.tax + 1])
        name = self.name()
        send = lambda: tax_remit(  # noqa: E731
            authority="tax", bank="main", amount_minor=amount, currency="EUR", reference=name,
            actor=self.reviewer, now=self.now,
        )  # fmt: skip
        if not self.quarter:
            return
        if amount > self.model.tax:
            self.refused(Overdraft, send)
            return
        self.do(send)
        self.model.tax -= amount
        self.model.bank -= amount

    def object(self) -> None:
        """A statement in its window is disputed; only what is payable is held."""
        open_ = Statement.objects.filter(
            state__in=["issued", "resolved"], dispute_until__gte=self.now
        ).order_by("number")
        if not open_:
            return
        statement = self.draw.choice(list(open_.select_related("contributor__user")))
        code, amount = statement.contributor.code, self.draw.choice([1, 700, 90_000])
        send = lambda: dispute_open(  # noqa: E731
            statement_id=statement.id, kind="value", amount_minor=amount, text="No.",
            actor=statement.contributor.user, now=self.now,
        )  # fmt: skip
        if amount > statement.run.pool.amount_minor:
            self.refused(DisputeAmountUnsuitable, send)
            return
        made = self.do(send)
        held = min(amount, self.model.payable[code])
        self.model.payable[code] -= held
        self.model.disputed[code] += held
        self.model.disputes[made.id] = (code, held)

    def decide(self) -> None:
        if not self.model.disputes:
            return
        key = self.draw.choice(sorted(self.model.disputes))
        code, held = self.model.disputes.pop(key)
        dispute_decide(
            dispute_id=key, outcome=Dispute.Outcome.DISMISSED, decision="It is right.",
            adjustment_minor=0, reserve="", actor=self.reviewer, now=self.now,
        )  # fmt: skip
        self.model.disputed[code] -= held
        self.model.payable[code] += held

    def decide_holdback(self) -> None:
        left = [each for each in self.model.kept if sum(each.parts[each.done :])]
        if not left:
            return
        kept, forfeit = self.draw.choice(left), self.draw.random() < 0.3
        row = Holdback.objects.get(run_id=kept.run, contributor__code=kept.code)
        holdback_decide(holdback_id=row.id, forfeit=forfeit, actor=self.reviewer, now=self.now)
        self.model.payable[kept.code] += 0 if forfeit else sum(kept.parts[kept.done :])
        kept.done = 2

    def sweep(self) -> None:
        """What falls due by itself; a second sweep finds nothing."""
        statements_finalise_due(now=self.now)
        self.do(lambda: holdbacks_release_ended(now=self.now))
        assert holdbacks_release_ended(now=self.now) == 0
        self.model.release(self.quarter)

    def wait(self) -> None:
        self.now += timedelta(days=self.draw.randint(1, 25))

    # --- how it is done -----------------------------------------------------------------------

    def do(self, send: Callable[[], Any]) -> Any:
        """Do it; sometimes the worker is killed first, sometimes the reply is lost."""
        fault = self.draw.random()
        if fault < 0.2:
            try:
                with killed_at(self.draw.randint(1, 40)):
                    return send()
            except Killed:
                self.done["killed"] += 1
                self.compare()
        elif fault < 0.35:
            send()
            self.done["reply lost"] += 1
        return send()

    def refused(self, refusal: type[Exception], send: Callable[[], Any]) -> None:
        try:
            send()
        except refusal:
            self.done[refusal.__name__] += 1
        else:
            raise AssertionError(f"not refused: {refusal.__name__}")

    def ingest(self, content: bytes) -> Any:
        return bank_message_ingest(content=content, actor=self.reviewer, now=self.now)

    def batch_in(self, *states: str) -> Any:
        found = sorted(key for key, state in self.model.batches.items() if state in states)
        return self.draw.choice(found) if found else None

    def name(self) -> str:
        self.number += 1
        return f"n{self.number}"

    @property
    def year(self) -> int:
        """Of the newest quarter: what happens later is booked in it."""
        return 2013 + (self.quarter - 1) // 4

    # --- what is compared ---------------------------------------------------------------------

    def compare(self) -> None:
        model, ids = self.model, {str(self.people[code].id): code for code in PEOPLE}
        held: dict[str, Counter[str]] = {
            name: Counter() for name in ("payable", "advance", "disputed", "holdback", "clawback")
        }
        totals: Counter[str] = Counter()
        for row in account_balances(currency="EUR"):
            if row.party in ids and row.purpose in held:
                held[row.purpose][ids[row.party]] = row.held_minor
            totals[row.purpose] += row.held_minor
        kept: Counter[str] = Counter()
        for each in model.kept:
            kept[each.code] += sum(each.parts[each.done :])
        assert held["payable"] == +model.payable
        assert held["advance"] == +model.advance
        assert held["disputed"] == +model.disputed
        assert held["clawback"] == +model.clawback
        assert held["holdback"] == +kept
        names = ("payout-clearing", "withholding", "bank")
        assert [totals[name] for name in names] == [model.clearing, model.tax, model.bank]
        states = dict(Payout.objects.values_list("id", "state"))
        assert states == {key: each.state for key, each in model.payouts.items()}
        assert dict(PayoutBatch.objects.values_list("id", "state")) == model.batches

    def full_check(self) -> None:
        found = [finding for check in (*CHECKS, *STATEMENT_CHECKS) for finding in check()]
        assert not found, found


def message(name: str, outcome: str, code: str, chosen: list[tuple[Any, Paid]]) -> bytes:
    """One message of the bank; `name` makes its bytes its own."""
    paid = {f"P{key.hex}": (f"{each.net / 100:.2f}", "EUR") for key, each in chosen}
    if outcome == "settled":
        return bank.debits(paid) + f"<!-- {name} -->".encode()
    if outcome == "returned":
        parts = [bank.returned(key, each) for key, each in paid.items()]
        inner = b"".join(part.split(b"<Ntfctn>")[1].split(b"</Ntfctn>")[0] for part in parts)
        head, _, tail = parts[0].partition(b"<Ntfctn>")
        return b"%b<Ntfctn>%b</Ntfctn>%b<!-- %b -->" % (
            head, inner, tail.split(b"</Ntfctn>")[1], name.encode(),
        )  # fmt: skip
    status = "RJCT" if outcome == "rejected" else "ACSP"
    reason = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if outcome == "rejected" else ""
    nodes = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{key}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}"
        "</TxInfAndSts>"
        for key in paid
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        "<OrgnlGrpInfAndSts><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts>{nodes}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document><!-- {name} -->"
    ).encode()


ACTS = {
    "earn": 6,
    "agree": 3,
    "enter_account": 4,
    "prepare": 8,
    "take_out": 1,
    "submit": 8,
    "approve": 8,
    "send_back": 1,
    "cancel": 1,
    "export": 7,
    "send": 4,
    "answer": 14,
    "deliver_again": 3,
    "close": 1,
    "remit": 2,
    "object": 2,
    "decide": 2,
    "decide_holdback": 1,
    "sweep": 2,
    "wait": 2,
}

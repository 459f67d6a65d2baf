"""A random walk through the business, with faults, beside a model that cannot be wrong.

    python -m tests.ledger.simulation --seconds 60 --seed 7

The model is a dict of balances and a list of entries. The driver draws events (fund,
allocate, hold, release, advance, recoup, reserve, settle, reject, return, dispute, adjust,
exchange, reverse, freeze and close) and faults (a duplicate delivery, another body under a
used key, a crash between two statements, a lost reply, an overdraft, a write past the
service, the end of a period). After each step every balance, the chain and the books' own
checks are compared. The seed is printed; the same seed walks the same way.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

PEOPLE = [f"p{index}" for index in range(8)]
CURRENCIES = ["EUR", "JPY", "KWD"]
POOLS = ["a", "b"]
# A chart code of the model is free of the application: number and purpose, then the owner.
PAYABLE, HOLDBACK, DISPUTED = "2100:payable:", "2110:holdback:", "2120:disputed:"
ADVANCE, CLAWBACK = "1200:advance:", "1210:clawback:"
CLEARING, TAX, BANK = "2300:payout-clearing:sepa", "2200:withholding:us-irs", "1000:bank:main"
STOPS_AT_ZERO = ("1100", "1200", "1210", "2000", "2100", "2110", "2120", "2200", "2300", "2400")
# The chain and every other check over all rows: too slow for each step, often enough to be near.
STEPS_PER_FULL_CHECK = 200


class Crash(Exception):
    """The worker died here."""


Move = tuple[str, str, str, int]  # debit, credit, currency, amount_minor


@dataclass(slots=True)
class Entry:
    """An entry as the model remembers it."""

    key: str
    id: UUID
    event: str
    moves: tuple[Move, ...]
    day: date
    reversed: bool = False


@dataclass(slots=True)
class Model:
    """The books as a dict and a list."""

    balances: Counter[tuple[str, str]] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)

    def held(self, code: str, currency: str) -> int:
        """What an account holds on its own side."""
        balance = self.balances[code, currency]
        return balance if code[0] in "15" else -balance

    def allows(self, moves: tuple[Move, ...]) -> bool:
        """Whether no account that stops at zero would pass it."""
        after = self.after(moves)
        return all(
            (value >= 0 if code[0] in "15" else value <= 0)
            for (code, _), value in after.items()
            if code.startswith(STOPS_AT_ZERO)
        )

    def after(self, moves: tuple[Move, ...]) -> Counter[tuple[str, str]]:
        after: Counter[tuple[str, str]] = Counter()
        for debit, credit, currency, amount_minor in moves:
            for code, signed in ((debit, amount_minor), (credit, -amount_minor)):
                after[code, currency] = after.get((code, currency), self.balances[code, currency])
                after[code, currency] += signed
        return after

    def book(self, entry: Entry) -> None:
        for key, value in self.after(entry.moves).items():
            self.balances[key] = value
        self.entries.append(entry)


class Simulation:
    """Draws what happens next, does it to the application and to the model, compares."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.model = Model()
        self.done: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)
        self.number = 0
        self.closed_balances: dict[date, dict[tuple[str, str], int]] = {}
        self.heads: list[tuple[int, str]] = []
        self.year = 2026
        self.period = self._open_next_period()

    # --- one step -----------------------------------------------------------------------

    def step(self) -> None:
        self.moment += timedelta(seconds=self.draw.randint(1, 40_000))
        name, act = self.draw.choices(
            list(ACTS.items()), weights=[weight for _, weight in ACTS.values()]
        )[0]
        act[0](self)
        self.done[name] += 1
        self._compare_balances()
        if sum(self.done.values()) % STEPS_PER_FULL_CHECK == 0:
            self.full_check()

    def full_check(self) -> None:
        """The books' own checks find nothing, and closed days hold what they held."""
        from ledger.selectors.journal import trial_balance
        from ledger.selectors.verification import CHECKS, head_is_in_chain

        found = [finding for check in CHECKS for finding in check()]
        found += [finding for head in self.heads for finding in head_is_in_chain(*head)]
        assert not found, found
        for day, balances in self.closed_balances.items():
            rows = trial_balance(on=day)
            now = {(row.code, row.currency): row.balance_minor for row in rows}
            assert {key: value for key, value in now.items() if value} == balances, day

    # --- events -------------------------------------------------------------------------

    def fund(self) -> None:
        pool, currency = self.draw.choice(POOLS), self._currency()
        self._post("pool_funded", ((BANK, f"2000:pool:{pool}", currency, self._amount()),))

    def allocate(self) -> None:
        pool, currency = f"2000:pool:{self.draw.choice(POOLS)}", self._currency()
        left = self.model.held(pool, currency)
        moves = []
        for person in self.draw.sample(PEOPLE, self.draw.randint(1, len(PEOPLE))):
            share = self.draw.randint(0, left)
            left -= share
            if share:
                moves.append((pool, PAYABLE + person, currency, share))
        self._post("period_allocated", tuple(moves))

    def between(self, event: str, debit: str, credit: str) -> None:
        """Move part of what one of a person's accounts holds to another; sometimes too much."""
        person, currency = self.draw.choice(PEOPLE), self._currency()
        own = debit + person if debit.endswith(":") else debit
        other = credit + person if credit.endswith(":") else credit
        held = self.model.held(own if own[0] == "2" else other, currency)
        self._post(event, ((own, other, currency, self._part(held)),))

    def reserve(self) -> None:
        person, currency = self.draw.choice(PEOPLE), self._currency()
        gross = self._part(self.model.held(PAYABLE + person, currency))
        tax = (gross * self.draw.choice([0, 1000, 3000]) * 2 + 10_000) // 20_000
        moves = [(PAYABLE + person, CLEARING, currency, gross - tax)]
        moves += [(PAYABLE + person, TAX, currency, tax)] if tax else []
        self._post("payout_reserved", tuple(move for move in moves if move[3]))

    def advance(self) -> None:
        person, currency = self.draw.choice(PEOPLE), self._currency()
        self._post("advance_paid", ((ADVANCE + person, CLEARING, currency, self._amount()),))

    def exchange(self) -> None:
        sold, bought = self.draw.sample(CURRENCIES, 2)
        trading = f"3900:fx:{sold}-{bought}"
        self._post(
            "currency_exchanged",
            ((trading, BANK, sold, self._amount()), (BANK, trading, bought, self._amount())),
        )

    def reverse(self) -> None:
        from ledger.errors import AlreadyReversed
        from ledger.services.journal import journal_entry_reverse

        if not self.model.entries:
            return
        original = self.draw.choice(self.model.entries)
        moves = tuple((credit, debit, *rest) for debit, credit, *rest in original.moves)
        key, day = self._key(), self._day()
        send = lambda: journal_entry_reverse(  # noqa: E731
            entry_id=original.id, period_id=self.period.id, effective_on=day,
            idempotency_key=key, actor=None, now=self.moment,
        )  # fmt: skip
        if original.reversed:
            self._refused(AlreadyReversed, send)
        elif self._sent(send, moves):
            posted = send()
            assert posted.replayed
            self.model.book(Entry(key, posted.entry.id, "reversal", moves, day))
            original.reversed = True

    def close_period(self) -> None:
        """The clock passes the end of the period: freeze, close, open the next, try the old one."""
        from ledger.errors import PeriodClosed
        from ledger.services.periods import period_close, period_freeze

        period_freeze(period_id=self.period.id, now=self.moment)
        closed = period_close(period_id=self.period.id, actor=None, now=self.moment)
        self.heads.append((closed.chain_seq, closed.chain_head))
        self.closed_balances[closed.ends_on] = {
            key: value for key, value in self.model.balances.items() if value
        }
        moves: tuple[Move, ...] = ((BANK, "2000:pool:a", "EUR", 1),)
        self._refused(PeriodClosed, self._sender(self._key(), "pool_funded", moves, closed.ends_on))
        self.period = self._open_next_period()

    # --- faults -------------------------------------------------------------------------

    def duplicate(self) -> None:
        """A message is delivered again, long after: nothing is posted, the same entry answers."""
        if not (own := [entry for entry in self.model.entries if entry.event != "reversal"]):
            return
        entry = self.draw.choice(own)
        period = self._period_of(entry)
        answer = self._sender(entry.key, entry.event, entry.moves, entry.day, period)()
        assert answer.replayed
        assert answer.entry.id == entry.id

    def other_body(self) -> None:
        from ledger.errors import KeyReused

        if not (own := [entry for entry in self.model.entries if entry.event != "reversal"]):
            return
        entry = self.draw.choice(own)
        moves = ((BANK, "2000:pool:a", "EUR", self._amount() + 10**12),)
        self._refused(KeyReused, self._sender(entry.key, "pool_funded", moves, self._day()))

    def crash(self) -> None:
        """The worker dies after the entry, before the commit; the next one does it again."""
        from django.db import transaction

        key, moves, day = self._key(), ((BANK, "2000:pool:b", "EUR", self._amount()),), self._day()
        send = self._sender(key, "pool_funded", moves, day)
        try:
            with transaction.atomic():
                send()
                raise Crash
        except Crash:
            self._compare_balances()
        posted = send()
        assert not posted.replayed
        self.model.book(Entry(key, posted.entry.id, "pool_funded", moves, day))

    def half_an_entry(self) -> None:
        """The worker dies between the postings and their entry, with and without a commit."""
        from django.db import DatabaseError, transaction

        from ledger.models import Posting
        from ledger.services.accounts import accounts_ensure

        codes = [(BANK, "EUR"), ("2000:pool:a", "EUR")]
        accounts = accounts_ensure(codes=codes, now=self.moment)
        try:
            with transaction.atomic():
                Posting.objects.create(
                    entry_id=UUID(int=self.draw.getrandbits(128)),
                    line=1,
                    debit_account_id=accounts[codes[0]],
                    credit_account_id=accounts[codes[1]],
                    currency="EUR",
                    amount_minor=self._amount(),
                )
        except DatabaseError:
            return
        raise AssertionError("postings without their entry were committed")

    def past_the_service(self) -> None:
        """Somebody with the application's rights tries to change the past."""
        from django.db import DatabaseError, connection, transaction

        sql = self.draw.choice(TAMPERING)
        if not self.model.entries:
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        except DatabaseError:
            return
        raise AssertionError(f"not refused: {sql}")

    # --- how things are sent --------------------------------------------------------------

    def _post(self, event: str, moves: tuple[Move, ...]) -> None:
        if not moves or not all(move[3] for move in moves):
            return
        key, day = self._key(), self._day()
        send = self._sender(key, event, moves, day)
        if self._sent(send, moves):
            posted = send()  # the first reply was lost, so it is asked again
            assert posted.replayed
            self.model.book(Entry(key, posted.entry.id, event, moves, day))

    def _sent(self, send: Callable[[], Any], moves: tuple[Move, ...]) -> bool:
        """Whether it was posted, which must be what the model allows."""
        from ledger.errors import Overdraft

        if self.model.allows(moves):
            assert not send().replayed
            return True
        self._refused(Overdraft, send)
        return False

    def _refused(self, refusal: type[Exception], send: Callable[[], Any]) -> None:
        try:
            send()
        except refusal:
            self.refusals[refusal.__name__] += 1
        else:
            raise AssertionError(f"not refused: {refusal.__name__}")

    def _sender(
        self, key: str, event: str, moves: tuple[Move, ...], day: date, period: Any = None
    ) -> Callable[[], Any]:
        from ledger.core.bookkeeping import EntryDraft, PostingDraft
        from ledger.services.journal import journal_entry_post

        draft = EntryDraft(
            event=event,
            period_id=(period or self.period).id,
            effective_on=day,
            source_type="simulation",
            source_id=key,
            postings=tuple(
                PostingDraft(
                    debit_account=debit, credit_account=credit, currency=currency,
                    amount_minor=amount_minor,
                )
                for debit, credit, currency, amount_minor in moves
            ),
        )  # fmt: skip
        return lambda: journal_entry_post(
            draft=draft, idempotency_key=key, actor=None, now=self.moment
        )

    def _compare_balances(self) -> None:
        from ledger.selectors.journal import account_balances

        now = {(row.code, row.currency): row.balance_minor for row in account_balances()}
        ours = {key: value for key, value in now.items() if value}
        assert ours == {key: value for key, value in self.model.balances.items() if value}

    # --- draws ----------------------------------------------------------------------------

    def _amount(self) -> int:
        return self.draw.choice([1, 2, 99, 100, self.draw.randint(1, 10**6), 10**9])

    def _part(self, held: int) -> int:
        """Mostly a part of what is held, sometimes all, sometimes one too much."""
        kind = self.draw.random()
        if kind < 0.2 or held < 1:
            return max(held, 0) + 1
        return held if kind < 0.4 else self.draw.randint(1, held)

    def _currency(self) -> str:
        return self.draw.choices(CURRENCIES, weights=[6, 2, 1])[0]

    def _key(self) -> str:
        self.number += 1
        return f"simulation:{self.number}"

    def _day(self) -> date:
        days = (self.period.ends_on - self.period.starts_on).days
        day: date = self.period.starts_on + timedelta(days=self.draw.randint(0, days))
        return day

    def _open_next_period(self) -> Any:
        from ledger.services.periods import period_open

        year, self.year = self.year, self.year + 1
        return period_open(code=str(year), starts_on=date(year, 1, 1), ends_on=date(year, 12, 31))

    def _period_of(self, entry: Entry) -> Any:
        from ledger.models import Period

        return Period.objects.get(starts_on__lte=entry.day, ends_on__gte=entry.day)


def _between(event: str, debit: str, credit: str) -> Callable[[Simulation], None]:
    return lambda simulation: simulation.between(event, debit, credit)


ACTS: dict[str, tuple[Callable[[Simulation], None], int]] = {
    "fund": (Simulation.fund, 6),
    "allocate": (Simulation.allocate, 10),
    "fee": (_between("fee_taken", "2000:pool:a", "4000:platform-fee"), 2),
    "hold back": (_between("holdback_set_aside", PAYABLE, HOLDBACK), 4),
    "release": (_between("holdback_released", HOLDBACK, PAYABLE), 3),
    "forfeit": (_between("holdback_forfeited", HOLDBACK, "4100:forfeited"), 1),
    "advance": (Simulation.advance, 3),
    "recoup": (_between("advance_recouped", PAYABLE, ADVANCE), 3),
    "overpaid": (_between("adjusted_down", CLAWBACK, "2000:pool:b"), 1),
    "claw back": (_between("clawback_netted", PAYABLE, CLAWBACK), 2),
    "dispute": (_between("dispute_opened", PAYABLE, DISPUTED), 2),
    "decide": (_between("dispute_closed", DISPUTED, PAYABLE), 2),
    "reserve": (Simulation.reserve, 8),
    "settle": (_between("payout_settled", CLEARING, BANK), 6),
    "return": (_between("payout_returned", BANK, PAYABLE), 2),
    "remit tax": (_between("tax_remitted", TAX, BANK), 1),
    "bank fee": (_between("bank_fee", "5000:bank-charges", BANK), 1),
    "exchange": (Simulation.exchange, 1),
    "unclaimed": (_between("unclaimed", PAYABLE, "2400:unclaimed"), 1),
    "reverse": (Simulation.reverse, 5),
    "close the period": (Simulation.close_period, 1),
    "duplicate delivery": (Simulation.duplicate, 5),
    "other body": (Simulation.other_body, 2),
    "crash before commit": (Simulation.crash, 2),
    "half an entry": (Simulation.half_an_entry, 1),
    "past the service": (Simulation.past_the_service, 2),
}
TAMPERING = (
    "UPDATE ledger_posting SET amount_minor = amount_minor + 1",
    "DELETE FROM ledger_posting",
    "UPDATE ledger_journal_entry SET event = 'x'",
    "DELETE FROM ledger_journal_entry",
    "UPDATE ledger_balance SET debit_minor = debit_minor + 1",
    "DELETE FROM ledger_balance",
    "INSERT INTO ledger_posting (entry_id, line, debit_account_id, credit_account_id, currency,"
    " amount_minor) SELECT entry_id, line + 1000, debit_account_id, credit_account_id, currency, 1"
    " FROM ledger_posting",
    "UPDATE ledger_period SET ends_on = starts_on",
    "UPDATE ledger_account SET no_overdraft = NOT no_overdraft",
)


def run(*, seed: int, seconds: float = 0, steps: int = 0) -> Simulation:
    """Walk for so many seconds or steps; the last check is a full one."""
    simulation = Simulation(seed)
    until = time.monotonic() + seconds
    while sum(simulation.done.values()) < steps or time.monotonic() < until:
        try:
            simulation.step()
        except Exception:
            print(f"seed {seed} failed after {sum(simulation.done.values())} events", flush=True)
            raise
    simulation.full_check()
    return simulation


def main() -> None:
    """Walk in a database of its own, named by DATABASE_URL; it must be empty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    simulation = run(seed=options.seed, seconds=options.seconds)
    for name, count in sorted((simulation.done + simulation.refusals).items()):
        print(f"{count:>8} {name}")
    print(f"{sum(simulation.done.values()):>8} events, {len(simulation.model.entries)} entries: OK")


if __name__ == "__main__":
    sys.exit(main())

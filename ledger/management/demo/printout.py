"""What the demo prints: read from the database, computed nowhere else."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from contributors.models import Programme
from contributors.selectors import work_list
from ledger.core.allocation import allocate, integer_weights
from ledger.core.money import amount_text
from ledger.management.demo.people import PASSWORD, People
from ledger.models import RoyaltyRun, Statement
from ledger.selectors.royalties import royalty_line_list, royalty_run_get
from valuation.models import ValuationRun
from valuation.selectors import PlayerValueRecord, player_value_list, valuation_run_get

WORK_INCOME_MINOR = 1_000_00


def money(amount_minor: int, currency: str) -> str:
    """The amount with thousands apart, for reading.

    >>> money(10000000, "USD")
    '100,000.00'
    """
    whole, dot, decimals = amount_text(amount_minor, currency).partition(".")
    return f"{int(whole):,}{dot}{decimals}"


def flights_lines(run: RoyaltyRun) -> Iterator[str]:
    """One line a carrier, then what adds up, then how the values came about."""
    record = royalty_run_get(run.id)
    statements = {
        s.contributor_id: s for s in Statement.objects.filter(run=run, superseded_by=None)
    }
    yield f"{'carrier':8} {'rows':>6} {'value ± standard error':>24} {'share':>8}" + (
        f" {'gross':>11} {'holdback':>10} {'net':>11}"
    )
    for line in royalty_line_list(run.id):
        stated = statements[line.contributor_id]
        amounts = (stated.gross_minor, stated.holdback_minor, stated.net_minor)
        gross, holdback, net = (money(amount, record.currency) for amount in amounts)
        value = f"{float(line.value):+.5f} ± {float(line.standard_error):.5f}"
        yield f"{line.code:8} {line.row_count:6,} {value:>24} {line.share_bp / 100:7.2f}%" + (
            f" {gross:>11} {holdback:>10} {net:>11}"
        )
    yield ""
    gross_minor = sum(statement.gross_minor for statement in statements.values())
    assert record.fee_minor + gross_minor == record.pool_minor, "the pool is not split exactly"
    parts = (record.fee_minor, gross_minor, record.pool_minor)
    fee, gross, pool = (money(part, record.currency) for part in parts)
    yield f"fee {fee} + gross {gross} = {pool} {record.currency}, the pool, to the cent"
    yield from _values_lines(run.valuation_run_id)


def _values_lines(run_id: UUID) -> Iterator[str]:
    values = valuation_run_get(run_id)
    stored = ValuationRun.objects.get(pk=run_id)
    assert stored.computed_at and stored.started_at, "a locked run was computed"
    seconds = (stored.computed_at - stored.started_at).total_seconds()
    yield (
        f"method {values.method}, {values.evaluations:,} evaluations "
        f"({values.reused:,} from the memo), {seconds:.1f} s"
    )
    yield f"why: {values.reason}"
    yield f"v(∅) = {float(values.empty):.5f}, v(N) = {float(values.grand):.5f}"


def speeches_lines(programme: Programme, runs: dict[str, UUID]) -> Iterator[str]:
    """One line a work: the true author, and who would be paid what of its income."""
    income = money(WORK_INCOME_MINOR, programme.currency)
    yield f"Who would be paid of {income} {programme.currency} that each text earns:"
    yield f"{'text':28} {'true author':14} {'share':>7}  largest three"
    shares, firsts = [], 0
    for work in work_list(programme_id=programme.id):
        paid = _paid(player_value_list(runs[work.key]))
        ranked = sorted(paid, key=lambda key: (-paid[key], key))
        shares.append(paid[work.author] / WORK_INCOME_MINOR)
        firsts += ranked[0] == work.author
        top = ", ".join(f"{key} {money(paid[key], 'USD')}" for key in ranked[:3])
        yield f"{work.key:28} {work.author:14} {shares[-1]:7.1%}  {top}"
    yield ""
    yield (
        f"The true author is paid most in {firsts} of {len(shares)} texts "
        f"and gets {sum(shares) / len(shares):.1%} on average."
    )


def _paid(values: tuple[PlayerValueRecord, ...]) -> dict[str, int]:
    weights = integer_weights([Decimal(value.value) for value in values])
    shares = allocate(WORK_INCOME_MINOR, weights)
    return dict(zip([value.key for value in values], shares, strict=True))


def people_lines(people: People, bind: str) -> Iterator[str]:
    """Where to log in, as whom."""
    yield f"Log in on http://{bind}/ with the password “{PASSWORD}” as"
    for role in People.__dataclass_fields__:
        yield f"  {getattr(people, role).email:28} {_SEES[role]}"
    yield "The second factor is off in the demo; everywhere else reviewers and approvers need one."


_SEES = {
    "contributor": "the carrier UA: its batches, values and statements",
    "reviewer": "programmes, runs, pools",
    "approver": "the review queue",
    "auditor": "the journal and everything it rests on",
    "administrator": "accounts and roles",
}

"""What must hold of runs, statements, reserves and payouts; and a statement computed again.

Each check yields a finding for every row at fault, so sound books yield nothing.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Q, Sum

from contributors.selectors import contributors_who_left
from ledger.core.bookkeeping import Event
from ledger.core.chart import account_code
from ledger.core.records import amounts_of, canonical, digest, line_records
from ledger.core.royalties import LineDraft, Player, split_pool
from ledger.core.statements import Movement, Opening, StatementDraft, draft_statement
from ledger.models import (
    Dispute,
    Holdback,
    HoldbackRelease,
    JournalEntry,
    Posting,
    Statement,
    StatementFile,
)
from ledger.selectors.journal import account_balances
from ledger.selectors.openings import movements_between
from ledger.selectors.royalties import carried_values, lines_hash
from ledger.selectors.tax import tax_positions
from ledger.selectors.verification import Check, Finding
from ledger.services.royalties import player_drafts
from ledger.services.statements import redraft
from valuation import selectors as valuations

# Rows fetched at a time: a statement's record is some kilobytes.
ROWS_PER_FETCH = 200

_QUERIES: dict[str, str] = {
    "fee and gross are the pool": """
        SELECT 'royalty run ' || run.id, 'fee and gross are not the pool'
        FROM ledger_royalty_run AS run JOIN ledger_pool AS pool ON pool.id = run.pool_id
        WHERE run.state IN ('approved', 'posted', 'closed')
          AND pool.amount_minor - run.fee_minor
          <> (SELECT coalesce(sum(gross_minor), 0) FROM ledger_royalty_line
              WHERE run_id = run.id)""",
    "statements are the lines of their run": """
        SELECT 'royalty run ' || run.id, 'its statements do not sum to its lines'
        FROM ledger_royalty_run AS run
        WHERE run.state IN ('posted', 'closed')
          AND (SELECT coalesce(sum(gross_minor), 0) FROM ledger_royalty_line WHERE run_id = run.id)
          <> (SELECT coalesce(sum(gross_minor), 0) FROM ledger_statement
              WHERE run_id = run.id AND version = 1)""",
    "statement has its lines": """
        SELECT 'statement ' || statement.number, 'lacks a line'
        FROM ledger_statement AS statement
        WHERE statement.line_count <> (
          SELECT count(*) FROM ledger_statement_line WHERE statement_id = statement.id)""",
    "statement lines sum to its closing balance": """
        SELECT 'statement ' || statement.number, 'its lines do not lead to its closing balance'
        FROM ledger_statement AS statement
        WHERE statement.closing_minor - statement.opening_minor <> (
          SELECT coalesce(sum(amount_minor), 0) FROM ledger_statement_line
          WHERE statement_id = statement.id AND kind NOT IN ('carried', 'withholding', 'net'))""",
    "statement opens where the last one closed": """
        SELECT 'statement ' || statement.number, 'does not open where the last one closed'
        FROM ledger_statement AS statement
        LEFT JOIN ledger_statement AS last ON last.id = statement.previous_id
        WHERE statement.opening_minor <> coalesce(last.closing_minor, 0)
           OR last.contributor_id <> statement.contributor_id
           OR last.currency <> statement.currency""",
    "statement numbers have no gap": """
        SELECT 'series ' || series.code, 'has a gap or a wrong count'
        FROM ledger_statement_series AS series
        WHERE series.last_sequence <> (
            SELECT count(*) FROM ledger_statement
            WHERE series_id = series.code AND version = 1)
           OR series.last_sequence <> (
            SELECT coalesce(max(sequence), 0) FROM ledger_statement
            WHERE series_id = series.code)""",
    "statement names the head of the chain": """
        SELECT 'statement ' || statement.number, 'names a head that is not in the chain'
        FROM ledger_statement AS statement
        LEFT JOIN ledger_journal_entry AS entry
          ON entry.seq = statement.chain_seq AND entry.hash = statement.chain_head
        WHERE entry.id IS NULL""",
    "amount without a reason": """
        SELECT 'statement ' || statement.number, 'has a line without its reason'
        FROM ledger_statement_line AS line
        JOIN ledger_statement AS statement ON statement.id = line.statement_id
        WHERE line.reason_code = '' AND NOT (line.kind IN ('gross', 'net')
          AND line.amount_minor > 0)""",
    "reserve is kept, released or forfeited": """
        SELECT 'holdback ' || holdback.id, 'more came back than was kept'
        FROM ledger_holdback AS holdback
        WHERE holdback.amount_minor < (
          SELECT coalesce(sum(amount_minor), 0) FROM ledger_holdback_release
          WHERE holdback_id = holdback.id)""",
    "approver is not the author": """
        SELECT 'approval ' || approval.id, 'was given by whoever prepared it'
        FROM ledger_approval AS approval WHERE approval.approver_id = approval.prepared_by_id""",
}
# subject -> (table, key, first state); the last event must have led to the state.
_SUBJECTS = {
    "royalty_run": ("ledger_royalty_run", "run_id", "draft"),
    "statement": ("ledger_statement", "statement_id", "issued"),
    "dispute": ("ledger_dispute", "dispute_id", "open"),
    "payout_batch": ("ledger_payout_batch", "batch_id", "draft"),
    "payout": ("ledger_payout", "payout_id", "eligible"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a statement says, and what computing it again gives."""

    name: str
    stated: str
    computed: str


def query_check(name: str, sql: str) -> Check:
    """The check of one query that names rows at fault: (row, sentence)."""

    def check() -> Iterator[Finding]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for row, sentence in cursor.fetchall():
                yield Finding(check=name, row=row, sentence=sentence)

    return check


def state_check(subject: str) -> Check:
    """Every row is in its first state, or where its last event led."""
    table, key, first = _SUBJECTS[subject]
    sql = f"""
        SELECT '{subject} ' || subject.id, 'is not in the state of its last event'
        FROM {table} AS subject
        LEFT JOIN {table}_event AS event ON event.{key} = subject.id
          AND event.sequence = (SELECT max(sequence) FROM {table}_event WHERE {key} = subject.id)
        WHERE coalesce(event.transition_id, '>{first}') NOT LIKE '%>' || subject.state"""
    return query_check(f"{subject} follows its events", sql)


def records_are_the_rows() -> Iterator[Finding]:
    """Every statement's record has its hash, and says what the rows say."""
    rows = Statement.objects.prefetch_related("lines").order_by("id")
    for statement in rows.iterator(ROWS_PER_FETCH):
        if digest(statement.record) != statement.record_sha256:
            yield _at(statement, "its record does not have its hash")
            continue
        record = json.loads(statement.record)
        summary = {name: getattr(statement, name) for name in record["summary"]}
        lines = [line["amount_minor"] for line in record["lines"]]
        stored = sorted(statement.lines.all(), key=lambda line: line.position)
        if summary != record["summary"] or lines != [line.amount_minor for line in stored]:
            yield _at(statement, "its record does not say what its rows say")


def files_have_their_hashes() -> Iterator[Finding]:
    """Every file that was made of a statement is there, byte for byte."""
    for row in StatementFile.objects.select_related("statement").order_by("id").iterator(100):
        try:
            with default_storage.open(row.path) as file:
                found = sha256(file.read()).hexdigest()
        except FileNotFoundError:
            yield _at(row.statement, f"its {row.format} is missing")
            continue
        if found != row.sha256:
            yield _at(row.statement, f"its {row.format} is not the one that was issued")


def clearing_is_what_waits_at_the_bank() -> Iterator[Finding]:
    """Payout clearing holds the net of every payout that was approved and not answered."""
    sql = """
        SELECT 'clearing ' || batch.rail || ' ' || batch.currency,
               sum(CASE WHEN payout.state IN ('reserved', 'in_file', 'sent', 'accepted')
                   THEN payout.net_minor ELSE 0 END),
               (SELECT coalesce(sum(balance.credit_minor - balance.debit_minor), 0)
                FROM ledger_account AS account JOIN ledger_balance AS balance
                  ON balance.account_id = account.id
                WHERE account.code = '2300:payout-clearing:' || batch.rail
                  AND account.currency = batch.currency)
        FROM ledger_payout AS payout JOIN ledger_payout_batch AS batch
          ON batch.id = payout.batch_id
        GROUP BY batch.rail, batch.currency"""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for row, waiting, held in cursor.fetchall():
            if int(waiting) != int(held):
                sentence = f"holds {held} where {waiting} wait at the bank"
                yield Finding(
                    check="clearing is what waits at the bank", row=row, sentence=sentence
                )


def holdbacks_are_what_their_accounts_hold() -> Iterator[Finding]:
    """Set aside = released + forfeited + still held, for each contributor and currency."""
    kept = Holdback.objects.values_list("contributor_id", "run__pool__currency")
    back = HoldbackRelease.objects.values_list(
        "holdback__contributor_id", "holdback__run__pool__currency"
    )
    left: Counter[tuple[str, str]] = Counter()
    for rows, sign in ((kept, 1), (back, -1)):
        for party, currency, total in rows.annotate(Sum("amount_minor")).order_by():
            left[str(party), currency] += sign * int(total)
    yield from _unlike("holdback", left)


def disputes_are_what_their_accounts_hold() -> Iterator[Finding]:
    """What is held as disputed is held for disputes that are open."""
    rows = Dispute.objects.filter(state=Dispute.State.OPEN).values_list(
        "statement__contributor_id", "statement__currency"
    )
    sums = rows.annotate(Sum("held_minor")).order_by()
    yield from _unlike(
        "disputed", Counter({(str(party), currency): int(n) for party, currency, n in sums})
    )


def _unlike(purpose: str, expected: Counter[tuple[str, str]]) -> Iterator[Finding]:
    """Each account of the purpose that does not hold what the rows say."""
    accounts = account_balances(purpose=purpose)
    held = {(row.party, row.currency): row.held_minor for row in accounts}
    for party, currency in sorted(expected.keys() | held.keys()):
        there, wanted = held.get((party, currency), 0), expected[party, currency]
        if there != wanted:
            yield Finding(
                check=f"{purpose} accounts are what their rows say",
                row=f"account {account_code(purpose, party)} {currency}",
                sentence=f"holds {there} where its rows say {wanted}",
            )


CHECKS: tuple[Check, ...] = (
    *(query_check(name, sql) for name, sql in _QUERIES.items()),
    *(state_check(subject) for subject in _SUBJECTS),
    records_are_the_rows,
    files_have_their_hashes,
    clearing_is_what_waits_at_the_bank,
    holdbacks_are_what_their_accounts_hold,
    disputes_are_what_their_accounts_hold,
)


def statement_differences(
    *, statement: Statement, values: Mapping[str, tuple[str, str]]
) -> tuple[Difference, ...]:
    """What differs when the statement is computed again; nothing, if it is right.

    Parameters
    ----------
    values : value and standard error of every player, computed anew from stored utilities
    """
    run, record = statement.run, json.loads(statement.record)
    if statement.supersedes is not None:
        again = redraft(statement.supersedes, until_seq=statement.chain_seq, on=statement.issued_at)
        return tuple(_differences(statement, record, again, run.lines_hash))
    stored = valuations.player_value_list(run.valuation_run_id)
    players = tuple(
        replace(player, value=values[player.key][0], standard_error=values[player.key][1])
        for player in player_drafts(stored)
    )
    lines = _lines_again(statement, players)
    own = [line for line in lines if line.contributor_id == str(statement.contributor_id)]
    draft = draft_statement(
        contributor_id=str(statement.contributor_id),
        code=statement.contributor.code,
        lines=own,
        opening=_opening_then(statement),
        policy=run.as_policy(),
        currency=statement.currency,
    )
    found = lines_hash(lines, fee_minor=run.fee_minor, policy=run.policy_record, pool=run.pool)
    return tuple(_differences(statement, record, draft, found))


def _differences(
    statement: Statement, record: dict[str, Any], draft: StatementDraft, found_hash: str
) -> Iterator[Difference]:
    for name, computed in amounts_of(draft).items():
        yield from _compare(name, getattr(statement, name), computed)
    yield from _compare("lines", canonical(record["lines"]), canonical(line_records(draft)))
    yield from _compare("lines of the run", statement.run.lines_hash, found_hash)
    yield from _compare("record", statement.record_sha256, digest(statement.record))


def _compare(name: str, stated: Any, computed: Any) -> Iterator[Difference]:
    if stated != computed:
        yield Difference(name=name, stated=str(stated), computed=str(computed))


def _lines_again(statement: Statement, players: Sequence[Player]) -> tuple[LineDraft, ...]:
    run = statement.run
    return split_pool(
        pool_minor=run.pool.amount_minor,
        policy=run.as_policy(),
        players=players,
        empty=run.empty,
        grand=run.grand,
        memos=carried_values(run.pool.programme_id, before=run.id),
        accept_no_surplus=bool(run.decision_note),
    ).lines


def _opening_then(statement: Statement) -> Opening:
    """Where the contributor stood before the run, from the journal as it was then."""
    party = str(statement.contributor_id)
    entries = JournalEntry.objects.filter(
        source_type="royalty_run", source_id=str(statement.run_id)
    ).exclude(event=Event.HOLDBACK_RELEASED)
    first = entries.order_by("seq").values_list("seq", flat=True)[0]
    last = statement.previous
    tax = tax_positions(
        contributor_ids=[party], on=statement.period.ends_on, known_at=statement.issued_at
    )
    opening = Opening(
        balance_minor=last.closing_minor if last else 0,
        movements=_movements(statement, last.chain_seq if last else 0, first),
        advance_minor=_held_before(account_code("advance", party), statement.currency, first),
        clawback_minor=_held_before(account_code("clawback", party), statement.currency, first),
    )
    left = contributors_who_left(at=statement.issued_at)
    return replace(tax.apply(party, opening), leaving=statement.contributor_id in left)


def _movements(statement: Statement, after_seq: int, before_seq: int) -> tuple[Movement, ...]:
    return movements_between(
        party=str(statement.contributor_id),
        currency=statement.currency,
        after_seq=after_seq,
        before_seq=before_seq,
    )


def _held_before(code: str, currency: str, before_seq: int) -> int:
    """Debits less credits of an account up to an entry: what an asset account held then."""
    postings = Posting.objects.filter(currency=currency, entry__seq__lt=before_seq)
    sums = postings.aggregate(
        debit=Sum("amount_minor", filter=Q(debit_account__code=code), default=0),
        credit=Sum("amount_minor", filter=Q(credit_account__code=code), default=0),
    )
    return int(sums["debit"] - sums["credit"])


def _at(statement: Statement, sentence: str) -> Finding:
    return Finding(
        check="statements are as issued",
        row=f"statement {statement.number} v{statement.version}",
        sentence=sentence,
    )

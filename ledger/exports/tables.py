"""The ledger as a table: every posting of every account with the balance after it, streamed."""

from collections.abc import Iterator

from ledger.core.money import amount_text
from ledger.files.cells import csv_lines
from ledger.selectors.ledger_lines import LineFilter, ledger_lines

COLUMNS = (
    "account",
    "currency",
    "effective_on",
    "recorded_at",
    "entry",
    "line",
    "event",
    "source",
    "counter_account",
    "amount",
    "balance",
    "entry_id",
)


def ledger_csv(wanted: LineFilter) -> Iterator[str]:
    """Yield the lines of a CSV file; no row limit, no cell is a formula. Debits are positive."""
    yield from csv_lines(
        COLUMNS,
        (
            (
                row.account,
                row.currency,
                row.effective_on.isoformat(),
                row.created_at.isoformat(),
                row.seq,
                row.line,
                row.event,
                f"{row.source_type} {row.source_id}",
                row.counter_account,
                amount_text(row.amount_minor, row.currency),
                amount_text(row.balance_minor, row.currency),
                row.entry_id,
            )
            for row in ledger_lines(wanted)
        ),
    )

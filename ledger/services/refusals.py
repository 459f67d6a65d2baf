"""What the database refused, as the refusal it stands for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError

from ledger import errors

# The rule's name stands in the database's message, on both vendors.
REFUSALS: dict[str, type[errors.Refusal]] = {
    "journal_entry_period_is_not_closed": errors.PeriodClosed,
    "journal_entry_is_dated_in_its_period": errors.DateOutsidePeriod,
    "journal_entry_is_reversed_once": errors.AlreadyReversed,
    "ledger_journal_entry_reverses_id": errors.AlreadyReversed,
    "ledger_journal_entry.reverses_id": errors.AlreadyReversed,
    "journal_entry_idempotency_key_is_unique": errors.KeyReused,
    "ledger_journal_entry.idempotency_key": errors.KeyReused,
    "journal_entry_is_append_only": errors.AppendOnly,
    "posting_is_append_only": errors.AppendOnly,
    "posting_entry_is_sealed": errors.AppendOnly,
    "posting_account_is_open": errors.AccountClosed,
    "posting_amount_minor_is_positive": errors.AmountOutOfRange,
    "balance_is_not_overdrawn": errors.Overdraft,
    "balance_totals_stay_exact": errors.AmountOutOfRange,
    "account_is_closed_empty": errors.AccountNotEmpty,
    "account_is_never_changed": errors.AppendOnly,
    "period_is_closed_for_ever": errors.PeriodClosed,
    "period_goes_open_frozen_closed": errors.PeriodOrder,
    "period_is_closed_in_order": errors.PeriodOrder,
    "period_does_not_overlap": errors.PeriodsOverlap,
    "period_is_never_replaced": errors.PeriodsOverlap,
    "ledger_period_code": errors.PeriodsOverlap,
}


@contextmanager
def refusals_named(**context: Any) -> Iterator[None]:
    """An integrity error leaves as the refusal of its rule, with the rule's name."""
    try:
        yield
    except IntegrityError as error:
        text = str(error).partition("\n")[0]
        rule = next((name for name in REFUSALS if name in text), "")
        refusal = REFUSALS.get(rule, errors.JournalRefused)
        raise refusal(rule=rule or text, **context) from error

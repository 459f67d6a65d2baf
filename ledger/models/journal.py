"""The books: periods, accounts, entries, postings, balances.

A **posting** moves a positive amount from one credit account to one debit
account of its currency, so it cannot be unbalanced. An **entry** is one
business fact; its row is the seal: it is inserted after its postings, and its
trigger (`ledger/triggers/`) checks them, updates each account's **balance**
once and links the hash chain. A **period** that is closed takes no entry.
Entries, postings and balances are written once and never changed.
"""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contributors.identifiers import uuid7
from ledger.core.bookkeeping import AMOUNT_MINOR_MAX
from ledger.core.chart import Kind
from ledger.errors import AppendOnly
from ledger.models.composite import CompositeForeignKey

# 1,000 of the largest postings; far below 64 bits, where SQLite would turn to floats.
TOTAL_MINOR_MAX = 1_000 * AMOUNT_MINOR_MAX


class AppendOnlyQuerySet(models.QuerySet):
    """Rows that are written once: changing or deleting them is refused before the database does."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly(table=self.model._meta.db_table)

    def delete(self) -> NoReturn:
        raise AppendOnly(table=self.model._meta.db_table)


class SealedInteger(models.BigIntegerField):
    """Filled in by the seal's trigger, and read back by the insertion itself."""

    db_returning = True

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, kwargs


class SealedHash(models.CharField):
    """A SHA-256 in hexadecimal, filled in by the seal's trigger, read back by the insertion."""

    db_returning = True

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class Period(models.Model):
    """A stretch of days; `open`, then `frozen` (cut-off passed), then `closed` for ever."""

    class Status(models.TextChoices):
        OPEN = "open"
        FROZEN = "frozen"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=20, unique=True)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="Last day, included.")
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    frozen_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    chain_seq = SealedInteger(null=True, blank=True)
    chain_head = models.CharField(max_length=64, blank=True)
    trial_balance_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="period_starts_before_it_ends"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "frozen", "closed"]), name="period_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status="open", frozen_at__isnull=True)
                | Q(status__in=["frozen", "closed"], frozen_at__isnull=False),
                name="period_frozen_at_iff_not_open",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False, chain_seq__isnull=False)
                & ~Q(chain_head="")
                & ~Q(trial_balance_hash="")
                | Q(
                    status__in=["open", "frozen"],
                    closed_at__isnull=True,
                    chain_seq__isnull=True,
                    chain_head="",
                    trial_balance_hash="",
                ),
                name="period_closed_iff_published",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Account(models.Model):
    """One place where money of one currency is counted; never renamed, never deleted."""

    code = models.CharField(max_length=120)
    kind = models.CharField(max_length=9, choices=[(kind.value, kind.value) for kind in Kind])
    currency = models.CharField(max_length=3)
    purpose = models.CharField(max_length=30)
    party = models.CharField(max_length=80, blank=True, db_index=True)
    no_overdraft = models.BooleanField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "currency"], name="account_code_is_unique"),
            models.UniqueConstraint(fields=["id", "currency"], name="account_currency_is_keyed"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="account_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="account_currency_is_a_code"
            ),
            models.CheckConstraint(
                condition=~Q(code__contains="\n") & ~Q(code=""), name="account_code_is_one_line"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.currency}"


class JournalEntry(models.Model):
    """One business fact. Its insertion seals its postings and fills `seq` and the hashes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.CharField(max_length=40)
    period = models.ForeignKey(Period, models.PROTECT, related_name="entries")
    effective_on = models.DateField(db_index=True)
    created_at = models.DateTimeField()
    idempotency_key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    source_type = models.CharField(max_length=40)
    source_id = models.CharField(max_length=80)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approval_id = models.UUIDField(null=True, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    adjusts = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="adjusted_by"
    )
    posting_count = models.PositiveIntegerField()
    seq = SealedInteger(default=0, editable=False)
    prev_hash = SealedHash(max_length=64, default="", blank=True, editable=False)
    hash = SealedHash(max_length=64, default="", blank=True, editable=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "journal entries"
        db_table = "ledger_journal_entry"
        indexes = [models.Index(fields=["source_type", "source_id"], name="journal_entry_source")]
        constraints = [
            models.UniqueConstraint(
                fields=["idempotency_key"], name="journal_entry_idempotency_key_is_unique"
            ),
            models.UniqueConstraint(fields=["seq"], name="journal_entry_seq_is_unique"),
            models.UniqueConstraint(fields=["hash"], name="journal_entry_hash_is_unique"),
            models.CheckConstraint(
                condition=Q(posting_count__gte=1), name="journal_entry_has_a_posting"
            ),
            models.CheckConstraint(
                # The hash is taken over lines of text, so no field may fake a line.
                condition=~Q(event__contains="\n")
                & ~Q(idempotency_key__contains="\n")
                & ~Q(request_hash__contains="\n")
                & ~Q(source_type__contains="\n")
                & ~Q(source_id__contains="\n"),
                name="journal_entry_text_is_one_line",
            ),
            models.CheckConstraint(
                condition=~Q(event="") & ~Q(idempotency_key="") & ~Q(request_hash=""),
                name="journal_entry_names_its_event_and_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.event} {self.effective_on}"


class Posting(models.Model):
    """One amount from one credit account to one debit account, in the currency of both."""

    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="postings", db_index=False)
    line = models.PositiveIntegerField()
    # The composite keys below check these two; a second, plain key would only cost time.
    debit_account = models.ForeignKey(
        Account, models.PROTECT, related_name="debit_postings", db_constraint=False
    )
    credit_account = models.ForeignKey(
        Account, models.PROTECT, related_name="credit_postings", db_constraint=False
    )
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "line"], name="posting_line_is_unique"),
            models.CheckConstraint(condition=Q(line__gte=1), name="posting_line_counts_from_one"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=1, amount_minor__lte=AMOUNT_MINOR_MAX),
                name="posting_amount_minor_is_positive",
            ),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")), name="posting_accounts_differ"
            ),
            CompositeForeignKey(
                columns=["debit_account_id", "currency"],
                to_table="ledger_account",
                to_columns=["id", "currency"],
                name="posting_has_the_currency_of_its_debit_account",
            ),
            CompositeForeignKey(
                columns=["credit_account_id", "currency"],
                to_table="ledger_account",
                to_columns=["id", "currency"],
                name="posting_has_the_currency_of_its_credit_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.amount_minor} {self.currency}"


class Balance(models.Model):
    """The sums of an account's postings, written by the seal's trigger alone."""

    account = models.OneToOneField(
        Account, models.PROTECT, primary_key=True, related_name="balance"
    )
    debit_minor = models.BigIntegerField()
    credit_minor = models.BigIntegerField()
    posting_count = models.BigIntegerField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(debit_minor__gte=0, debit_minor__lte=TOTAL_MINOR_MAX)
                & Q(credit_minor__gte=0, credit_minor__lte=TOTAL_MINOR_MAX),
                name="balance_totals_stay_exact",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.debit_minor - self.credit_minor}"

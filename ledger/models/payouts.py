"""From what is owed to what was paid: bank details, advances, batches, payouts, bank answers.

A **payout batch** gathers what is payable in one currency for one rail. A **payout** is one
payment; its amounts never change, its state follows its events. Bank details stand encrypted
in tables of their own (`BankDetails`, `PayoutDestination`), which erasure empties; everything
else holds only a keyed digest and a masked number.
"""

import re
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contributors.identifiers import uuid7
from ledger.core.bookkeeping import AMOUNT_MINOR_MAX
from ledger.core.states import transition_keys
from ledger.models.journal import AppendOnlyQuerySet, JournalEntry
from ledger.models.states import Approval, StateEvent

# States in which a payout holds what it pays: a second one for the same money is refused.
LIVE_PAYOUT_STATES = ("eligible", "reserved", "in_file", "sent", "accepted")

# After which the money has left the bank.
PAID_TRANSITIONS = tuple(
    key for key in transition_keys() if re.fullmatch(r"payout:.*>(settled|overpaid)", key)
)


class BankDetails(models.Model):
    """Where a contributor wants to be paid; encrypted, replaced on change, deleted on erasure."""

    contributor = models.OneToOneField(
        "contributors.Contributor", models.CASCADE, primary_key=True, related_name="bank_details"
    )
    encrypted = models.TextField()
    digest = models.CharField(max_length=64)
    masked = models.CharField(max_length=12)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_bank_details"

    def __str__(self) -> str:
        return self.masked


class Advance(models.Model):
    """Money paid before it is earned, agreed with one contributor; append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contributor = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="advances"
    )
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    agreement = models.TextField(help_text="What was agreed, and where it is written.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gte=1, amount_minor__lte=AMOUNT_MINOR_MAX),
                name="advance_amount_minor_is_positive",
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency}"


class PayoutBatchQuerySet(models.QuerySet["PayoutBatch"]):
    def visible_to(self, user: Any) -> "PayoutBatchQuerySet":
        return self if user.reads_everything else self.none()


class PayoutBatch(models.Model):
    """Payments of one currency over one rail; what it is made of never changes."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SUBMITTED = "submitted"
        APPROVED = "approved"
        EXPORTED = "exported"
        SENT = "sent"
        PART_SETTLED = "part_settled", "partly settled"
        SETTLED = "settled"
        CLOSED = "closed"
        CANCELLED = "cancelled"
        APPROVAL_VOID = "approval_void", "approval void"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=30, unique=True)
    rail = models.CharField(max_length=20)
    bank = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    pay_on = models.DateField()
    state = models.CharField(max_length=13, choices=State, default=State.DRAFT)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lines_hash = models.CharField(max_length=64, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approval = models.OneToOneField(
        Approval, models.PROTECT, null=True, blank=True, related_name="payout_batch"
    )
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_created_at = models.DateTimeField(null=True, blank=True)

    objects = PayoutBatchQuerySet.as_manager()

    class Meta:
        db_table = "ledger_payout_batch"
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("prepared_by")) & ~Q(approved_by=F("submitted_by"))),
                name="payout_batch_approver_is_not_author",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=False, approval__isnull=False)
                | Q(approved_by__isnull=True, approval__isnull=True)
                & ~Q(
                    state__in=[
                        "approved", "exported", "sent", "part_settled", "settled", "closed",
                    ]
                ),
                name="payout_batch_approved_iff_approver",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["exported", "sent", "part_settled", "settled", "closed"])
                | ~Q(file_sha256=""),
                name="payout_batch_exported_has_a_file",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} ({self.state})"

    @property
    def message_id(self) -> str:
        """Of the bank file: made from what the batch is, so that a second file is a duplicate."""
        return f"B{self.id.hex}"


class PayoutBatchEvent(StateEvent):
    """One change of a batch's state; append-only."""

    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="events")

    class Meta:
        db_table = "ledger_payout_batch_event"
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "sequence"], name="payout_batch_event_sequence_is_unique"
            )
        ]


class PayoutQuerySet(models.QuerySet["Payout"]):
    def visible_to(self, user: Any) -> "PayoutQuerySet":
        return self if user.reads_everything else self.filter(contributor__user=user)

    def as_read(self) -> "PayoutQuerySet":
        """With batch, payee, and when the money left."""
        left = PayoutEvent.objects.filter(
            transition_id__in=PAID_TRANSITIONS, payout=models.OuterRef("pk")
        )
        rows = self.select_related("batch", "contributor")
        return rows.annotate(settled_at=models.Subquery(left.values("at")[:1]))


class Payout(models.Model):
    """One payment to one contributor: gross = withholding + net."""

    class State(models.TextChoices):
        ELIGIBLE = "eligible"
        HELD = "held"
        RESERVED = "reserved"
        IN_FILE = "in_file", "in file"
        SENT = "sent"
        ACCEPTED = "accepted"
        SETTLED = "settled"
        RETURNED = "returned"
        REJECTED = "rejected"
        CANCELLED = "cancelled"
        OVERPAID = "overpaid", "paid all the same"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="payouts")
    position = models.PositiveIntegerField()
    contributor = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="payouts"
    )
    advance = models.ForeignKey(
        Advance, models.PROTECT, null=True, blank=True, related_name="payouts"
    )
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField()
    withholding_bp = models.PositiveIntegerField()
    withholding_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    tax = models.JSONField(help_text="The tax position as it was: form, codes, authority.")
    account_digest = models.CharField(max_length=64, blank=True)
    account_masked = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.ELIGIBLE)
    hold_code = models.CharField(max_length=30, blank=True)
    hold_reason = models.JSONField(null=True, blank=True)
    reserve_entry = models.ForeignKey(
        JournalEntry, models.PROTECT, null=True, blank=True, related_name="+"
    )
    bank_code = models.CharField(max_length=10, blank=True)
    bank_text = models.CharField(max_length=140, blank=True)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="payout_position_is_unique"),
            models.UniqueConstraint(
                fields=["contributor", "currency"],
                condition=Q(state__in=LIVE_PAYOUT_STATES, advance__isnull=True),
                name="payout_of_a_payable_is_in_one_live_batch",
            ),
            models.UniqueConstraint(
                fields=["advance"],
                condition=Q(state__in=[*LIVE_PAYOUT_STATES, "settled"]),
                name="payout_of_an_advance_is_made_once",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor=F("withholding_minor") + F("net_minor")),
                name="payout_gross_is_withholding_and_net",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor__gt=0, withholding_minor__gte=0, net_minor__gte=0),
                name="payout_amounts_are_positive",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | ~Q(hold_code=""), name="payout_held_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[
                        "reserved",
                        "in_file",
                        "sent",
                        "accepted",
                        "settled",
                        "returned",
                        "overpaid",
                    ]
                )
                | Q(reserve_entry__isnull=False) & ~Q(account_digest=""),
                name="payout_reserved_has_an_entry_and_an_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.net_minor} {self.currency} ({self.state})"

    @property
    def end_to_end_id(self) -> str:
        """What the payment is called in every bank message; 35 characters at most."""
        return f"P{self.id.hex}"


class PayoutEvent(StateEvent):
    """One change of a payout's state; append-only."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="events")

    class Meta:
        db_table = "ledger_payout_event"
        constraints = [
            models.UniqueConstraint(
                fields=["payout", "sequence"], name="payout_event_sequence_is_unique"
            )
        ]


class PayoutDestination(models.Model):
    """The bank details that a payout was approved with; encrypted, deleted on erasure."""

    payout = models.OneToOneField(
        Payout, models.CASCADE, primary_key=True, related_name="destination"
    )
    encrypted = models.TextField()

    class Meta:
        db_table = "ledger_payout_destination"

    def __str__(self) -> str:
        return f"destination of {self.payout_id}"


class BankMessage(models.Model):
    """One answer of the bank, read once; its text is not kept, for it names accounts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, unique=True)
    outcome = models.JSONField(help_text="What each payment named became, and what was unknown.")
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_bank_message"

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"

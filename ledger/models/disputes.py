"""Disputes: opened by the contributor within the window, decided by a reviewer.

Only the disputed amount is held, as far as it is still payable; the decision posts a linked
entry of its own.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contributors.identifiers import uuid7
from ledger.models.journal import AppendOnlyQuerySet, JournalEntry
from ledger.models.statements import Statement
from ledger.models.states import StateEvent


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def visible_to(self, user: Any) -> "DisputeQuerySet":
        return self if user.reads_everything else self.filter(statement__contributor__user=user)


class Dispute(models.Model):
    """One disagreement about one statement."""

    class Kind(models.TextChoices):
        VALUE = "value", "the value"
        DUPLICATE = "duplicate", "a duplicate decision"
        FEE = "fee", "the fee or a deduction"
        IDENTITY = "identity", "who gave the data"
        MISSING_BATCH = "missing_batch", "a missing batch"
        OTHER = "other", "something else"

    class State(models.TextChoices):
        OPEN = "open"
        DECIDED = "decided"
        WITHDRAWN = "withdrawn"

    class Outcome(models.TextChoices):
        UPHELD = "upheld"
        PARTLY = "partly", "partly upheld"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="disputes")
    kind = models.CharField(max_length=13, choices=Kind)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    held_minor = models.BigIntegerField()
    hold_entry = models.ForeignKey(
        JournalEntry, models.PROTECT, null=True, blank=True, related_name="+"
    )
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    answer_due_on = models.DateField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    decision = models.TextField(blank=True)
    adjustment_minor = models.BigIntegerField(null=True, blank=True)
    adjustment_entry = models.ForeignKey(
        JournalEntry, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["statement"], condition=Q(state="open"), name="dispute_is_open_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, held_minor__gte=0)
                & Q(held_minor__lte=F("amount_minor")),
                name="dispute_holds_at_most_the_disputed_amount",
            ),
            models.CheckConstraint(
                condition=Q(held_minor=0, hold_entry__isnull=True)
                | Q(held_minor__gt=0, hold_entry__isnull=False),
                name="dispute_held_iff_entry",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="decided", decided_by__isnull=False, adjustment_minor__isnull=False
                )
                & ~Q(outcome="")
                & ~Q(decision="")
                | ~Q(state="decided") & Q(decided_by__isnull=True, outcome=""),
                name="dispute_decided_says_what_and_why",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("opened_by")),
                name="dispute_is_not_decided_by_its_opener",
            ),
        ]

    def __str__(self) -> str:
        return f"dispute of {self.statement_id} ({self.state})"


class DisputeEvent(StateEvent):
    """One change of a dispute's state; append-only."""

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="events")

    class Meta:
        db_table = "ledger_dispute_event"
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "sequence"], name="dispute_event_sequence_is_unique"
            )
        ]


class DisputeMessage(models.Model):
    """One message of the thread; append-only. `evidence_sha256` names what was shown."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()
    evidence_sha256 = models.CharField(max_length=64, blank=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_dispute_message"

    def __str__(self) -> str:
        return self.text[:40]

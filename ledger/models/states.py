"""The allowed transitions as rows, and the approvals: what the database checks a change against."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contributors.identifiers import uuid7


class StateTransition(models.Model):
    """One allowed change of state, `subject:from>to`; filled from `ledger.core.states`."""

    key = models.CharField(primary_key=True, max_length=60)

    class Meta:
        db_table = "ledger_state_transition"

    def __str__(self) -> str:
        return self.key


class Approval(models.Model):
    """Who approved or sent back what somebody else prepared, under which hash; append-only."""

    class Decision(models.TextChoices):
        APPROVED = "approved"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    subject_hash = models.CharField(max_length=64)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decision = models.CharField(max_length=8, choices=Decision)
    note = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="approval_subject")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(approver=F("prepared_by")), name="approval_approver_is_not_preparer"
            ),
            models.CheckConstraint(
                condition=Q(decision="approved") | Q(decision="rejected") & ~Q(note=""),
                name="approval_rejection_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.decision}"


class StateEvent(models.Model):
    """What every change of state records; each subject has its own append-only table of them."""

    sequence = models.PositiveIntegerField()
    transition = models.ForeignKey(StateTransition, models.PROTECT, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.sequence}: {self.transition_id}"

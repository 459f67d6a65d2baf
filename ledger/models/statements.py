"""What one contributor earned in one period and how it becomes net.

A **statement** is issued with its number, lines and record in one transaction and never
changes afterwards, except for its state. Numbers are gapless in each **series**. The
**record** is the one text that every file (PDF, CSV, XLSX, JSON) is made from.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contributors.identifiers import uuid7
from ledger.models.journal import AppendOnlyQuerySet, Period
from ledger.models.royalties import RoyaltyRun
from ledger.models.states import StateEvent

LINE_KINDS = (
    "gross",
    "paid",
    "payment_returned",
    "adjustment",
    "disputed",
    "dispute_closed",
    "holdback_released",
    "unclaimed",
    "held",
    "holdback",
    "recoupment",
    "clawback",
    "carried",
    "withholding",
    "net",
)


class StatementSeries(models.Model):
    """Counts the statements of one period and currency; its row is locked while numbering."""

    code = models.CharField(primary_key=True, max_length=30)
    last_sequence = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "ledger_statement_series"

    def __str__(self) -> str:
        return f"{self.code}: {self.last_sequence}"


class StatementQuerySet(models.QuerySet["Statement"]):
    def visible_to(self, user: Any) -> "StatementQuerySet":
        """A contributor sees its own statements, everybody else all."""
        return self if user.reads_everything else self.filter(contributor__user=user)


class Statement(models.Model):
    """One contributor's account for one royalty run; amounts in minor units of `currency`.

    closing = opening - paid + gross + adjustment - disputed - held - holdback + released
              - recouped - clawback;  closing = due + carried;  due = withholding + net
    """

    class State(models.TextChoices):
        ISSUED = "issued"
        DISPUTED = "disputed"
        RESOLVED = "resolved"
        FINAL = "final"
        SUPERSEDED = "superseded"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The unique number begins with it; an index of it alone misleads PostgreSQL in the first
    # large run, whose table has no statistics: each next number would read the whole series.
    series = models.ForeignKey(
        StatementSeries, models.PROTECT, related_name="statements", db_index=False
    )
    sequence = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)
    number = models.CharField(max_length=40)
    run = models.ForeignKey(RoyaltyRun, models.PROTECT, related_name="statements")
    contributor = models.ForeignKey(
        "contributors.Contributor", models.PROTECT, related_name="statements"
    )
    period = models.ForeignKey(Period, models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    previous = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    opening_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    debit_minor = models.BigIntegerField()
    adjustment_minor = models.BigIntegerField()
    disputed_minor = models.BigIntegerField()
    held_minor = models.BigIntegerField()
    holdback_minor = models.BigIntegerField()
    released_minor = models.BigIntegerField()
    recouped_minor = models.BigIntegerField()
    clawback_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()
    carried_minor = models.BigIntegerField()
    due_minor = models.BigIntegerField()
    withholding_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    line_count = models.PositiveIntegerField()
    record = models.TextField()
    record_sha256 = models.CharField(max_length=64)
    chain_seq = models.BigIntegerField(help_text="The journal's last entry when it was issued.")
    chain_head = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    dispute_until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)

    objects = StatementQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["contributor", "currency", "id"], name="statement_of_contributor"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "sequence", "version"], name="statement_number_is_unique"
            ),
            models.UniqueConstraint(
                fields=["number", "version"], name="statement_number_text_is_unique"
            ),
            models.UniqueConstraint(
                fields=["run", "contributor", "version"], name="statement_is_once_in_a_run"
            ),
            models.CheckConstraint(
                condition=Q(
                    closing_minor=F("opening_minor")
                    - F("paid_minor")
                    + F("gross_minor")
                    + F("adjustment_minor")
                    - F("disputed_minor")
                    - F("held_minor")
                    - F("holdback_minor")
                    + F("released_minor")
                    - F("recouped_minor")
                    - F("clawback_minor")
                )
                & Q(closing_minor=F("carried_minor") + F("due_minor"))
                & Q(due_minor=F("withholding_minor") + F("net_minor")),
                name="statement_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    closing_minor__gte=0,
                    carried_minor__gte=0,
                    due_minor__gte=0,
                    withholding_minor__gte=0,
                    net_minor__gte=0,
                    gross_minor__gte=0,
                    held_minor__gte=0,
                    holdback_minor__gte=0,
                    recouped_minor__gte=0,
                    clawback_minor__gte=0,
                    opening_minor__gte=0,
                ),
                name="statement_deductions_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(dispute_until__gt=F("issued_at")),
                name="statement_can_be_disputed_after_issue",
            ),
            models.CheckConstraint(
                condition=Q(version=1, supersedes__isnull=True)
                | Q(version__gt=1, supersedes__isnull=False),
                name="statement_later_version_supersedes_one",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class StatementEvent(StateEvent):
    """One change of a statement's state; append-only."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="events")

    class Meta:
        db_table = "ledger_statement_event"
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "sequence"], name="statement_event_sequence_is_unique"
            )
        ]


class StatementLine(models.Model):
    """One amount of a statement, with its reason; append-only.

    `amount_minor` is signed: positive raises what is owed or paid.
    """

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in LINE_KINDS])
    amount_minor = models.BigIntegerField()
    reason_code = models.CharField(max_length=30, blank=True)
    reason_sentence = models.TextField(blank=True)
    reason_action = models.TextField(blank=True)
    reason_until = models.TextField(blank=True)
    reference = models.CharField(max_length=200, blank=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_statement_line"
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "position"], name="statement_line_position_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=LINE_KINDS), name="statement_line_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["gross", "net"], amount_minor__gt=0)
                | ~Q(reason_code="")
                & ~Q(reason_sentence="")
                & ~Q(reason_action="")
                & ~Q(reason_until=""),
                name="statement_line_zero_held_or_reduced_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.amount_minor}"


class StatementFile(models.Model):
    """The bytes of one file of a statement, once made never made again; append-only."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="files")
    format = models.CharField(
        max_length=4, choices=[(f, f) for f in ("pdf", "csv", "xlsx", "json")]
    )
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    path = models.CharField(max_length=200, help_text="In the storage; named by the hash.")
    rendered_at = models.DateTimeField()
    rendered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "ledger_statement_file"
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "format"], name="statement_file_is_made_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.sha256[:12]}"

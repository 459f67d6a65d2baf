"""One reproducible computation, its players, its values, its history."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contributors.identifiers import uuid7
from valuation.models.games import Game


class RunState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    COMPUTED = "computed"
    REVIEWED = "reviewed"
    LOCKED = "locked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


# Drawn in docs/operations.md.
TRANSITIONS = {
    ("queued", "running"),
    ("queued", "cancelled"),
    ("queued", "failed"),
    ("running", "computed"),
    ("running", "failed"),
    ("running", "cancelled"),
    ("failed", "queued"),
    ("cancelled", "queued"),
    ("computed", "reviewed"),
    ("computed", "superseded"),
    ("reviewed", "locked"),
    ("reviewed", "superseded"),
    ("computed", "locked"),
}


class ValuationRunQuerySet(models.QuerySet["ValuationRun"]):
    def visible_to(self, user: Any) -> "ValuationRunQuerySet":
        """Runs this user may see: staff roles all, a contributor those it plays in."""
        if user.reads_everything:
            return self
        mine = PlayerMember.objects.filter(contributor__user=user)
        return self.filter(
            state__in=[RunState.COMPUTED, RunState.REVIEWED, RunState.LOCKED],
            id__in=mine.values("player__run_id"),
        )


class ValuationRun(models.Model):
    """The values of the players of one game at one cut-off, by one method and seed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.ForeignKey("contributors.Programme", on_delete=models.PROTECT)
    game = models.ForeignKey(Game, on_delete=models.PROTECT)
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.QUEUED)
    cutoff_at = models.DateTimeField(help_text="Batches accepted up to here play.")
    purpose = models.CharField(
        max_length=16,
        choices=[("payment", "payment"), ("audit", "audit on the sealed set")],
        default="payment",
    )
    # The request.
    method_requested = models.CharField(max_length=32, default="auto")
    budget = models.PositiveIntegerField()
    seed = models.BigIntegerField(default=0)
    tolerance = models.FloatField(null=True, blank=True)
    deadline_s = models.FloatField(null=True, blank=True)
    shard_size = models.PositiveIntegerField(
        null=True, help_text="Coalitions a shard, set by the first planner; decides last bits."
    )
    priority = models.SmallIntegerField(default=0, help_text="Higher goes first.")
    continues = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    # The answer.
    method = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True)
    n_players = models.PositiveIntegerField()
    evaluations = models.PositiveIntegerField(default=0)
    reused = models.PositiveIntegerField(default=0, help_text="Evaluations found in the memo.")
    untrainable = models.PositiveIntegerField(default=0)
    empty = models.CharField(max_length=32, blank=True)
    grand = models.CharField(max_length=32, blank=True)
    efficiency_gap = models.FloatField(null=True, blank=True)
    values_digest = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)
    failure_code = models.CharField(max_length=64, blank=True)
    failure = models.TextField(blank=True)
    # The clock.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    computed_at = models.DateTimeField(null=True, blank=True)
    plan_attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Begun since the last round was stored."
    )
    planned_at = models.DateTimeField(
        null=True, blank=True, help_text="When a worker last began to plan; a lease."
    )

    objects = ValuationRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["computed", "reviewed", "locked"])
                | (~Q(values_digest="") & Q(computed_at__isnull=False)),
                name="valuation_run_computed_has_values",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") | Q(failure_code=""),
                name="valuation_run_failure_only_when_failed",
            ),
            models.CheckConstraint(
                condition=Q(reused__lte=F("evaluations")),
                name="valuation_run_reused_at_most_evaluations",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.id} ({self.state})"


class RunEvent(models.Model):
    """One change of state; append-only."""

    run = models.ForeignKey(ValuationRun, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "sequence"], name="run_event_sequence_is_unique")
        ]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class Player(models.Model):
    """One attribution cluster's accepted rows, frozen when the run was queued."""

    run = models.ForeignKey(ValuationRun, on_delete=models.PROTECT, related_name="players")
    index = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    label = models.CharField(max_length=200)
    data_digest = models.CharField(max_length=64)
    row_count = models.PositiveBigIntegerField()
    batch_ids = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "index"], name="player_index_is_unique_in_run"),
            models.UniqueConstraint(fields=["run", "key"], name="player_key_is_unique_in_run"),
        ]

    def __str__(self) -> str:
        return self.label


class PlayerMember(models.Model):
    """A contributor inside a player, with the rows it brought."""

    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="members")
    contributor = models.ForeignKey("contributors.Contributor", on_delete=models.PROTECT)
    code = models.CharField(max_length=200)
    row_count = models.PositiveBigIntegerField()
    first_accepted_at = models.DateTimeField()
    weight = models.PositiveBigIntegerField(help_text="Its part inside the player.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player", "contributor"], name="player_member_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.code


class PlayerValue(models.Model):
    """What one player's rows were worth, rounded to 12 significant digits."""

    run = models.ForeignKey(ValuationRun, on_delete=models.PROTECT, related_name="player_values")
    player = models.OneToOneField(Player, on_delete=models.PROTECT, related_name="value")
    value = models.CharField(max_length=32)
    standard_error = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(value="") & ~Q(standard_error=""),
                name="player_value_is_never_without_its_error",
            )
        ]

    def __str__(self) -> str:
        return f"{self.value} ± {self.standard_error}"

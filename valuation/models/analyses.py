"""What else a finished run can tell: suspect rows, what to keep, how methods compare."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from contributors.identifiers import uuid7
from valuation.models.runs import ValuationRun


class AnalysisQuerySet(models.QuerySet["Analysis"]):
    def visible_to(self, user: Any) -> "AnalysisQuerySet":
        """Staff roles see all; a contributor the suspect rows of own batches."""
        if user.reads_everything:
            return self
        return self.filter(kind="suspect-rows", batch__contributor__user=user)


class Analysis(models.Model):
    """One question about a finished run, answered once by a worker.

    `suspect-rows` (which rows hurt) and `acquisition` (what would it add and be paid) are
    about one batch; `compression` (what to keep), `methods` (side by side) and `sealed-share`
    (do shares hold on the sealed set) about the run.
    """

    class Kind(models.TextChoices):
        SUSPECT_ROWS = "suspect-rows"
        ACQUISITION = "acquisition"
        COMPRESSION = "compression"
        METHODS = "methods"
        SEALED_SHARE = "sealed-share"

    class State(models.TextChoices):
        QUEUED = "queued"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(ValuationRun, on_delete=models.PROTECT, related_name="analyses")
    kind = models.CharField(max_length=16, choices=Kind)
    batch = models.ForeignKey("contributors.Batch", on_delete=models.PROTECT, null=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    document = models.JSONField(null=True)
    failure_code = models.CharField(max_length=64, blank=True)
    failure = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    requested_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "batch"], name="analysis_of_a_batch_is_asked_once"
            ),
            models.UniqueConstraint(
                fields=["run", "kind"],
                condition=Q(batch__isnull=True),
                name="analysis_of_a_run_is_asked_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["suspect-rows", "acquisition"], batch__isnull=False)
                | Q(kind__in=["compression", "methods", "sealed-share"], batch__isnull=True),
                name="analysis_of_a_batch_iff_it_names_one",
            ),
            models.CheckConstraint(
                condition=Q(state="done", document__isnull=False)
                | (~Q(state="done") & Q(document__isnull=True)),
                name="analysis_done_iff_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.run_id}"

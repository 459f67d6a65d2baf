"""What operators look at: the signs of life of the workers."""

from django.db import models


class WorkerHeartbeat(models.Model):
    """One worker process that runs, or ran until it was killed; one that stops leaves no row."""

    name = models.CharField(max_length=100, primary_key=True, help_text="host:process id")
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_worker_heartbeat"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(beat_at__gte=models.F("started_at")),
                name="worker_heartbeat_not_before_its_start",
            )
        ]

    def __str__(self) -> str:
        return self.name

"""Signs of life: a worker beats while it runs and takes its row away when it stops."""

from datetime import datetime, timedelta

from ledger.models import WorkerHeartbeat

KEPT = timedelta(days=1)  # long enough to see in the morning who was killed at night


def heartbeat_record(*, name: str, started_at: datetime, now: datetime) -> None:
    """The worker is known to have lived now; rows of the long dead are gone."""
    WorkerHeartbeat.objects.update_or_create(
        name=name,
        defaults={"beat_at": now},
        create_defaults={"started_at": started_at, "beat_at": now},
    )
    WorkerHeartbeat.objects.filter(beat_at__lt=now - KEPT).delete()


def heartbeat_remove(*, name: str) -> None:
    """The worker stopped of its own accord."""
    WorkerHeartbeat.objects.filter(name=name).delete()

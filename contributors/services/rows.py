"""What this machine keeps of other people's rows, beside storage."""

from datetime import datetime, timedelta

from contributors import rows
from contributors.models import Batch

# An erased batch is not used again, so its file is gone after a day in any case.
LOOK_BACK = timedelta(days=2)


def rows_sweep(*, now: datetime) -> None:
    """No file holds rows of an erased batch, whoever erased it, and none lies about unused."""
    rows.forget_unused()
    erased = Batch.objects.filter(state=Batch.State.ERASED, erased_at__gte=now - LOOK_BACK)
    rows.forget(erased.values_list("pk", flat=True))

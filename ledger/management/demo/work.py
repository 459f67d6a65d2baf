"""Real worker processes on the configured queue, and the wait for their runs."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from valuation.selectors import valuation_run_get, valuation_run_progress

LOOK_S = 0.2
UNFINISHED = ("queued", "running")


@contextmanager
def workers(processes: int) -> Iterator[None]:
    """That many `manage.py work` and a scheduler run until the block ends."""
    names = ["work"] * processes + ["schedule"]
    manage = str(settings.BASE_DIR / "manage.py")
    # Warnings of a busy minute would break the progress bar.
    env = {"LOG_LEVEL": "ERROR", **os.environ}
    running = [subprocess.Popen([sys.executable, manage, name], env=env) for name in names]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def wait_for(run_ids: list[UUID], title: str) -> None:
    """Every run is computed; a bar shows the coalitions evaluated meanwhile.

    Raises
    ------
    CommandError
        If a run failed, with its sentence.
    """
    with tqdm(total=100, desc=title, unit="%", bar_format="{desc}: {bar} {n:3.0f} %") as bar:
        while True:
            found = [valuation_run_progress(run_id, now=timezone.now()) for run_id in run_ids]
            bar.update(100 * sum(progress.share for progress in found) / len(found) - bar.n)
            if not any(progress.state in UNFINISHED for progress in found):
                break
            time.sleep(LOOK_S)
    for run_id in run_ids:
        run = valuation_run_get(run_id)
        if run.state == "failed":
            raise CommandError(f"The valuation run failed ({run.failure_code}): {run.failure}")

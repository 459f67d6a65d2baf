"""Our own programs, started as a newcomer starts them: in a process, on settings of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What the tests set for themselves, and what a machine may happen to have.
OURS = (
    "BROKER_URL",
    "DATABASE_URL",
    "DATA_DIR",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "EMAIL_URL",
    "LOG_LEVEL",
    "MFA_REQUIRED",
    "PROMETHEUS_MULTIPROC_DIR",
    "THROTTLE_ANONYMOUS",
    "THROTTLE_USER",
)


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a program that keeps everything in a folder."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    fixed = {"DJANGO_SETTINGS_MODULE": "ledger.project.settings", "DATA_DIR": str(folder)}
    return {**kept, **fixed, **settings}


def manage(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `manage.py` to its end, whatever that is."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        check=False,
    )


def start(*arguments: str, folder: Path, log: Path, **settings: str) -> subprocess.Popen[bytes]:
    """Start a command of `manage.py` in a process group of its own; its lines go to a file."""
    with log.open("ab") as lines:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment(folder, **settings),
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )

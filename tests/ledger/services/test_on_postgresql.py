"""This folder's tests, and some beside it, again on PostgreSQL, where locks are rows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__)
MORE = (
    "test_stories.py",
    "test_sweeps.py",
    "test_business.py",
    "exports/test_plain_text.py",
    "api/test_bookings.py",
    "pages/test_payees.py",
)


@pytest.mark.servers
def test_money_keeps_every_rule_on_postgresql_too(postgres_url: str) -> None:
    tests = [str(path) for path in HERE.parent.glob("test_*.py") if path != HERE]
    tests += [str(HERE.parents[1] / name) for name in MORE]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *tests],
        env=os.environ | {"DATABASE_URL": f"{postgres_url}/royalties_{os.getpid()}"},
        cwd=HERE.parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5_000:] + run.stderr[-1_000:]
    assert " passed" in run.stdout

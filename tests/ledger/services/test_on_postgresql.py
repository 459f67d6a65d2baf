"""Every test of this folder again on PostgreSQL, where locks are rows and not the whole file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__)


@pytest.mark.servers
def test_money_keeps_every_rule_on_postgresql_too(postgres_url: str) -> None:
    tests = [str(path) for path in HERE.parent.glob("test_*.py") if path != HERE]
    tests.append(str(HERE.parents[1] / "test_stories.py"))
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

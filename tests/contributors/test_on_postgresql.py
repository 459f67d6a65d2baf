"""The hostile corpus and the intake's services again on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__)


@pytest.mark.servers
def test_hostile_files_and_intake_keep_every_rule_on_postgresql_too(postgres_url: str) -> None:
    tests = [str(HERE.with_name("test_hostile_files.py")), str(HERE.with_name("services"))]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *tests],
        env=os.environ | {"DATABASE_URL": f"{postgres_url}/intake_{os.getpid()}"},
        cwd=HERE.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5_000:] + run.stderr[-1_000:]
    assert " passed" in run.stdout

"""The parsers against bytes that a coverage-guided fuzzer makes up."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import CI

FUZZ = Path(__file__).with_name("fuzz.py")
SECONDS = 60 if CI else 5


def test_whatever_the_bytes_they_are_refused_or_read_right(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(FUZZ), f"-max_total_time={SECONDS}", f"-artifact_prefix={tmp_path}/"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-4_000:]
    assert list(tmp_path.iterdir()) == []
    assert "Done" in run.stderr

"""The supervisor restarts what dies and leaves nothing behind, however it ends itself."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# The program notes its pid, starts a child of its own and sleeps.
PROGRAM = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(600)
"""
SUPERVISOR = """
import sys
from ledger.project import supervisor
supervisor.PAUSE_S_MIN = 0.05
program = [sys.executable, "-c", sys.argv[1], sys.argv[2]]
supervisor.supervise([supervisor.Program(name="one", command=program, pause_s=0.05)])
"""


def wait_for(condition: Callable[[], object], *, within_s: float = 20) -> None:
    ends_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends_at, "it did not happen in time"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def supervised(tmp_path: Path):
    noted = tmp_path / "pids"
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SUPERVISOR), PROGRAM, str(noted)], cwd=ROOT
    )
    wait_for(lambda: noted.exists() and len(noted.read_text().split()) == 2)

    def pids() -> list[int]:
        return [int(pid) for pid in noted.read_text().split()]

    yield process, pids
    process.kill()
    process.wait()
    for pid in pids():
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.faults
def test_a_killed_program_is_started_again_and_its_children_are_gone(supervised):
    _, pids = supervised
    program, child = pids()
    os.kill(program, signal.SIGKILL)
    wait_for(lambda: len(pids()) == 4)
    wait_for(lambda: not is_alive(child))
    assert is_alive(pids()[2])


@pytest.mark.faults
def test_sigterm_stops_everything_and_ends_in_success(supervised):
    process, pids = supervised
    process.terminate()
    assert process.wait(20) == 0
    wait_for(lambda: not any(is_alive(pid) for pid in pids()))


@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux ends children with their parent.")
def test_a_killed_supervisor_takes_its_programs_with_it(supervised):
    process, pids = supervised
    program, _ = pids()
    process.kill()
    wait_for(lambda: not is_alive(program))

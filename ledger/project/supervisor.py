"""Keeps a few programs running as one: starts them, restarts what dies, stops all of them."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

LOOK_S = 0.2  # between two looks at the programs
PAUSE_S_MIN = 0.5  # before the first restart; doubled while a program keeps dying
PAUSE_S_MAX = 30.0
HEALTHY_AFTER_S = 60.0  # who lived this long starts again with the shortest pause
STOP_WITHIN_S = 40.0  # a worker has 30 s to end its shard; what was leased comes again anyway
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(slots=True, kw_only=True)
class Program:
    """One program and how it has fared."""

    name: str
    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_s: float = PAUSE_S_MIN

    def start(self) -> None:
        """The program runs in a process group of its own, which dies with the supervisor."""
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.env},
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 one thread
        )
        self.started_at = time.monotonic()
        logger.info("Started.", extra={"program": self.name, "pid": self.process.pid})

    def look(self) -> None:
        """Note a death and set the restart; start again when its time has come."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_again_at:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        kill_group(self.process.pid)
        lived_s = now - self.started_at
        healthy = lived_s > HEALTHY_AFTER_S
        self.pause_s = PAUSE_S_MIN if healthy else min(PAUSE_S_MAX, 2 * self.pause_s)
        self.start_again_at = now + self.pause_s
        self.process = None
        logger.warning(
            "Died; will be started again.",
            extra={"program": self.name, "status": status, "in_s": self.pause_s},
        )

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, ends_at: float) -> None:
        """It and all it started are gone, by force if it did not end in time."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, ends_at - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("Did not stop in time; killed.", extra={"program": self.name})
        kill_group(self.process.pid)
        self.process.wait()


def supervise(programs: list[Program]) -> None:
    """Run the programs until SIGTERM or SIGINT; then none of them is left."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    while not stopping:
        for program in programs:
            program.look()
        time.sleep(LOOK_S)
    logger.info("Stopping.")
    ends_at = time.monotonic() + STOP_WITHIN_S
    for program in programs:
        program.stop()
    for program in programs:
        program.wait(ends_at)
    logger.info("Stopped.")


def kill_group(pid: int) -> None:
    """Whatever the program started and left behind is gone."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Linux ends this process, politely, when its parent is killed: no orphans hold the port."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

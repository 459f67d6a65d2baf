"""The system under test: a folder, a database, a queue, and the programs that work on them."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from tests.programs import ROOT, environment, start

FINISH_WITHIN_S = 300  # on a busy machine; some 30 s on an idle one
QUIET = {"LOG_LEVEL": "WARNING", "QUEUE_LEASE_S": "3"}
STATE = "SELECT state, values_digest, failure FROM valuation_valuationrun"
SHARDS = "SELECT state, attempts FROM valuation_shard"


class System:
    """One installation. Its programs run in processes of their own and may be killed."""

    def __init__(self, folder: Path, *, database_url: str = "", broker_url: str = "") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = dict(QUIET)
        if database_url:
            self.settings["DATABASE_URL"] = database_url
        if broker_url:
            self.settings["BROKER_URL"] = broker_url
        self.programs: list[subprocess.Popen[bytes]] = []
        self.killed: list[str] = []

    def step(self, name: str) -> dict[str, Any]:
        """Do a step of the scenario to its end and return what it says."""
        process = self.step_begin(name)
        out, _ = process.communicate()
        assert process.returncode == 0, self.log()
        said: dict[str, Any] = json.loads(out.splitlines()[-1])
        return said

    def step_begin(self, name: str) -> "subprocess.Popen[bytes]":
        """Begin a step of the scenario, to be killed or waited for."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.scenario", name],
                cwd=ROOT,
                env=environment(self.folder, **self.settings),
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start one of our programs, for example a worker."""
        log = self.folder / "log"
        program = start(*command, folder=self.folder, log=log, **self.settings)
        self.programs.append(program)
        return program

    def kill(self, program: "subprocess.Popen[bytes]", name: str) -> None:
        """Kill a program with -9."""
        os.kill(program.pid, signal.SIGKILL)
        program.wait()
        self.programs.remove(program)
        self.killed.append(name)

    def put_to_sleep(self, program: "subprocess.Popen[bytes]") -> None:
        """Stop a program's clock while it holds no lock on the database or the queue.

        Whoever sleeps while SQLite commits for it keeps everybody out until it wakes or dies
        (docs/operations.md), so one that was caught there goes on for a moment first.
        """
        while True:
            os.kill(program.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, program.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if all(map(is_free, self.folder.glob("*.sqlite3"))):
                return
            os.kill(program.pid, signal.SIGCONT)
            time.sleep(random.random() * 0.1)

    def stop(self) -> None:
        """None of our programs is left."""
        for program in self.programs:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        self.programs.clear()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the database directly, past our own code."""
        if url := self.settings.get("DATABASE_URL"):
            with psycopg.connect(url) as connection:
                return connection.execute(sql).fetchall()
        connection = sqlite3.connect(self.folder / "db.sqlite3", timeout=20)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def run_state(self) -> tuple[str, str]:
        """Return the state of the one run and the digest of its values."""
        [(state, digest, failure)] = self.query(STATE)
        assert state != "failed", f"{failure}\n{self.log()}"
        return state, digest

    def shards_done(self) -> int:
        return sum(state == "done" for state, _ in self.query(SHARDS))

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Return as soon as the condition holds."""
        ends_at = time.monotonic() + FINISH_WITHIN_S
        while not condition():
            assert time.monotonic() < ends_at, f"{what} did not happen\n{self.log()}"
            time.sleep(0.05)

    def wait_computed(self) -> str:
        """Return the digest of the values once they are there."""
        self.wait(lambda: self.run_state()[0] == "computed", "the run's end")
        return self.run_state()[1]

    def wait_work(self, *, done: bool = False) -> None:
        """Return in the middle of somebody's work: a while after a shard was claimed, or done.

        Whoever is killed always before its first shard is done gets nowhere, so tests that
        kill often wait for done ones in between.
        """

        def progress() -> int:
            shards = self.query(SHARDS)
            if done:
                return sum(state == "done" for state, _ in shards)
            return sum(attempts for _, attempts in shards)

        before = progress()
        self.wait(lambda: progress() > before or self.run_state()[0] == "computed", "new work")
        time.sleep(random.random() * 0.2)

    def log(self) -> str:
        return (self.folder / "log").read_text()[-4000:] if (self.folder / "log").exists() else ""

    def copy_to(self, folder: Path, **where: str) -> "System":
        """Return another installation with the same files."""
        shutil.copytree(self.folder, folder)
        (folder / "log").unlink(missing_ok=True)
        return System(folder, **where)


def is_free(path: Path) -> bool:
    """Whether nobody holds the write lock of an SQLite file just now."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def report(what: str, system: System, compared: str) -> None:
    """Print what was killed, how often, and what was compared."""
    counts = {name: system.killed.count(name) for name in dict.fromkeys(system.killed)}
    print(f"\n{what}: killed {counts}; compared {compared}.")

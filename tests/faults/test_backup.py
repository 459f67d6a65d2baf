"""The back-up and restore steps of docs/operations.md, played on both databases."""

import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.conftest import in_ci, own_server_or_skip
from tests.faults.system import System
from tests.house.sources import ROOT
from tests.servers import POSTGRES_DIRS, Postgres

pytestmark = [pytest.mark.faults, in_ci]
STEPS = (ROOT / "docs" / "operations.md").read_text()


def shell(command: str, **env: str) -> None:
    done = subprocess.run(
        ["sh", "-euc", command], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def documented(beginning: str) -> str:
    """Return the one command of the page that begins like this."""
    [command] = re.findall(rf"^{re.escape(beginning)}.*$", STEPS, re.MULTILINE)
    return command


def value_and_pay(system: System) -> None:
    system.step("start")
    system.start("work")
    system.wait_computed()
    system.stop()
    system.step("pay")


def verified(system: System) -> dict:
    """Return the books of an installation whose every check passes."""
    for command in ("migrate", "verify"):
        program = system.start(command)
        assert program.wait() == 0, system.log()
    return system.step("books")


def test_sqlite_is_backed_up_while_it_runs_and_restored_to_the_cent(prepared, tmp_path: Path):
    system = prepared.copy_to(tmp_path / "system")
    value_and_pay(system)
    before = system.step("books")
    database, backup = system.folder / "db.sqlite3", tmp_path / "backup.sqlite3"
    open_elsewhere = sqlite3.connect(database)
    open_elsewhere.execute("BEGIN").execute("SELECT count(*) FROM ledger_posting")
    python = documented("python -c").replace("var/db.sqlite3", str(database))
    shell(python.replace("backup.sqlite3", str(backup)), PATH="/usr/bin:/bin:" + python_folder())
    open_elsewhere.close()
    shutil.make_archive(str(tmp_path / "media"), "tar", system.folder, "media")

    restored = System(tmp_path / "restored")
    shutil.copy(backup, restored.folder / "db.sqlite3")
    shutil.unpack_archive(tmp_path / "media.tar", restored.folder)
    assert verified(restored) == before


def python_folder() -> str:
    """Return the folder whose `python` runs the application."""
    return str(ROOT / ".venv" / "bin")


@pytest.mark.servers
def test_postgresql_is_backed_up_and_restored_to_the_cent(prepared, tmp_path: Path):
    server = own_server_or_skip(Postgres)
    try:
        url = server.database("first")
        system = System(tmp_path / "system", database_url=url)
        system.step("prepare")
        value_and_pay(system)
        before = system.step("books")
        path = f"{POSTGRES_DIRS[-1]}:/usr/bin:/bin"
        dump = str(tmp_path / "backup.dump")
        shell(documented("pg_dump").replace("backup.dump", dump), PATH=path, DATABASE_URL=url)
        second = server.database("second")
        shell(documented("pg_restore").replace("backup.dump", dump), PATH=path, DATABASE_URL=second)
        shutil.copytree(system.folder / "media", tmp_path / "restored" / "media")
        restored = System(tmp_path / "restored", database_url=second)
        assert verified(restored) == before
    finally:
        server.close()

"""Installations prepared once and copied for every test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.system import System
from tests.servers import Postgres


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> System:
    """A programme with ten accepted batches, on SQLite."""
    system = System(tmp_path_factory.mktemp("faults") / "prepared")
    system.step("prepare")
    return system


@pytest.fixture(scope="session")
def undisturbed(prepared: System, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the values of a run that nobody disturbed."""
    system = prepared.copy_to(tmp_path_factory.mktemp("faults") / "undisturbed")
    system.step("start")
    system.start("work")
    try:
        return system.wait_computed()
    finally:
        system.stop()


@pytest.fixture
def embedded(prepared: System, tmp_path: Path) -> Iterator[System]:
    """An installation of one machine."""
    system = prepared.copy_to(tmp_path / "system")
    yield system
    system.stop()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of ours that may be killed; holds a prepared database."""
    from tests.conftest import own_server_or_skip

    server = own_server_or_skip(Postgres)
    folder = tmp_path_factory.mktemp("faults") / "postgres"
    System(folder, database_url=server.database("prepared")).step("prepare")
    server.folder_of_files = folder
    yield server
    server.close()


@pytest.fixture
def distributed(postgres: Postgres, tmp_path: Path) -> Iterator[System]:
    """An installation on PostgreSQL; the test says on which queue."""
    name = f"copy_{abs(hash(tmp_path))}"
    url = postgres.database(name, template="prepared")
    shutil.copytree(postgres.folder_of_files, tmp_path / "system")
    system = System(tmp_path / "system", database_url=url)
    yield system
    system.stop()

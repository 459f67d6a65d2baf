"""Throwaway PostgreSQL, Redis and RabbitMQ, which a test may kill without harm to anybody.

As a program, `python -m tests.servers COMMAND`, it starts one of each and runs a
command that finds them in POSTGRES_URL, REDIS_URL and RABBITMQ_URL.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_WITHIN_S = 300  # RabbitMQ needs 6 s on an idle machine, minutes on a very busy one
POSTGRES_DIRS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def free_port() -> int:
    """Return a port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Absent(Exception):
    """The program of this server is not installed."""


class Server:
    """One server on a port of its own, with its data in a temporary folder."""

    user: str | None = None  # whom to become when started by root

    def __init__(self, folder: Path | None = None) -> None:
        self.port = free_port()
        name = type(self).__name__.lower()
        self.folder = folder or Path(tempfile.mkdtemp(prefix=f"ledger-{name}-"))
        self.process: subprocess.Popen[bytes] | None = None
        self.account = self.user if self.user and os.geteuid() == 0 else None
        if self.account:
            shutil.chown(self.folder, self.account)

    def command(self) -> list[str]:
        raise NotImplementedError

    def env(self) -> dict[str, str]:
        return {}

    def start(self) -> "Server":
        """The server answers on its port; after a kill it finds its data again."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env={**os.environ, "HOME": str(self.folder), **self.env()},
                stdout=log,
                stderr=log,
                user=self.account,
                start_new_session=True,
            )
        ends_at = time.monotonic() + START_WITHIN_S
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < ends_at, f"{type(self).__name__} does not answer"
            time.sleep(0.1)
        return self

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """Kill the server and everything it started with -9."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """Nothing of the server is left."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Server):
    user = "postgres"
    folder_of_files: Path  # of the installation whose database was prepared here

    def __init__(self, folder: Path | None = None) -> None:
        if not POSTGRES_DIRS:
            raise Absent("PostgreSQL")
        super().__init__(folder)
        if not (self.folder / "data").exists():
            options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
            self.run("initdb", *options, "data")

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [POSTGRES_DIRS[-1] / program, *arguments],
            cwd=self.folder,
            user=self.account,
            check=True,
            capture_output=True,
        )

    def command(self) -> list[str]:
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",  # a killed process loses nothing by it; only a power cut would
            "max_connections": 60,
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [str(POSTGRES_DIRS[-1] / "postgres"), "-D", "data", *settings]

    def answers(self) -> bool:
        done = subprocess.run(
            [POSTGRES_DIRS[-1] / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            check=False,
        )
        return done.returncode == 0

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}"

    def database(self, name: str, template: str = "template0") -> str:
        """Return the address of a new database: empty, or a copy of another."""
        at = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        self.run("createdb", *at, "--template", template, name)
        return f"{self.url}/{name}"


class Redis(Server):
    def __init__(self) -> None:
        if not shutil.which("redis-server"):
            raise Absent("Redis")
        super().__init__()

    def command(self) -> list[str]:
        # Every command is on disk before it is answered, so that a kill loses none.
        durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", *durable]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


class RabbitMQ(Server):
    user = "rabbitmq"

    def __init__(self) -> None:
        if not RABBITMQ.exists():
            raise Absent("RabbitMQ")
        super().__init__()

    def command(self) -> list[str]:
        return [str(RABBITMQ)]

    def env(self) -> dict[str, str]:
        plugins = self.folder / "plugins"
        plugins.write_text("[].")
        config = self.folder / "rabbitmq.conf"
        config.write_text(f"listeners.tcp.default = 127.0.0.1:{self.port}\n")
        return {
            "RABBITMQ_NODENAME": f"ledger{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log.d"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        }

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"


def main(command: list[str]) -> int:
    """Run a command beside one server of each kind."""
    servers = {"POSTGRES_URL": Postgres(), "REDIS_URL": Redis(), "RABBITMQ_URL": RabbitMQ()}
    try:
        found = {name: server.start().url for name, server in servers.items()}
        return subprocess.run(command, env={**os.environ, **found}, check=False).returncode
    finally:
        for server in servers.values():
            server.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

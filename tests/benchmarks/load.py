"""The real server under load: 20 clients at once, on PostgreSQL, with large books.

`python -m tests.benchmarks.load --contributors 100000 --postings 1000000`
starts a PostgreSQL of its own, fills it, serves, measures, and prints a table.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.programs import ROOT, environment, start
from tests.servers import Postgres, free_port

CLIENTS = 20
SECONDS = float(os.environ.get("LOAD_SECONDS", "15"))  # per address
WARM_UP = 3  # requests per client that do not count
SERVED = {
    "DEBUG": "0",
    "SECRET_KEY": "load-test-" + "x" * 50,
    "HTTPS_ONLY": "0",
    "LOG_LEVEL": "WARNING",
    "THROTTLE_USER": "1000000/min",
}
# Name, path, who asks (by session, token or the auditor's token), and the promise in ms at p95.
ADDRESSES = (
    ("contributor home (page)", "/", "session", 250),
    ("statement (page)", "/statements/{statement}/", "session", 250),
    ("statement list (API)", "/api/v1/statements/", "token", 150),
    ("statement list, all contributors (API)", "/api/v1/statements/", "auditor", 150),
    ("journal entries (API)", "/api/v1/journal-entries/", "auditor", 150),
)
REPORT = "/api/v1/royalty-reports/?period=2025-Q4&export=csv"


def headers(person: dict[str, str], by: str) -> dict[str, str]:
    if by == "session":
        return {"Cookie": f"sessionid={person['session']}"}
    return {"Authorization": f"Token {person[by]}"}


def ask(connection: http.client.HTTPConnection, path: str, with_: dict[str, str]) -> float:
    """Return the seconds until the whole answer was read; anything but 200 ends the test."""
    started_at = time.perf_counter()
    connection.request("GET", path, headers=with_)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, answer.status, body[:500])
    return time.perf_counter() - started_at


def measure(port: int, people: list[dict[str, str]], path: str, by: str) -> list[float]:
    """Return every client's seconds per request while all of them ask at once."""
    taken: list[float] = []
    failed: list[BaseException] = []

    def client(person: dict[str, str]) -> None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            own = path.format(**person)
            for _ in range(WARM_UP):
                ask(connection, own, headers(person, by))
            ends_at = time.monotonic() + SECONDS
            while time.monotonic() < ends_at:
                taken.append(ask(connection, own, headers(person, by)))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=client, args=(people[n],)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return taken


def measure_report(port: int, person: dict[str, str]) -> tuple[float, float, int]:
    """Return seconds to the first byte, to the last, and the lines of the royalty report."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    started_at = time.perf_counter()
    connection.request("GET", REPORT, headers=headers(person, "auditor"))
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()[:500]
    lines = answer.read(1).count(b"\n")
    first_s = time.perf_counter() - started_at
    while block := answer.read(65536):
        lines += block.count(b"\n")
    return first_s, time.perf_counter() - started_at, lines


def web_memory_mb() -> float:
    """Return the resident memory of all our web processes, at its highest so far."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = status.with_name("cmdline").read_bytes()
            if b"ledger.project.wsgi" in command:
                [line] = [row for row in status.read_text().split("\n") if "VmHWM" in row]
                total += int(line.split()[1]) / 1024
        except (FileNotFoundError, ProcessLookupError, ValueError):
            continue
    return total


def table(port: int, people: list[dict[str, str]]) -> None:
    print("\n| what | requests | median ms | p95 ms | promise ms |\n|---|---|---|---|---|")
    for name, path, by, promise_ms in ADDRESSES:
        taken = [1000 * each for each in measure(port, people, path, by)]
        p95 = statistics.quantiles(taken, n=20)[-1]
        row = (name, len(taken), round(statistics.median(taken)), round(p95), promise_ms)
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
    before = web_memory_mb()
    first_s, whole_s, lines = measure_report(port, people[0])
    grown = web_memory_mb() - before
    print(f"\nRoyalty report: {lines} lines, first byte {first_s:.2f} s, whole {whole_s:.1f} s,")
    print(f"web processes grew by {grown:.0f} MB meanwhile.")


def main(contributors: int, postings: int) -> None:
    server = Postgres().start()
    folder = Path(tempfile.mkdtemp(prefix="ledger-load-"))
    settings = {**SERVED, "DATABASE_URL": server.database("load")}
    serving = None
    try:
        fill = [sys.executable, "-m", "tests.benchmarks.load_data"]
        fill += ["--contributors", str(contributors), "--postings", str(postings)]
        filled = subprocess.run(
            fill,
            cwd=ROOT,
            env=environment(folder, **settings),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()
        print(filled.rpartition("\n")[0])
        server.run("psql", "-q", "-c", "ANALYZE", settings["DATABASE_URL"])
        people = json.loads(filled.rpartition("\n")[2])
        log = folder / "log"
        assert start("collectstatic", "--no-input", folder=folder, log=log, **settings).wait() == 0
        port = free_port()
        arguments = ("--bind", f"127.0.0.1:{port}", "--processes", "1", "--web-processes", "2")
        serving = start("serve", *arguments, folder=folder, log=log, **settings)
        wait_until_ready(port, lambda: serving.poll() is None)
        table(port, people)
    finally:
        if serving is not None:
            serving.terminate()
            serving.wait()
        server.close()


def wait_until_ready(port: int, alive: Callable[[], bool]) -> None:
    while True:
        assert alive(), "the server ended"
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--contributors", type=int, default=100_000)
    parser.add_argument("--postings", type=int, default=1_000_000)
    main(**vars(parser.parse_args()))

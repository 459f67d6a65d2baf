"""The real server under load: 20 clients at once, on PostgreSQL, with large books.

`python -m tests.benchmarks.load FOLDER` fills a PostgreSQL of its own in the folder, unless that
was done before, serves from it as `manage.py serve` does, and asks with wrk (Debian: apt install
wrk), whose own work is small: every client asks again as soon as it has its answer, so the server
is never idle. Prints tables; `--fill` only fills, `--seconds` sets how long each address is asked.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.programs import ROOT, environment, start
from tests.servers import Postgres, free_port

CLIENTS = 20
WARM_UP_S = 3
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
)
REPORT = "/api/v1/royalty-reports/?period=2025-Q4&export=csv"
# wrk asks as each person in turn, and says what share of the answers was slower than what.
SCRIPT = """
local requests, n = {{ {requests} }}, 0
for at, each in ipairs(requests) do
  requests[at] = wrk.format("GET", each[1], {{ [each[2]] = each[3], ["Host"] = "127.0.0.1" }})
end
request = function() n = n % #requests + 1; return requests[n] end
done = function(summary, latency)
  local wrong = summary.errors.status + summary.errors.connect + summary.errors.read
  wrong = wrong + summary.errors.timeout
  io.write(string.format("figures %d %f %f %f %d\\n", summary.requests,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency.max / 1000, wrong))
end
"""
Person = dict[str, str]


def header(person: Person, by: str) -> tuple[str, str]:
    if by == "session":
        return "Cookie", f"sessionid={person['session']}"
    return "Authorization", f"Token {person[by]}"


def asked(folder: Path, port: int, people: list[Person], path: str, by: str, seconds: int) -> str:
    """Return wrk's figures after twenty clients asked for so long."""
    rows = [(path.format(**person), *header(person, by)) for person in people]
    requests = ", ".join("{" + ", ".join(f'"{cell}"' for cell in row) + "}" for row in rows)
    script = folder / "requests.lua"
    script.write_text(SCRIPT.format(requests=requests))
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "60s", "-s", str(script)]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True
    )
    return done.stdout


def row_of(said: str, name: str, promise_ms: int, seconds: int) -> str:
    """Return the line of the table; an answer other than 200 ends the test."""
    found = re.search(r"figures (\d+) (\S+) (\S+) (\S+) (\d+)", said)
    assert found is not None and found[5] == "0", said
    each = [f"{float(ms):.0f}" for ms in found.group(2, 3, 4)]
    rate = f"{int(found[1]) / seconds:.0f}"
    return "| " + " | ".join([name, rate, *each, str(promise_ms)]) + " |"


def measure_report(port: int, person: Person) -> None:
    """Print seconds to the first byte and to the last, the lines, and how memory grew."""
    before = web_memory_mb()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    started_at = time.perf_counter()
    connection.request("GET", REPORT, headers=dict([header(person, "auditor")]))
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()[:500]
    highest, lines = Highest(), answer.read(1).count(b"\n")
    first_s = time.perf_counter() - started_at
    while block := answer.read(65536):
        lines += block.count(b"\n")
    whole_s = time.perf_counter() - started_at
    print(f"\nRoyalty report: {lines} lines, first byte {first_s:.2f} s, whole {whole_s:.1f} s;")
    print(f"the web processes grew by {highest.stop() - before:.0f} MB meanwhile.")


class Highest:
    """The highest memory of the web processes until it is stopped."""

    def __init__(self) -> None:
        self.highest_mb, self.stopped = web_memory_mb(), threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self) -> None:
        while not self.stopped.wait(0.1):
            self.highest_mb = max(self.highest_mb, web_memory_mb())

    def stop(self) -> float:
        self.stopped.set()
        self.thread.join()
        return self.highest_mb


def web_memory_mb() -> float:
    """Return the resident memory of all our web processes."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if b"ledger.project.wsgi" in status.with_name("cmdline").read_bytes():
                [line] = [row for row in status.read_text().split("\n") if "VmRSS" in row]
                total += int(line.split()[1]) / 1024
        except (FileNotFoundError, ProcessLookupError, ValueError):
            continue
    return total


def table(folder: Path, port: int, people: list[Person], seconds: int) -> None:
    print(
        f"\n{CLIENTS} clients, {seconds} s each; client, server and PostgreSQL on the same cores."
    )
    print("\n| what | requests a second | median ms | p95 ms | longest ms | promise ms |")
    print("|---|---|---|---|---|---|")
    for name, path, by, promise_ms in ADDRESSES:
        asked(folder, port, people, path, by, WARM_UP_S)
        said = asked(folder, port, people, path, by, seconds)
        print(row_of(said, name, promise_ms, seconds), flush=True)
    measure_report(port, people[0])


def fill(folder: Path, settings: dict[str, str], contributors: int, postings: int) -> None:
    """The database has large books; who may log in is written beside it."""
    command = [sys.executable, "-m", "tests.benchmarks.load_data"]
    command += ["--contributors", str(contributors), "--postings", str(postings)]
    env = environment(folder, **settings)
    filled = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    print(filled.rpartition("\n")[0], flush=True)
    (folder / "people.json").write_text(filled.rpartition("\n")[2])


def serve(folder: Path, settings: dict[str, str], seconds: int) -> None:
    """Serve what is there and print how it fared."""
    people = json.loads((folder / "people.json").read_text())
    log, port = folder / "log", free_port()
    assert start("collectstatic", "--no-input", folder=folder, log=log, **settings).wait() == 0
    arguments = ("--bind", f"127.0.0.1:{port}", "--processes", "1", "--web-processes", "2")
    serving = start("serve", *arguments, folder=folder, log=log, **settings)
    try:
        wait_until_ready(port, lambda: serving.poll() is None)
        table(folder, port, people, seconds)
    finally:
        serving.terminate()
        serving.wait()


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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contributors", type=int, default=100_000)
    parser.add_argument("--postings", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=15, help="per address")
    parser.add_argument("--fill", action="store_true", help="only fill")
    wanted = parser.parse_args()
    folder = wanted.folder.absolute()
    (folder / "postgres").mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o755)  # PostgreSQL runs as another user
    server = Postgres(folder / "postgres")
    server.start()
    try:
        settings = {**SERVED, "DATABASE_URL": f"{server.url}/load"}
        if not (folder / "people.json").exists():
            server.database("load")
            fill(folder, settings, wanted.contributors, wanted.postings)
            server.run("psql", "-q", "-c", "VACUUM ANALYZE", settings["DATABASE_URL"])
        if not wanted.fill:
            serve(folder, settings, wanted.seconds)
    finally:
        server.kill()


if __name__ == "__main__":
    main()

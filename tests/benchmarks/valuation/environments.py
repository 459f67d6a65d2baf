"""The peers' own environments and the data packages, built once from the lock files beside this.

shapiq needs Python 3.12 or later and pyDVL a NumPy before 2, so neither shares ours.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "var" / "benchmarks"
LOCKS = Path(__file__).resolve().parent / "peers"
NEWEST_FIRST = ("3.14", "3.13", "3.12")


class NoInterpreter(RuntimeError):
    """No Python 3.12 or later was found; name one in the variable BENCHMARK_PYTHON."""


def peer(name: str) -> Path:
    """The interpreter of the environment of `name`, with exactly what its lock file pins."""
    lock = LOCKS / f"{name}.lock"
    folder = FOLDER / f"{name}-{_digest(lock)}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        maker = newer_python() if name == "shapiq" else Path(sys.executable)
        subprocess.run([str(maker), "-m", "venv", "--clear", str(folder)], check=True)
        _install(python, lock)
        (folder / "complete").touch()
    return python


def packages() -> Path:
    """The folder of the data packages, unpacked without what they depend on."""
    lock = LOCKS / "packages.lock"
    folder = FOLDER / f"packages-{_digest(lock)}"
    if not (folder / "complete").exists():
        _install(Path(sys.executable), lock, "--no-deps", "--target", str(folder))
        (folder / "complete").touch()
    return folder


def newer_python() -> Path:
    """An interpreter of Python 3.12 or later.

    Raises
    ------
    NoInterpreter
    """
    names = [os.environ.get("BENCHMARK_PYTHON"), sys.executable]
    names += [shutil.which(f"python{version}") for version in NEWEST_FIRST]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    names += [
        str(path) for version in NEWEST_FIRST for path in pyenv.glob(f"{version}*/bin/python")
    ]
    for name in filter(None, names):
        if _is_newer(name):
            return Path(name)
    raise NoInterpreter(NoInterpreter.__doc__)


def _is_newer(python: str) -> bool:
    asked = "import sys; raise SystemExit(sys.version_info < (3, 12))"
    return not subprocess.run([python, "-c", asked], check=False, capture_output=True).returncode


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:8]


def _install(python: Path, lock: Path, *options: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*command, "--require-hashes", "--only-binary", ":all:", *options, "-r", str(lock)],
        check=True,
    )

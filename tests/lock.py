"""Resolve pyproject.toml into the two hash-pinned lock files; needs `uv` on the PATH."""

import subprocess
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# No address of a package registry may be written into the repository.
OPTIONS = [
    "--generate-hashes",
    "--universal",
    "--python-version=3.11",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
    "--quiet",
]


def resolve(names: list[str], output: str, *constraints: str) -> None:
    """Write the pinned closure of `names` to `output`."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as wanted:
        wanted.write("\n".join(names) + "\n")
        wanted.flush()
        command = ["uv", "pip", "compile", wanted.name, "-o", output, *OPTIONS, *constraints]
        subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    resolve(project["project"]["dependencies"], "requirements.lock")
    resolve(
        project["dependency-groups"]["test"],
        "tests/requirements.lock",
        "-c",
        "requirements.lock",
    )

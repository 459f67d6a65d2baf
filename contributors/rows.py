"""Rows of a game as one local file, mapped read-only by every process of this machine.

The file is a cache: storage has the rows, and whoever finds no file makes it. It is named by
a digest of all that decides its bytes, appears whole or not at all, and is never changed.
Its first line names the batches whose rows it holds, so that an erasure finds it.
"""

import hashlib
import json
import mmap
import os
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

FORMAT = 1  # of the file; another number is another name
ALIGNED_BYTES = 64  # a line of the processor's cache, and of numpy's vectors
UNUSED_S_MAX = 24 * 3600  # then a file makes room; whoever wants it again makes it again

Part = tuple[NDArray[np.float64], NDArray[Any], int]  # x, y and the player of some rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """x (rows, features), y (rows,), owners (rows,): views of a mapped file, not writable."""

    x: NDArray[np.float64]
    y: NDArray[Any]
    owners: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the first line says: the batches, how many rows and features, the type of y."""

    batch_ids: tuple[str, ...]
    row_count: int
    feature_count: int
    target: str

    def line(self) -> bytes:
        """The first line, as long as keeps what follows aligned."""
        text = json.dumps([FORMAT, self.batch_ids, self.row_count, self.feature_count, self.target])
        missing = -(len(text) + 1) % ALIGNED_BYTES
        return (text + " " * missing + "\n").encode()

    @classmethod
    def of(cls, line: bytes) -> "Shape":
        _, batch_ids, row_count, feature_count, target = json.loads(line)
        return cls(
            batch_ids=tuple(batch_ids),
            row_count=row_count,
            feature_count=feature_count,
            target=target,
        )

    def sections(self, start: int) -> tuple[int, int, int, int]:
        """Where x, y and owners begin behind the first line, and where the file ends."""
        sizes = np.array([self.feature_count, 1, 1]) * self.row_count * 8  # eight bytes a number
        x, y, owners, end = (int(at) for at in start + np.cumsum([0, *sizes]))
        return x, y, owners, end


def folder() -> Path:
    """Where the files lie; others than this user may not look."""
    path: Path = settings.DATA_DIR / "cache" / "rows"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def path_of(spec: Any) -> Path:
    """The file for a document that says all that decides the rows and their order."""
    canonical = json.dumps([FORMAT, spec], sort_keys=True, separators=(",", ":"))
    return folder() / hashlib.sha256(canonical.encode()).hexdigest()


def mapped(path: Path) -> Rows | None:
    """The rows of the file, and that they were used; None if there is no file."""
    try:
        with path.open("rb") as file:
            os.utime(path)
            line = file.readline()
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError:
        return None
    shape = Shape.of(line)
    x, y, owners, end = shape.sections(len(line))
    assert len(memory) == end, f"{path} is not whole"
    count = shape.row_count
    numbers = np.frombuffer(memory, np.float64, count * shape.feature_count, x)
    return Rows(
        x=numbers.reshape(count, shape.feature_count),
        y=np.frombuffer(memory, shape.target, count, y),
        owners=np.frombuffer(memory, np.int64, count, owners),
    )


def make(path: Path, shape: Shape, parts: Iterable[Part]) -> None:
    """The file is there with the rows of the parts, one after another."""
    line = shape.line()
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(line)
            places = shape.sections(len(line))
            assert write(file, places, parts) == places, "the parts have as many rows as was said"
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave a file of zeros under its name
        os.replace(scratch, path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def write(
    file: BinaryIO, places: tuple[int, int, int, int], parts: Iterable[Part]
) -> tuple[int, int, int, int]:
    """Write x, y and owners to their places; return where each section begins and all ends."""
    at = list(places[:3])
    for x, y, owner in parts:
        sections = (x, y, np.full(len(x), owner, dtype=np.int64))
        for number, values in enumerate(sections):
            file.seek(at[number])
            at[number] += file.write(np.ascontiguousarray(values).data)
    return places[0], at[0], at[1], at[2]


def forget(batch_ids: Iterable[uuid.UUID]) -> None:
    """No file of this machine holds rows of these batches."""
    gone = {str(batch_id) for batch_id in batch_ids}
    for path, held in contents():
        if gone & held:
            path.unlink(missing_ok=True)


def forget_unused() -> None:
    """No file is left that nobody opened for a day, nor what a killed maker left behind."""
    for path, _ in contents():
        if time.time() - modified_at(path) > UNUSED_S_MAX:
            path.unlink(missing_ok=True)


def batches_held() -> set[str]:
    """The ids of all batches that have rows in some file."""
    return set().union(*(held for _, held in contents()))


def contents() -> Iterator[tuple[Path, set[str]]]:
    """Each file with the ids of its batches; one that is just being removed is left out."""
    for path in folder().iterdir():
        try:
            with path.open("rb") as file:
                line = file.readline()
        except FileNotFoundError:
            continue
        yield path, set(Shape.of(line).batch_ids) if line else set()


def modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()

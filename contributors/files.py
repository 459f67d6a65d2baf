"""Where rows and texts lie: Django's default storage, under names made of digests and ids."""

import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils.module_loading import import_string
from numpy.typing import NDArray

from contributors.core import digests
from contributors.core.limits import FILE_BYTES_MAX
from contributors.errors import FileTooLarge, InfectedFile

READ_BYTES = 1024 * 1024
BLOCK_ROWS = 65_536  # a few megabytes


def digest_of(file: BinaryIO) -> tuple[str, int]:
    """Return SHA-256 and size of the file, which is left at its start."""
    file.seek(0)
    sha256, size = hashlib.sha256(), 0
    while data := file.read(READ_BYTES):
        size += len(data)
        if size > FILE_BYTES_MAX:
            raise FileTooLarge("The file is larger than 2 GiB.")
        sha256.update(data)
    file.seek(0)
    return sha256.hexdigest(), size


def scan(file: BinaryIO) -> None:
    """Ask the virus scanner, if the setting VIRUS_SCANNER names one (a function of a file)."""
    if path := getattr(settings, "VIRUS_SCANNER", ""):
        scanner: Callable[[BinaryIO], str | None] = import_string(path)
        found = scanner(file)
        file.seek(0)
        if found:
            raise InfectedFile()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="intake-") as folder:
        yield Path(folder)


def put(name: str, content: Path | BinaryIO) -> str:
    """Store the content under the name, once; return the name it has."""
    if default_storage.exists(name):
        return name
    if isinstance(content, Path):
        with content.open("rb") as file:
            return default_storage.save(name, File(file))
    content.seek(0)
    return default_storage.save(name, File(content))


def remove(*names: str) -> None:
    """Delete what is there; what is gone already is fine."""
    for name in names:
        if name:
            default_storage.delete(name)


def opened(name: str) -> BinaryIO:
    return cast(BinaryIO, default_storage.open(name, "rb"))


def copy_to(name: str, path: Path) -> None:
    with opened(name) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, READ_BYTES)


def read_digests(name: str) -> digests.Digests:
    if not name:
        return np.zeros((0, 2), dtype=np.uint64)
    with opened(name) as file:
        return digests.from_bytes(file.read())


def put_mask(name: str, mask: NDArray[np.bool_]) -> str:
    return put(name, io.BytesIO(np.packbits(mask).tobytes()))


def read_mask(name: str, rows: int) -> NDArray[np.bool_]:
    with opened(name) as file:
        packed = np.frombuffer(file.read(), dtype=np.uint8)
    return np.unpackbits(packed, count=rows).astype(bool)


@contextmanager
def stored_digests(names: Sequence[str]) -> Iterator[list[digests.StoredDigests]]:
    """The digests of each file, read slice by slice; copied from storage unless it is local."""
    with scratch() as folder:
        yield [digests.StoredDigests(local(name, folder / str(n))) for n, name in enumerate(names)]


def local(name: str, copy: Path) -> Path:
    """Where the file lies on this machine; the copy, if storage is elsewhere or has no file."""
    try:
        return Path(default_storage.path(name)) if name else empty(copy)
    except NotImplementedError:
        copy_to(name, copy)
        return copy


def empty(path: Path) -> Path:
    path.touch()
    return path


def read_table(name: str, columns: list[str] | None = None) -> pa.Table:
    with opened(name) as file:
        return pq.read_table(pa.PythonFile(file, mode="r"), columns=columns)


def read_blocks(name: str, columns: list[str]) -> Iterator[pa.Table]:
    """Yield the rows of these columns, some ten thousand at a time."""
    with opened(name) as file:
        source = pq.ParquetFile(pa.PythonFile(file, mode="r"))
        for block in source.iter_batches(BLOCK_ROWS, columns=columns):
            yield pa.Table.from_batches([block])


def read_text(name: str) -> str:
    with opened(name) as file:
        return file.read().decode("utf-8")


def read_path(path: Path, columns: list[str] | None = None) -> pa.Table:
    return pq.read_table(path, columns=columns)

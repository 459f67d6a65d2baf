"""Row digests: 128 keyed bits that say whether two rows are the same row.

Multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast",
2014): with secret random 64-bit keys the upper half of the sum of key times 32-bit
word, modulo 2^64, collides with probability 2^-32; four independent sums give 128
bits. Without the programme's key a digest tells nothing about the row.
"""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contributors.core.schema import Column, text_buffers

LANES = 4
DIGEST_BYTES = 16
SHORT_BYTES = 64  # longer texts are hashed one by one
WORDS = SHORT_BYTES // 4

Digests = NDArray[np.uint64]  # shape (rows, 2); `StoredDigests` where only slices are read


def column_keys(key: bytes, name: str) -> NDArray[np.uint64]:
    """Return the secret factors of one column, shape (LANES, WORDS + 2), all odd."""
    seed = hashlib.shake_256(len(key).to_bytes(2, "big") + key + name.encode("utf-8"))
    raw = seed.digest(LANES * (WORDS + 2) * 8)
    return np.frombuffer(raw, dtype="<u8").reshape(LANES, WORDS + 2) | np.uint64(1)


def row_digests(table: pa.Table, *, columns: tuple[Column, ...], key: bytes) -> Digests:
    """Return the digests of the rows over `columns`, whatever the order of the columns."""
    sums = np.zeros((LANES, table.num_rows), dtype=np.uint64)
    for column in columns:
        keys = column_keys(key, column.name)
        values = table[column.name].combine_chunks()
        add = add_numbers if column.kind == "number" else add_texts
        add(sums, values, keys)
    words = (sums >> np.uint64(32)).astype(np.uint64)
    return np.stack([words[0] << np.uint64(32) | words[1], words[2] << np.uint64(32) | words[3]], 1)


def add_numbers(sums: NDArray[np.uint64], values: pa.Array, keys: NDArray[np.uint64]) -> None:
    """Add float64 values by their bits; minus zero is zero."""
    bits = (values.to_numpy(zero_copy_only=False) + 0.0).view(np.uint64)
    low, high = bits & np.uint64(0xFFFFFFFF), bits >> np.uint64(32)
    for lane in range(LANES):
        sums[lane] += keys[lane, 0] * low + keys[lane, 1] * high + keys[lane, 2]


def add_texts(sums: NDArray[np.uint64], values: pa.Array, keys: NDArray[np.uint64]) -> None:
    """Add texts by their UTF-8 bytes, padded with zeros to words, and their length."""
    offsets, data = text_buffers(values)
    lengths = np.diff(offsets)
    width = min(SHORT_BYTES, -(-int(lengths.max(initial=0)) // 4) * 4)
    words = padded(offsets, data, width)
    for lane in range(LANES):
        sums[lane] += lengths.astype(np.uint64) * keys[lane, WORDS] + keys[lane, WORDS + 1]
        for word in range(width // 4):
            sums[lane] += words[:, word] * keys[lane, word]
    for row in np.flatnonzero(lengths > SHORT_BYTES):
        rest = data[offsets[row] : offsets[row + 1]].tobytes()
        digest = hashlib.blake2b(rest, digest_size=32, key=keys[0].tobytes()[:64]).digest()
        sums[:, row] += np.frombuffer(digest, dtype="<u8")


def padded(offsets: NDArray[np.int64], data: NDArray[np.uint8], width: int) -> NDArray[np.uint64]:
    """Return the first `width` bytes of each text as 32-bit words, shape (n, width // 4)."""
    lengths = np.diff(offsets)
    if width == 0 or len(lengths) == 0:
        return np.zeros((len(lengths), 0), dtype=np.uint64)
    data = np.concatenate([data, np.zeros(width, dtype=np.uint8)])
    at = offsets[:-1, None] + np.arange(width)
    window = np.where(np.arange(width) < lengths[:, None], data[np.minimum(at, len(data) - 1)], 0)
    return np.ascontiguousarray(window.astype(np.uint8)).view("<u4").astype(np.uint64)


def text_digest(text: str, *, key: bytes) -> Digests:
    """Return the digest of a whole text; runs of white space count as one, case does not."""
    plain = " ".join(text.split()).casefold().encode("utf-8")
    digest = hashlib.blake2b(plain, digest_size=DIGEST_BYTES, key=key[:64]).digest()
    return np.frombuffer(digest, dtype="<u8").reshape(1, 2).astype(np.uint64)


def to_bytes(digests: Digests) -> bytes:
    return digests.astype("<u8").tobytes()


def from_bytes(data: bytes) -> Digests:
    return np.frombuffer(data, dtype="<u8").reshape(-1, 2).astype(np.uint64)


class StoredDigests:
    """Digests in a file, read slice by slice: 40 million rows would be 640 MB in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = path.stat().st_size // DIGEST_BYTES

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, rows: slice) -> Digests:
        start, stop, _ = rows.indices(self.rows)
        count = max(0, stop - start) * 2
        found = np.fromfile(self.path, dtype="<u8", count=count, offset=start * DIGEST_BYTES)
        return found.reshape(-1, 2)

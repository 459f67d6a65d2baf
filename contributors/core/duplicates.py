"""Which rows were there before: search by digest, in slices of bounded memory."""

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contributors.core.digests import Digests, StoredDigests

SLICE_ROWS = 1_000_000  # sorted at once in memory, with copies: about 100 MB
SPILLED_ROWS = 250_000  # of more rows, as many are read, and sorted, at once


def first_occurrences(batches: Sequence[Digests | StoredDigests]) -> list[NDArray[np.bool_]]:
    """Return for each batch which rows occur neither before in it nor in an earlier batch.

    >>> one = np.array([[1, 1], [2, 2], [1, 1]], dtype=np.uint64)
    >>> two = np.array([[2, 2], [3, 3]], dtype=np.uint64)
    >>> [mask.tolist() for mask in first_occurrences([one, two])]
    [[True, True, False], [False, True]]
    """
    starts = np.cumsum([0, *(len(digests) for digests in batches)])
    firsts = np.zeros(starts[-1], dtype=bool)
    if starts[-1] <= SLICE_ROWS:
        if starts[-1]:
            firsts[first_indices(np.concatenate([d[:] for d in batches]))] = True
    else:
        with tempfile.TemporaryDirectory(prefix="digests-") as folder:
            for path in spilled(batches, Path(folder), slices=int(-(-starts[-1] // SPILLED_ROWS))):
                mark_firsts(path, firsts)
    return [firsts[a:b] for a, b in pairwise(starts)]


SPILLED = np.dtype([("digest", "<u8", 2), ("row", "<i8")])


def spilled(batches: Sequence[Digests | StoredDigests], folder: Path, *, slices: int) -> list[Path]:
    """Write (digest, row) to one file per slice of the first word, block by block."""
    paths = [folder / str(index) for index in range(slices)]
    width, start = np.uint64(2**64 // slices + 1), 0
    for digests in batches:
        for begin in range(0, len(digests), SPILLED_ROWS):
            block = np.asarray(digests[begin : begin + SPILLED_ROWS])
            order = np.argsort(block[:, 0] // width, kind="stable")
            records = np.empty(len(block), dtype=SPILLED)
            records["digest"], records["row"] = block[order], start + order
            ends = np.searchsorted(records["digest"][:, 0] // width, np.arange(slices), "right")
            for path, own in zip(paths, np.split(records, ends[:-1]), strict=True):
                with path.open("ab") as file:
                    file.write(own.data)
            start += len(block)
    return paths


def mark_firsts(path: Path, firsts: NDArray[np.bool_]) -> None:
    """Mark the rows of one slice that are the first with their digest."""
    records = np.fromfile(path, dtype=SPILLED)
    if len(records):
        firsts[records["row"][first_indices(records["digest"])]] = True


def first_indices(digests: Digests) -> NDArray[np.int64]:
    """Return the indices of the first of each run of equal digests, in ascending order.

    Only rows whose first word occurs more than once are compared in full: 64 bits differ
    for almost all rows that differ.
    """
    ranked = np.sort(digests[:, 0])
    repeated = np.unique(ranked[1:][ranked[1:] == ranked[:-1]])
    if len(repeated) == 0:
        return np.arange(len(digests))
    at = np.minimum(np.searchsorted(repeated, digests[:, 0]), len(repeated) - 1)
    suspects = np.flatnonzero(repeated[at] == digests[:, 0])
    first = np.ones(len(digests), dtype=bool)
    first[suspects] = False
    first[suspects[first_of_runs(digests[suspects])]] = True
    return np.flatnonzero(first)


def first_of_runs(digests: Digests) -> NDArray[np.int64]:
    order = np.lexsort((np.arange(len(digests)), digests[:, 1], digests[:, 0]))
    ranked = digests[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    return order[new]


def is_in(digests: Digests, other: Digests) -> NDArray[np.bool_]:
    """Return which rows of `digests` occur in `other`, comparing all 128 bits."""
    if len(other) == 0:
        return np.zeros(len(digests), dtype=bool)
    ranked = unique(other)
    at = np.searchsorted(ranked[:, 0], digests[:, 0])
    found = np.zeros(len(digests), dtype=bool)
    # Equal first words are almost always one row; step on while they are equal.
    while True:
        inside = at < len(ranked)
        same = inside & (ranked[np.minimum(at, len(ranked) - 1), 0] == digests[:, 0])
        found |= same & (ranked[np.minimum(at, len(ranked) - 1), 1] == digests[:, 1])
        if not (same & ~found).any():
            return found
        at = at + (same & ~found)


def unique(digests: Digests) -> Digests:
    """Return the digests once each, in order of both words."""
    ranked = digests[np.lexsort((digests[:, 1], digests[:, 0]))]
    new = np.ones(len(ranked), dtype=bool)
    new[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    return ranked[new]

"""Which rows were there before: search by digest, in slices of bounded memory."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contributors.core.digests import Digests

SLICE_ROWS = 4_000_000  # sorted at once: 4 M rows take about 200 MB


def first_occurrences(batches: Sequence[Digests]) -> list[NDArray[np.bool_]]:
    """Return for each batch which rows occur neither before in it nor in an earlier batch.

    >>> one = np.array([[1, 1], [2, 2], [1, 1]], dtype=np.uint64)
    >>> two = np.array([[2, 2], [3, 3]], dtype=np.uint64)
    >>> [mask.tolist() for mask in first_occurrences([one, two])]
    [[True, True, False], [False, True]]
    """
    masks = [np.zeros(len(digests), dtype=bool) for digests in batches]
    if not batches:
        return masks
    slices = max(1, -(-sum(len(digests) for digests in batches) // SLICE_ROWS))
    for index in range(slices):
        mark_firsts(batches, masks, index=index, slices=slices)
    return masks


def mark_firsts(
    batches: Sequence[Digests], masks: list[NDArray[np.bool_]], *, index: int, slices: int
) -> None:
    """Mark the first occurrences among digests whose first word falls into this slice."""
    chosen = [np.flatnonzero(digests[:, 0] % slices == index) for digests in batches]
    pool = np.concatenate([d[rows] for d, rows in zip(batches, chosen, strict=True)])
    firsts = np.zeros(len(pool), dtype=bool)
    firsts[first_indices(pool)] = True
    start = 0
    for rows, mask in zip(chosen, masks, strict=True):
        mask[rows] = firsts[start : start + len(rows)]
        start += len(rows)


def first_indices(digests: Digests) -> NDArray[np.int64]:
    """Return the index of the first of each run of equal digests."""
    order = np.lexsort((np.arange(len(digests)), digests[:, 1], digests[:, 0]))
    ranked = digests[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    return order[new]


def occurs_in(digests: Digests, others: Sequence[Digests]) -> NDArray[np.bool_]:
    """Return which rows of `digests` occur in any of `others`."""
    found = np.zeros(len(digests), dtype=bool)
    for other in others:
        if len(other):
            found |= is_in(digests, other)
    return found


def is_in(digests: Digests, other: Digests) -> NDArray[np.bool_]:
    """Return which rows of `digests` occur in `other`, comparing all 128 bits."""
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

"""Who is one player: connected contributors, and what their data is called."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def groups(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Return the connected components of the pairs, sorted inside and among each other.

    >>> groups(["UA", "DL", "B6"], [("UA", "B6")])
    (('B6', 'UA'), ('DL',))
    """
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    for one, other in pairs:
        if one in parent and other in parent:
            parent[root(one)] = root(other)
    found: dict[str, list[str]] = {}
    for name in sorted(parent):
        found.setdefault(root(name), []).append(name)
    return tuple(sorted(tuple(group) for group in found.values()))


def data_digest(contents: Sequence[tuple[str, NDArray[np.bool_]]]) -> str:
    """SHA-256 over the sorted content digests of the batches.

    A batch of which rows are left out as duplicates is followed by the SHA-256 of its
    mask of kept rows (one byte each), so the digest names exactly the rows in the game.
    """
    lines = [
        content if kept.all() else f"{content} {hashlib.sha256(kept.tobytes()).hexdigest()}"
        for content, kept in contents
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode("ascii")).hexdigest()

"""Coalitions: boolean rows, their keys, and how a round of them is cut into shards.

A *coalition* of n players is a boolean row of length n; a set of them is an
array (b, n). Its *key* is the row packed into ceil(n / 8) bytes, player i being
bit i with player 0 the least significant, so there is no limit on n. A *round*
is what a method asks for at once, a *shard* the part of it that one worker
evaluates in one call of the game.

**Same bits.** One matrix product cut differently gives other last bits, so what
is in a call matters: coalitions are made distinct before they are cut, the cut
depends on the round and the size alone, and a shard is evaluated and stored
whole. Then any number of workers in any order gives the same numbers.

>>> keys(np.array([[True, False, True], [False, True, False]]))
[b'\\x05', b'\\x02']
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Coalitions: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]

SHARD_SIZE = 16  # coalitions; at 10 ms a refit a shard lasts 0.2 s, so four workers share 64
SHARD_SIZE_CHEAP = 4096  # coalitions of a few microseconds each: the call must not dominate


def keys(coalitions: Coalitions) -> list[bytes]:
    """The key of every row, in order."""
    packed = np.packbits(coalitions, axis=1, bitorder="little")
    flat, width = packed.tobytes(), packed.shape[1]
    return [flat[start : start + width] for start in range(0, len(flat), width)]


def coalitions_of(names: list[bytes], n_players: int) -> Coalitions:
    """The rows of the keys: the inverse of `keys`.

    >>> coalitions_of([b'\\x05'], 3)
    array([[ True, False,  True]])
    """
    packed = np.frombuffer(b"".join(names), dtype=np.uint8).reshape(len(names), -1)
    return np.unpackbits(packed, axis=1, count=n_players, bitorder="little").view(np.bool_)


def distinct(coalitions: Coalitions) -> Coalitions:
    """The rows without repetition, each where it first occurs.

    >>> distinct(np.array([[True, False], [True, False], [True, True]]))
    array([[ True, False],
           [ True,  True]])
    """
    first: dict[bytes, int] = {}
    for row, name in enumerate(keys(coalitions)):
        first.setdefault(name, row)
    return coalitions[list(first.values())]


def enumerated(n_players: int, start: int = 0, stop: int | None = None) -> Coalitions:
    """Coalitions number `start` to `stop` (default 2**n) in the order of their bits.

    >>> enumerated(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    numbers = np.arange(start, 1 << n_players if stop is None else stop, dtype="<u8")
    octets = numbers.view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, count=n_players, bitorder="little").view(np.bool_)


def ends(n_players: int) -> Coalitions:
    """The empty and the grand coalition, (2, n): the first round of every run."""
    return np.repeat([[False], [True]], n_players, axis=1)


def shard_cut(coalitions: Coalitions, size: int) -> Iterator[Coalitions]:
    """Consecutive shards of `size` coalitions, the last one shorter.

    The cut is part of a run's specification: the same round cut at another size
    may give other last bits. So a run keeps the size it began with, a round is
    cut once, and a shard that was lost is evaluated again as it was.

    >>> [len(shard) for shard in shard_cut(enumerated(3), 3)]
    [3, 3, 2]
    """
    for start in range(0, len(coalitions), size):
        yield coalitions[start : start + size]


def memo_digest(known: Mapping[bytes, float]) -> str:
    """SHA-256 of a memo, in order of its keys: names it in a run's specification.

    >>> memo_digest({b"\\x01": 0.5})[:8]
    '4b655e01'
    """
    digest = hashlib.sha256()
    for name in sorted(known):
        digest.update(name + np.array(known[name], dtype="<f8").tobytes())
    return digest.hexdigest()

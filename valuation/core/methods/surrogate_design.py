"""Which coalitions the surrogate asks for: a first sample by size, then those that tell most.

The first sample spreads the budget over the sizes, small coalitions more often (a data set gains
most from its first rows), none twice, a size that is exhausted leaving its share to the others, and
within a size every player about equally often. Later rounds take, one after the other, the
coalition that lowers the sum of the players' posterior variances most, given those taken before
(Bayesian experimental design for a linear functional: Chaloner & Verdinelli 1995, A-optimality).
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

from valuation.core.coalitions import Coalitions, keys
from valuation.core.methods import surrogate_kernel as kernel
from valuation.core.methods.surrogate_posterior import Posterior, Sample

SMALL_FIRST = 0.75  # a size's share of the first sample falls as (s + 1)^−this; 0 to 1 tried


def shares(n: int, count: int, known: dict[int, int]) -> dict[int, int]:
    """How many coalitions of each size 1…n−1 to take: `count` in all, or as many as are left.

    Parameters
    ----------
    known : how many of each size have been taken
    """
    left = {s: comb(n, s) - known.get(s, 0) for s in range(1, n)}
    taken = dict.fromkeys(left, 0)
    while count > 0 and any(left.values()):
        open_ = [s for s in left if left[s]]
        weights = np.array([(s + 1.0) ** -SMALL_FIRST for s in open_])
        exact = weights / weights.sum() * count
        whole = np.floor(exact).astype(int)
        order = np.argsort(whole - exact, kind="stable")
        whole[order[: count - whole.sum()]] += 1
        for s, wanted in zip(open_, whole.tolist(), strict=True):
            got = min(wanted, left[s])
            taken[s], left[s], count = taken[s] + got, left[s] - got, count - got
    return taken


def spread(n: int, count: int, seen: set[bytes], generator: np.random.Generator) -> Coalitions:
    """New coalitions over all sizes by `shares`, as many of them as there are, up to `count`."""
    sizes = _sizes(seen, n)
    chosen = [
        _of_size(n, s, wanted, seen, generator)
        for s, wanted in shares(n, count, sizes).items()
        if wanted
    ]
    return np.concatenate(chosen) if chosen else np.empty((0, n), dtype=np.bool_)


def _sizes(seen: set[bytes], n: int) -> dict[int, int]:
    counts: dict[int, int] = {}
    for name in seen:
        size = int.from_bytes(name, "little").bit_count()
        counts[size] = counts.get(size, 0) + 1
    return counts


def _of_size(
    n: int, size: int, count: int, seen: set[bytes], generator: np.random.Generator
) -> Coalitions:
    """`count` distinct coalitions of one size that are not in `seen`."""
    if comb(n, size) <= 4 * count + len(seen):
        everything = np.zeros((comb(n, size), n), dtype=np.bool_)
        for row, players in enumerate(combinations(range(n), size)):
            everything[row, list(players)] = True
        fresh = everything[[name not in seen for name in keys(everything)]]
        return fresh[generator.permutation(len(fresh))[:count]]
    return _drawn(n, size, count, seen, generator)


def _drawn(
    n: int, size: int, count: int, seen: set[bytes], generator: np.random.Generator
) -> Coalitions:
    """Cut from shuffled rows of all players, so that each occurs about equally often."""
    found: dict[bytes, Coalitions] = {}
    while len(found) < count:
        players = np.concatenate([generator.permutation(n) for _ in range(size)])
        rows = np.zeros((n, n), dtype=np.bool_)
        rows[np.repeat(np.arange(n), size), players] = True
        for name, row in zip(keys(rows), rows, strict=True):
            if row.sum() == size and name not in seen and len(found) < count:
                found.setdefault(name, row)
    return np.stack(list(found.values()))


def telling(posterior: Posterior, candidates: Sample, count: int) -> list[int]:
    """The candidates that, taken in this order, lower the players' variances most; greedy.

    Conditioning on one candidate changes the covariances of the others by rank one; only the
    columns of those picked are formed: O(candidates · (candidates · sample + picks²)).
    """
    joint, towards = posterior.conditioned(candidates)
    own = np.maximum(np.diag(joint).copy(), kernel.WHITE_MIN)
    columns = np.empty((count, len(own)))
    picked: list[int] = []
    for step in range(count):
        gain = (towards**2).sum(axis=1) / own
        gain[picked] = -1.0
        best = int(gain.argmax())
        deviation = np.sqrt(own[best])
        column = (joint[best] - columns[:step, best] @ columns[:step]) / deviation
        towards -= np.outer(column, towards[best] / deviation)
        own = np.maximum(own - column**2, kernel.WHITE_MIN)
        columns[step] = column
        picked.append(best)
    return picked

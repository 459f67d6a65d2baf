"""Near-duplicates: the share of rows whose nearest row elsewhere has them as its nearest.

Two batches of one distribution share about a third of their rows in this sense, whatever
their dimension; a jittered copy shares nearly all (docs/integrity.md, ATTACKS A4). No
distance threshold is needed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Mask = NDArray[np.bool_]

SAMPLE_ROWS = 1_000  # a share known to 1.6 points
BLOCK_CELLS = 4_000_000  # distances held at once: 32 MB
# What two honest batches of equal size share; measured on credit default and Adult.
HONEST_SHARE = 0.35
CONTROL_SE = 3.0  # one honest batch in 700: a batch is compared with the held-out sets once
CHANCE_SE = 4.0  # one pair in 30,000: a hundred contributors make 5,000 pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class NearShare:
    """The mutual share of the smaller batch, and what honest batches of these sizes share."""

    share: float
    honest: float
    rows: int

    @property
    def excess(self) -> float:
        """The share of rows beyond an honest batch's, of those that it does not share."""
        return (self.share - self.honest) / (1 - self.honest)

    @property
    def copied(self) -> float:
        """The share of rows that must be copies to explain the rest; 0 when honest."""
        return max(0.0, self.excess)

    @property
    def excess_se(self) -> float:
        """The standard error of the excess by the rows compared."""
        spread = max(self.share * (1 - self.share), 1 / max(1, self.rows))
        return float(np.sqrt(spread / max(1, self.rows)) / (1 - self.honest))

    def looks_copied(self, cut: float) -> bool:
        """Whether the share is beyond `cut` (as for equal sizes) and beyond chance."""
        chance = CHANCE_SE * float(np.sqrt(self.honest * (1 - self.honest) / max(1, self.rows)))
        beyond = (cut - HONEST_SHARE) / (1 - HONEST_SHARE)
        return self.copied >= beyond and self.share >= self.honest + chance


def nearer_than(found: NearShare, control: NearShare) -> bool:
    """Whether a batch is nearer to one set than to another of the same source, beyond chance."""
    chance = CONTROL_SE * float(np.hypot(found.excess_se, control.excess_se))
    return found.excess - control.excess > chance


def standardised(a: Rows, b: Rows, scale: Rows | None) -> tuple[Rows, Rows]:
    """Divide both by the scale; columns of scale 0 are left out.

    The scale should come from data that neither sender wrote (the validation set): else a
    little noise in a column that is otherwise constant would count like any other.
    """
    scale = np.concatenate([a, b]).std(axis=0) if scale is None else scale
    varying = scale > 0
    centre = np.median(a, axis=0)[varying]
    return (a[:, varying] - centre) / scale[varying], (b[:, varying] - centre) / scale[varying]


def mutual_share(a: Rows, b: Rows, *, scale: Rows | None = None, seed: int = 0) -> NearShare:
    """Return the share of rows of the smaller batch that are mutually nearest with the larger.

    Rows of the smaller are drawn if there are many; they are sought among all rows.
    """
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    if len(small) == 0:
        return NearShare(share=0.0, honest=HONEST_SHARE, rows=0)
    ratio = len(large) / len(small)
    small, large = standardised(small, large, scale)
    rows = sampled(len(small), seed)
    there = nearest(small[rows], large)
    back = nearest(large[there], small)
    share = float((back == rows).mean())
    return NearShare(share=share, honest=honest_share(ratio), rows=len(rows))


def copied_rows(earlier: Rows, later: Rows, *, scale: Rows | None, cut: float) -> Mask:
    """Return which rows of `later` are copies of rows of `earlier`.

    Mutually nearest rows are taken out of both, again and again, until what is left looks
    like honest batches; so a copy goes nearly whole, and of half a copy the honest half stays
    but for the rows that are alike by chance.
    """
    a, b = standardised(earlier, later, scale)
    left_a, left_b = np.arange(len(a)), np.arange(len(b))
    copied = np.zeros(len(b), dtype=bool)
    while min(len(left_a), len(left_b)) > 0:
        there, back = nearest(b[left_b], a[left_a]), nearest(a[left_a], b[left_b])
        mutual = back[there] == np.arange(len(left_b))
        sizes = sorted([len(left_a), len(left_b)])
        share = float(mutual.sum() / sizes[0])
        rest = NearShare(share=share, honest=honest_share(sizes[1] / sizes[0]), rows=sizes[0])
        if not rest.looks_copied(cut):
            break
        copied[left_b[mutual]] = True
        left_a, left_b = np.delete(left_a, there[mutual]), left_b[~mutual]
    return copied


def honest_share(ratio: float) -> float:
    """Return what honest batches share when the larger has `ratio` times the rows.

    In one distribution the chance that a row is nearest to its nearest row is r / (1 + r)
    for sizes 1 : r if regions of a row were independent; the constant is fitted at r = 1.

    >>> honest_share(1.0)
    0.35
    """
    return ratio / (ratio + (1 - HONEST_SHARE) / HONEST_SHARE)


def sampled(count: int, seed: int) -> NDArray[np.int64]:
    if count <= SAMPLE_ROWS:
        return np.arange(count)
    drawn = np.random.default_rng(seed).choice(count, SAMPLE_ROWS, replace=False)
    return np.sort(drawn)


def nearest(points: Rows, among: Rows) -> NDArray[np.int64]:
    """Return for each point the index of its nearest row in `among`, ties to the lower index."""
    found = np.empty(len(points), dtype=np.int64)
    squares = (among**2).sum(axis=1)
    step = max(1, BLOCK_CELLS // max(1, len(among)))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        found[start : start + step] = np.argmin(squares - 2 * block @ among.T, axis=1)
    return found

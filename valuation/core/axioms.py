"""The axioms a value may be held to; tests use them, and every run its efficiency gap."""

import numpy as np

from valuation.core.coalitions import Floats, enumerated
from valuation.core.result import Result

EFFICIENCY_GAP_MAX = 1e-9  # of the range: rounding of 2**20 terms stays below 1e-12


def efficiency_gap(result: Result) -> float:
    """Σ values − (v(N) − v(∅)).

    >>> result = Result(values=np.array([1.0, 2.5]), standard_errors=np.zeros(2),
    ...                 method="exact", empty=0.0, grand=3.0)
    >>> efficiency_gap(result)
    0.5
    """
    return float(result.values.sum() - (result.grand - result.empty))


def is_efficient(result: Result) -> bool:
    """Whether the gap is rounding only, on the scale of the values."""
    scale = max(abs(result.grand - result.empty), float(np.abs(result.values).sum()))
    scale = max(scale, abs(result.grand), abs(result.empty))
    return abs(efficiency_gap(result)) <= EFFICIENCY_GAP_MAX * scale


def null_players(table: Floats) -> list[int]:
    """Players whose joining never changes a coalition's utility; table of all 2**n.

    >>> null_players(np.array([0.0, 1.0, 0.0, 1.0]))
    [1]
    """
    n_players = (len(table) - 1).bit_length()
    pairs = (table.reshape(-1, 2, 1 << player) for player in range(n_players))
    return [player for player, pair in enumerate(pairs) if np.array_equal(pair[:, 0], pair[:, 1])]


def symmetric_players(table: Floats, one: int, other: int) -> bool:
    """Whether exchanging two players changes no utility; table of all 2**n.

    >>> symmetric_players(np.array([0.0, 1.0, 1.0, 3.0]), 0, 1)
    True
    """
    members = enumerated((len(table) - 1).bit_length())
    apart = np.flatnonzero(members[:, one] & ~members[:, other])
    return bool(np.array_equal(table[apart], table[apart ^ (1 << one) ^ (1 << other)]))

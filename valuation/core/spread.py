"""Standard errors: the spread of random parts, allowed for their number.

The printed 95 % interval is value ± 1.96 standard errors whatever the sample;
what a small sample needs beyond that is in the standard error itself. How well
the intervals cover is measured by tests/benchmarks/valuation/coverage.py.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from valuation.core.coalitions import Floats
from valuation.core.result import Z_95

PRIOR_PARTS = 2  # parts of average spread added to every player's own: no spread is 0 by luck


@lru_cache(maxsize=1024)
def small_sample_factor(freedom: float) -> float:
    """By how much Student's 97.5 % quantile exceeds the normal one.

    >>> round(small_sample_factor(9), 3), round(small_sample_factor(1000), 3)
    (1.154, 1.001)
    """
    return float(stdtrit(max(freedom, 1.0), 0.975)) / Z_95


def errors_by_position(parts: Floats, positions: NDArray[np.int64]) -> Floats:
    """Standard errors of the column means of marginal contributions.

    Parameters
    ----------
    parts : float64 (k, n), independent rows, k ≥ 2
    positions : int (k, n), where in its permutation each player joined

    Notes
    -----
    Marginal contributions are skewed: the first to join moves the utility most,
    and a sample where a player never came first shows neither that nor its
    spread (plain standard errors then cover 60–80 % where 95 % is printed). So the
    spread between positions is taken from all players together, and the spread
    around it from the player's own, relative to what those positions have on
    average.
    """
    count, n_players = parts.shape
    at = positions.ravel()
    seen = np.bincount(at)
    share, seen = seen / seen.sum(), np.maximum(seen, 1)
    profile = np.bincount(at, parts.ravel()) / seen
    between = float(share @ (profile - share @ profile) ** 2)
    residuals = parts - profile[positions]
    squares = (residuals - residuals.mean(axis=0)) ** 2 * (count / (count - 1))
    usual = np.bincount(at, squares.ravel()) / seen * (n_players / (n_players - 1))
    within = float(share @ usual)
    if within == 0.0:
        return np.full(n_players, np.sqrt(between / count))
    prior = PRIOR_PARTS * within
    own = (squares.sum(axis=0) + prior) / (usual[positions].sum(axis=0) + prior)
    freedom = 2 * count  # between one part's and all players' together; by trial
    return np.sqrt((between + own * within) / count) * small_sample_factor(freedom)

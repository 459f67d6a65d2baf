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
    average. Both are unbiased: what a position is worth is told apart from who
    happened to join there, and the noise of that profile is taken off.
    """
    count, n_players = parts.shape
    at = positions.ravel()
    seen = np.maximum(np.bincount(at), 1)
    profile = _profile(parts, positions)
    residuals = parts - profile[positions]
    residuals -= residuals.mean(axis=0)
    left = max(parts.size - n_players - len(profile) + 1, 1)  # after players and positions
    squares = residuals**2 * (parts.size / left)
    within = float(squares.mean())
    noise = (len(profile) - 1) / parts.size * within
    between = max(float((profile[positions] ** 2).mean()) - noise, 0.0)
    if within == 0.0:
        return np.full(n_players, np.sqrt(between / count))
    usual = np.bincount(at, squares.ravel()) / seen
    prior = PRIOR_PARTS * within
    own = (squares.sum(axis=0) + prior) / (usual[positions].sum(axis=0) + prior)
    freedom = 2 * count  # between one part's and all players' together; by trial
    return np.sqrt((between + own * within) / count) * small_sample_factor(freedom)


def _profile(parts: Floats, positions: NDArray[np.int64]) -> Floats:
    """What each position adds to a part, beside the player: two-way least squares, mean 0.

    Every player is given one more part, of average worth: where player and position
    cannot be told apart, the position has the credit, and the interval is the wider.
    """
    count, n_players = parts.shape
    at = positions.ravel()
    seen = np.bincount(at).astype(np.float64)
    met = np.zeros((n_players, len(seen)))
    np.add.at(met, (np.tile(np.arange(n_players), count), at), 1.0)
    centred = parts - parts.mean()
    of_players = centred.sum(axis=0) / (count + 1)
    sums = np.bincount(at, centred.ravel()) - of_players @ met
    profile = np.linalg.lstsq(np.diag(seen) - met.T @ met / (count + 1), sums, rcond=None)[0]
    return np.asarray(profile - seen @ profile / seen.sum())

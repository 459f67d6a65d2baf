"""Standard errors: the spread of independent parts, allowed for their number."""

from functools import lru_cache

import numpy as np
from scipy.special import stdtrit

from valuation.core.coalitions import Floats
from valuation.core.result import Z_95


@lru_cache(maxsize=1024)
def small_sample_factor(freedom: float) -> float:
    """By how much Student's 97.5 % quantile exceeds the normal one.

    The printed interval is value ± 1.96 standard errors whatever the sample, so
    a standard error from few parts is widened by this factor.

    >>> round(small_sample_factor(9), 3), round(small_sample_factor(1000), 3)
    (1.154, 1.001)
    """
    return float(stdtrit(freedom, 0.975)) / Z_95


def mean_and_error(parts: Floats) -> tuple[Floats, Floats]:
    """Mean of independent rows and its standard error; parts (k, n), k ≥ 2."""
    count = len(parts)
    errors = parts.std(axis=0, ddof=1) / np.sqrt(count) * small_sample_factor(count - 1)
    return parts.mean(axis=0), errors

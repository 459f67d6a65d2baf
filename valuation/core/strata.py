"""What membership changes among coalitions of one size: the strata of a value.

Maleki, S. et al. (2013). Bounding the estimation error of sampling-based Shapley
value approximation. Every coalition serves all players at once: Kolpaczki, P. et
al. (2024). Approximating the Shapley value without marginal contributions.
"""

from dataclasses import dataclass

import numpy as np

from valuation.core.coalitions import Coalitions, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Mean utility with each player minus without, among coalitions of one size.

    Attributes
    ----------
    difference : float64 (n,), NaN where all or none of the coalitions have the player
    variance : float64 (n,), NaN alike; 0 once the stratum is exhausted
    mean, mean_variance : float, of all the coalitions
    freedom : float, what is left to judge the spread by
    """

    difference: Floats
    variance: Floats
    mean: float
    mean_variance: float
    freedom: float


def contrast(members: Coalitions, utilities: Floats, capacity: float) -> Contrast:
    """Compare the utilities (m,) of distinct coalitions (m, n) of one size, of `capacity` many."""
    count = len(members)
    inside = members.sum(axis=0).astype(np.float64)
    outside = count - inside
    known = (inside > 0) & (outside > 0)
    inside, outside = np.maximum(inside, 1.0), np.maximum(outside, 1.0)
    mean_in = utilities @ members / inside
    mean_out = utilities @ ~members / outside
    residuals = utilities[:, None] - np.where(members, mean_in, mean_out)
    squares = (residuals[:, known] ** 2).sum(axis=0).mean() if known.any() else 0.0
    spread = squares / max(count - 2, 0.5)  # two means; from two coalitions nothing is left
    left_out = 1.0 - count / capacity  # finite population: nothing is uncertain once all are in
    return Contrast(
        difference=np.where(known, mean_in - mean_out, np.nan),
        variance=np.where(known, left_out * spread * (1.0 / inside + 1.0 / outside), np.nan),
        mean=float(utilities.mean()),
        mean_variance=left_out * float(utilities.var(ddof=1)) / count if count > 1 else 0.0,
        freedom=max(count - 2, 0),
    )


def filled(contrasts: list[Contrast]) -> tuple[Floats, Floats]:
    """Differences and variances, (strata, n) each, what is unknown taken from the other strata.

    An unknown difference is the player's mean over the sizes where it is known,
    and as uncertain as those are apart.
    """
    difference = np.array([one.difference for one in contrasts])
    variance = np.array([one.variance for one in contrasts])
    unknown = np.isnan(difference)
    if unknown.any():
        known = np.maximum((~unknown).sum(axis=0), 1)
        mean = np.where(unknown, 0.0, difference).sum(axis=0) / known
        apart = np.where(unknown, 0.0, difference - mean) ** 2
        doubt = apart.sum() / max((~unknown).sum() - difference.shape[1], 1)
        usual = np.where(unknown, 0.0, variance).sum(axis=0) / known
        difference = np.where(unknown, mean, difference)
        variance = np.where(unknown, usual + doubt, variance)
    return difference, variance

"""Weighted least squares of v on membership, over pairs of a coalition and its complement.

The Shapley value is the solution of a least-squares problem over all coalitions
(Charnes et al. 1988; Lundberg & Lee 2017, the Shapley kernel). Over complement
pairs it reads: v(S) − v(complement) = Σ ±φ_i, with Σ φ_i = v(N) − v(∅) exactly.
"""

from dataclasses import dataclass

import numpy as np

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.spread import small_sample_factor
from valuation.errors import BudgetTooSmall

RANK_TOLERANCE = 1e-10  # of the largest singular value: below, a direction is not determined
RESIDUAL_POWER = 0.65  # residual / (1 − leverage)**0.65 covers 95 % by trial; HC2 is ½, HC3 is 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Values (n,) that sum to the range, and their standard errors (n,)."""

    values: Floats
    standard_errors: Floats


def fit_pairs(
    members: Coalitions,
    differences: Floats,
    weights: Floats,
    range_: float,
    *,
    columns: Floats | None = None,
    unseen: Floats | None = None,
) -> Fit:
    """Solve for the values.

    Parameters
    ----------
    members : bool (m, n), one coalition of each pair
    differences : float64 (m,), v(coalition) − v(complement)
    weights : float64 (m,)
    range_ : float, v(N) − v(∅)
    columns : float64 (m, c) or None
        Nuisance terms fitted beside the values.
    unseen : float64 (m,) or None
        Share of the pairs like this one that were not drawn: the finite
        population correction; 1 where pairs are drawn with replacement.

    Raises
    ------
    BudgetTooSmall
        If the pairs do not determine every value.

    Notes
    -----
    The constraint is solved out: φ = range / n + Q β with Q an orthonormal basis
    of the vectors that sum to 0. Standard errors are the sandwich of residuals.
    """
    n_players = members.shape[1]
    signs = 2.0 * members - 1.0
    basis = _sum_free_basis(n_players)
    terms = [signs @ basis] if columns is None else [signs @ basis, columns]
    root = np.sqrt(weights)
    rows = np.concatenate(terms, axis=1) * root[:, None]
    target = root * (differences - signs.sum(axis=1) * range_ / n_players)
    left, singular, right = np.linalg.svd(rows, full_matrices=False)
    if len(rows) <= rows.shape[1] or singular[-1] <= RANK_TOLERANCE * singular[0]:
        raise BudgetTooSmall(
            "The coalitions that this budget pays for do not determine the values."
        )
    inverse = (right.T / singular) @ left.T
    solution = inverse @ target
    residuals = target - rows @ solution
    spare = np.maximum(1.0 - (left**2).sum(axis=1), 1e-3)  # a pair fitted exactly says no more
    effect = basis @ inverse[: n_players - 1] * (residuals / spare**RESIDUAL_POWER)
    seen = effect**2 if unseen is None else effect**2 * unseen
    values = range_ / n_players + basis @ solution[: n_players - 1]
    values += (range_ - values.sum()) / n_players  # rounding only
    factor = small_sample_factor(len(rows) - rows.shape[1])
    return Fit(values=values, standard_errors=np.sqrt(seen.sum(axis=1)) * factor)


def _sum_free_basis(n_players: int) -> Floats:
    """Orthonormal columns (n, n − 1) that each sum to 0 (Helmert's).

    >>> bool(abs(_sum_free_basis(5).sum(axis=0)).max() < 1e-15)
    True
    """
    basis = np.zeros((n_players, n_players - 1))
    for column in range(n_players - 1):
        count = column + 1
        basis[:count, column] = 1.0
        basis[count, column] = -count
        basis[:, column] /= np.sqrt(count * (count + 1))
    return basis

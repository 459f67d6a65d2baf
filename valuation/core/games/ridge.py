"""Ridge and linear regression for many coalitions at once: X'X and X'y add up over players.

The intercept is not penalised, as in scikit-learn, so the sums are centred per coalition:
X'X − n x̄x̄' (Hoerl & Kennard 1970).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from valuation.core.games.base import Bools, Floats
from valuation.core.games.problem import Problem, blocks

CHUNK_ELEMENTS = 2**18  # predictions, and entries of X'X, per chunk: 2 MB, within the cache
CONDITION_MAX = 1e8  # beyond it the normal equations lose half the digits, and rows decide

Options = Mapping[str, Callable[[Any], bool]]


class Ridge:
    """scikit-learn's Ridge on every coalition.

    Options: `alpha`, the penalty (1.0).
    """

    OPTIONS: Options = MappingProxyType({"alpha": lambda alpha: 0 <= alpha < float("inf")})

    def __init__(self, problem: Problem, *, alpha: float = 1.0) -> None:
        self.problem = problem
        self.alpha = alpha
        self.features = problem.x.shape[1]
        rows = max(len(problem.x_validation), self.features**2)
        self.chunk = max(CHUNK_ELEMENTS // rows, 16)
        self._centre = problem.x_validation.mean(axis=0)
        self._sums = self._player_sums()
        self._largest = self._square_sum()
        self._z_validation = np.ascontiguousarray((problem.x_validation - self._centre).T)

    def predict(self, members: Bools) -> Floats:
        """Predictions (b, rows) of coalitions with rows."""
        z_mean, y_mean, squares, products = self._moments(members.astype(np.float64))
        slopes = self._slopes(members, squares, products)
        predictions = slopes @ self._z_validation
        predictions += (y_mean - np.einsum("bp,bp->b", slopes, z_mean))[:, None]
        return predictions

    def costs(self, members: Bools) -> Floats:
        """Numbers touched per prediction: the coefficients."""
        return np.full(len(members), self.features + 1.0)

    def _player_sums(self) -> Floats:
        """Per player n, Σy, Σz, Σzy and Σzz', all of it: unfolding triangles costs more."""
        problem = self.problem
        sums = np.zeros((problem.n_players, 2 + 2 * self.features + self.features**2))
        for player in range(problem.n_players):
            own = np.flatnonzero(problem.owners == player)
            for cut in blocks(len(own)):
                z = problem.x[own[cut]] - self._centre
                y = problem.y[own[cut]] - problem.prior[0]
                squares = (z.T @ z).ravel()
                sums[player] += np.hstack([len(z), y.sum(), z.sum(axis=0), z.T @ y, squares])
        return sums

    def _square_sum(self) -> float:
        """Of all rows about the centre: it bounds every X'X."""
        cuts = blocks(len(self.problem.x))
        return float(sum(((self.problem.x[cut] - self._centre) ** 2).sum() for cut in cuts))

    def _moments(self, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Means (b, p) and (b,), centred Σzz' (b, p, p) and Σzy (b, p)."""
        p = self.features
        sums = weights @ self._sums
        n = sums[:, 0]
        y_mean, z_mean = sums[:, 1] / n, sums[:, 2 : 2 + p] / n[:, None]
        squares = sums[:, 2 + 2 * p :].reshape(len(weights), p, p)
        squares -= (n[:, None] * z_mean)[:, :, None] * z_mean[:, None, :]
        products = sums[:, 2 + p : 2 + 2 * p] - (n * y_mean)[:, None] * z_mean
        return z_mean, y_mean + self.problem.prior[0], squares, products

    def _slopes(self, members: Bools, squares: Floats, products: Floats) -> Floats:
        """Coefficients (b, features); from the rows where the sums have lost too many digits."""
        diagonal = np.arange(self.features)
        squares[:, diagonal, diagonal] += self.alpha
        sound = np.ones(len(members), dtype=bool) if self.is_penalised else _is_sound(squares)
        slopes = np.empty_like(products)
        slopes[sound] = np.linalg.solve(squares[sound], products[sound, :, None])[:, :, 0]
        for at in np.flatnonzero(~sound):
            slopes[at] = self._from_rows(members[at])
        return slopes

    @property
    def is_penalised(self) -> bool:
        """Whether the penalty alone keeps X'X + α I well conditioned."""
        return self.alpha > self._largest / CONDITION_MAX

    def _from_rows(self, coalition: Bools) -> Floats:
        """By singular values; without penalty of minimum norm, with scipy's cut-off."""
        rows = self.problem.rows_of(coalition)
        x, y = self.problem.x[rows], self.problem.y[rows]
        left, singular, right = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
        kept = singular > np.finfo(float).eps * max(x.shape) * singular.max(initial=0.0)
        factors = np.zeros_like(singular)
        factors[kept] = singular[kept] / (singular[kept] ** 2 + self.alpha)
        slopes = right.T @ (factors * (left.T @ (y - y.mean())))
        return slopes.astype(np.float64, copy=False)


class LinearRegression(Ridge):
    """scikit-learn's LinearRegression on every coalition: least squares of minimum norm."""

    OPTIONS: Options = MappingProxyType({})

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem, alpha=0.0)


def _is_sound(squares: Floats) -> Bools:
    """Whether the normal equations, scaled to a unit diagonal, are well conditioned; (b,)."""
    scale = np.sqrt(np.einsum("bpp->bp", squares))
    sound = (scale > 0.0).all(axis=1)
    scaled = squares[sound] / (scale[sound, :, None] * scale[sound, None, :])
    spectrum = np.linalg.eigvalsh(scaled)
    sound[sound] = spectrum[:, 0] * CONDITION_MAX > spectrum[:, -1]
    return sound

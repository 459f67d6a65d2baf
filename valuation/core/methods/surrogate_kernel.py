"""The prior of the surrogate: how alike two coalitions' utilities are before any is seen.

The covariance of v(S) and v(T) depends on s = |S|, t = |T| and o = |S ∩ T| alone:

    k(s, t, o) = c² + size(s, t) + h(s) h(t) [linear(s, t, o) + a² exp(−D(s, t, o) / ℓ)]
    size       = a_0² exp(−(ln(s+1) − ln(t+1))² / 2ℓ_0²)   what all coalitions of a size share
    linear     = a_1² (o − s t / n)                         a player's own mark
    D          = |1_S (s+½)^−γ − 1_T (t+½)^−γ|²             a coalition is a mixture of players
    h(s)       = (s+1)^−δ                                   the more there is, the less more does
    ν(s)       = a_3² (s+1)^−2δ_3                           white: what no other coalition tells

Every part is positive definite: Gaussian in ln(s+1), an inner product of centred indicators, and a
Gaussian of points of a Euclidean space, times h(s) h(t). The white part belongs to the game (it is
no noise: a coalition asked twice answers the same), so what has been seen is known exactly.

Because k sees only (s, t, o), the Shapley value of k(S, ·), hence of any posterior mean, is a sum
over sizes and overlaps: closed for any number of players. With w(t) = t! (n−1−t)! / n!

    i ∈ S   Σ_{t,o} w(t) C(s−1, o) C(n−s, t−o) [k(s, t+1, o+1) − k(s, t, o)]
    i ∉ S   Σ_{t,o} w(t) C(s, o) C(n−1−s, t−o) [k(s, t+1, o) − k(s, t, o)]

A *control*, a cheap game c on the same players, adds g(s, t) c(S) c(T) with
g = τ² exp(−(ln(s+1) − ln(t+1))² / 2ℓ_c²): a multiple of c that may drift with size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from valuation.core.coalitions import Floats

# Logarithms of amplitudes and lengths (utilities scaled to variance 1), and plain exponents: prior
# mean and standard deviation. Set on ten games that are not among those the benchmarks judge.
SIZE, SIZE_LENGTH, LINEAR, SMOOTH, SMOOTH_LENGTH, MIXTURE, DECAY, WHITE, WHITE_DECAY = range(9)
PRIOR_MEAN = (0.0, 0.5, -1.2, -1.0, -1.0, 0.4, 1.1, -3.0, 1.0)
PRIOR_DEVIATION = (1.0, 0.7, 1.0, 1.0, 1.2, 0.4, 0.6, 2.0, 1.0)
CONTROL_MEAN, CONTROL_DEVIATION = -1.5, 1.5
CONTROL_LENGTH_MEAN, CONTROL_LENGTH_DEVIATION = 0.8, 0.7
CONSTANT = 10.0  # variance of the level: wide, the data decide
WHITE_MIN = 1e-9  # keeps the Cholesky factor of a noiseless game positive

Sizes: TypeAlias = NDArray[Any]  # whole numbers, integer or float


def prior_of(n_controls: int) -> tuple[Floats, Floats]:
    """Mean and deviation of the hyper-parameters; controls share one length."""
    drift = 1 if n_controls else 0
    mean = [*PRIOR_MEAN, *[CONTROL_MEAN] * n_controls, *[CONTROL_LENGTH_MEAN] * drift]
    deviation = [
        *PRIOR_DEVIATION,
        *[CONTROL_DEVIATION] * n_controls,
        *[CONTROL_LENGTH_DEVIATION] * drift,
    ]
    return np.array(mean), np.array(deviation)


class Covariance:
    """k at chosen sizes and overlaps, its parts shared between value and slopes.

    Parameters
    ----------
    theta : hyper-parameters
    n : int, players
    s, t, o : sizes and overlaps; the arrays broadcast

    >>> theta, size = prior_of(0)[0], np.array([2, 3])
    >>> one, other = Covariance(theta, 4, size, size[::-1], 2).total
    >>> bool(one == other)
    True
    """

    def __init__(self, theta: Floats, n: int, s: Sizes, t: Sizes, o: Sizes) -> None:
        sizes = np.arange(n + 1)
        logs = np.log1p(sizes)
        self._gap = (np.subtract.outer(logs, logs) * np.exp(-theta[SIZE_LENGTH])) ** 2
        self._by_size = np.exp(2 * theta[SIZE] - 0.5 * self._gap)
        # amplitudes and lengths are those of a coalition of half the players
        self._log_fade = logs - np.log1p(n / 2)
        self._log_mix = np.log((sizes + 0.5) / (n / 2 + 0.5))
        fade = np.exp(-theta[DECAY] * self._log_fade)
        mix = np.exp(-theta[MIXTURE] * self._log_mix)
        self.n, self.s, self.t = n, s, t
        self._own = sizes * mix * mix
        self._shared = 2 * o * (mix[s] * mix[t])
        self._rate = np.exp(-theta[SMOOTH_LENGTH]) / n
        distance = np.maximum(self._own[s] + self._own[t] - self._shared, 0.0)
        self._decayed = distance * self._rate
        fading = fade[s] * fade[t]
        self.size = self._by_size[s, t]
        self.linear = fading * (np.exp(2 * theta[LINEAR]) * 4 / n) * (o - s * t / n)
        self.smooth = fading * np.exp(2 * theta[SMOOTH] - self._decayed)

    @property
    def total(self) -> Floats:
        """k(s, t, o)."""
        return np.asarray(CONSTANT + self.size + self.linear + self.smooth)

    def slopes(self) -> list[Floats]:
        """∂k/∂θ for the hyper-parameters SIZE … DECAY, in their order."""
        s, t = self.s, self.t
        mixed = self._log_mix * self._own
        stretch = 2 * (mixed[s] + mixed[t]) - self._shared * (self._log_mix[s] + self._log_mix[t])
        return [
            2 * self.size,
            self.size * self._gap[s, t],
            2 * self.linear,
            2 * self.smooth,
            self.smooth * self._decayed,
            self.smooth * self._rate * stretch,
            -(self.linear + self.smooth) * (self._log_fade[s] + self._log_fade[t]),
        ]


def covariance(theta: Floats, n: int, s: Sizes, t: Sizes, o: Sizes) -> Floats:
    """k(s, t, o) without the white part; the arrays broadcast."""
    return Covariance(theta, n, s, t, o).total


def white(theta: Floats, n: int, s: Sizes) -> Floats:
    """ν(s), the variance that is a coalition's own."""
    log_fade = np.log1p(s) - np.log1p(n / 2)
    return np.exp(2 * (theta[WHITE] - theta[WHITE_DECAY] * log_fade)) + WHITE_MIN


def white_slopes(theta: Floats, n: int, s: Sizes) -> tuple[Floats, Floats]:
    """∂ν/∂θ for WHITE and WHITE_DECAY."""
    above = 2 * (white(theta, n, s) - WHITE_MIN)
    return above, -above * (np.log1p(s) - np.log1p(n / 2))


def drift(theta: Floats, n: int) -> Floats:
    """exp(−(ln(s+1) − ln(t+1))² / 2ℓ_c²) of all sizes, (n + 1, n + 1)."""
    return np.exp(-0.5 * _drift_gap(theta, n))


def drift_slope(theta: Floats, n: int) -> Floats:
    """∂drift/∂θ for ln ℓ_c, the last hyper-parameter."""
    return drift(theta, n) * _drift_gap(theta, n)


def _drift_gap(theta: Floats, n: int) -> Floats:
    logs = np.log1p(np.arange(n + 1))
    return (np.subtract.outer(logs, logs) * np.exp(-theta[-1])) ** 2


def scales(theta: Floats, n_controls: int) -> Floats:
    """τ² of each control."""
    return np.exp(2 * theta[len(PRIOR_MEAN) : len(PRIOR_MEAN) + n_controls])


def shapley_weights(n: int) -> Floats:
    """w(t) = t! (n−1−t)! / n! for t = 0…n−1, and w(n) = 0.

    >>> shapley_weights(3).round(3).tolist()
    [0.333, 0.167, 0.333, 0.0]
    """
    t = np.arange(n)
    return np.append(np.exp(gammaln(t + 1) + gammaln(n - t) - gammaln(n + 1)), 0.0)


@dataclass(frozen=True, slots=True)
class Functional:
    """The Shapley value, applied to the covariance.

    Attributes
    ----------
    inside, outside : float64 (n + 1,)
        Value of player i in the game k(S, ·) for i ∈ S and i ∉ S, by |S|.
    variance : float
        Prior variance of a player's value, white part excluded.
    """

    inside: Floats
    outside: Floats
    variance: float


def functional(theta: Floats, n: int) -> Functional:
    """The sums of the module's head, over sizes and overlaps."""
    inside, outside = np.zeros(n + 1), np.zeros(n + 1)
    t, o = np.arange(n)[:, None], np.arange(n)[None, :]
    for s in range(n + 1):
        size = np.array(s)
        shared = np.minimum(o, np.minimum(s, t))  # where the count is zero, any overlap will do
        before = covariance(theta, n, size, t, shared)
        if s:
            counts = _ways(n, s - 1, n - s, t, o)
            inside[s] = (counts * (covariance(theta, n, size, t + 1, shared + 1) - before)).sum()
        if s < n:
            counts = _ways(n, s, n - 1 - s, t, o)
            outside[s] = (counts * (covariance(theta, n, size, t + 1, shared) - before)).sum()
    return Functional(inside, outside, float((inside[1:] - outside[:-1]).mean()))


def _ways(n: int, a: int, b: int, t: Sizes, o: Sizes) -> Floats:
    """w(t) C(a, o) C(b, t − o); zero where there is no such coalition."""
    possible = (o <= a) & (t >= o) & (t - o <= b)
    log_weight = gammaln(t + 1) + gammaln(n - t) - gammaln(n + 1)
    logs = log_weight + _log_choose(a, np.minimum(o, a)) + _log_choose(b, np.clip(t - o, 0, b))
    return np.where(possible, np.exp(np.where(possible, logs, 0.0)), 0.0)


def _log_choose(a: int, chosen: Sizes) -> Floats:
    return gammaln(a + 1) - gammaln(chosen + 1) - gammaln(a - chosen + 1)

"""The surrogate: a Gaussian process on coalitions, fitted by evidence, and its Shapley values.

Rasmussen & Williams (2006), Gaussian Processes for Machine Learning, equations 2.30, 5.8, 5.9 and
5.12. The Shapley value is linear, so that of a Gaussian process is Gaussian, with mean and variance
in closed form (Bayesian quadrature: O'Hagan 1991).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize

from valuation.core.coalitions import Coalitions, Floats
from valuation.core.methods import surrogate_kernel as kernel
from valuation.core.methods.controls import Control

EVIDENCE_ROWS_MAX = 320  # a dozen hyper-parameters need no more; the cost is cubic in it
ITERATIONS_MAX = 60  # the optimiser is done in 20 to 40
AGAIN_MAX = 25  # from where the round before ended
BOUND_DEVIATIONS = 4.0
LEARNED = 50.0  # coalitions; plain variances cover 85 to 93 % at 60 to 200, these 93 to 96
PREDICTED_AT_ONCE = 4096  # coalitions; 80 MB beside a full sample
CODES_MAX = 2**22  # 32 MB of positions: 160 players; beyond them sorting is the smaller evil
IMPOSSIBLE = 1e10  # minus log evidence where the covariance is not positive

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Coalitions seen, with their utilities scaled to mean 0 and variance 1.

    Attributes
    ----------
    members : float64 (b, n), 0 and 1
    utilities : float64 (b,)
    controls : float64 (b, m), utilities of the controls, scaled
    """

    members: Floats
    utilities: Floats
    controls: Floats

    def rows(self, at: Ints | slice) -> Sample:
        return Sample(
            members=self.members[at],
            utilities=self.utilities[at],
            controls=self.controls[at],
        )


class Gram:
    """The covariance matrix of a sample and its derivatives.

    It depends on (|S|, |T|, |S ∩ T|) alone: the kernel is evaluated once per distinct triple, and a
    derivative is a sum over triples.
    """

    def __init__(self, sample: Sample) -> None:
        self.n = sample.members.shape[1]
        self.sizes = sample.members.sum(axis=1).astype(np.int64)
        base = self.n + 1
        larger = np.maximum(self.sizes[:, None], self.sizes[None, :])
        smaller = np.minimum(self.sizes[:, None], self.sizes[None, :])
        self._pairs = larger * base + smaller
        overlap = (sample.members @ sample.members.T).astype(np.int64)
        codes, self._where = _distinct(self._pairs * base + overlap, base**3)
        self._triples = codes // base**2, codes // base % base, codes % base
        self._products = [np.outer(column, column) for column in sample.controls.T]

    def __call__(self, theta: Floats) -> Floats:
        """The matrix (b, b), white part included."""
        matrix = kernel.covariance(theta, self.n, *self._triples)[self._where]
        if self._products:
            drift = kernel.drift(theta, self.n).ravel()[self._pairs]
            scales = kernel.scales(theta, len(self._products))
            for scale, product in zip(scales, self._products, strict=True):
                matrix += scale * drift * product
        matrix[np.diag_indices_from(matrix)] += kernel.white(theta, self.n, self.sizes)
        return matrix

    def gradient(self, theta: Floats, weights: Floats) -> Floats:
        """Σ weights ∘ ∂matrix/∂θ for each hyper-parameter; weights (b, b) symmetric."""
        by_triple = np.bincount(self._where.ravel(), weights.ravel(), len(self._triples[0]))
        slopes = kernel.Covariance(theta, self.n, *self._triples).slopes()
        own = kernel.white_slopes(theta, self.n, self.sizes)
        gradient = [float(by_triple @ slope) for slope in slopes]
        gradient += [float(np.diag(weights) @ slope) for slope in own]
        if self._products:
            gradient += self._control_gradient(theta, weights)
        return np.array(gradient)

    def _control_gradient(self, theta: Floats, weights: Floats) -> list[float]:
        scales = kernel.scales(theta, len(self._products))
        drift = kernel.drift(theta, self.n).ravel()
        sums = [
            np.bincount(self._pairs.ravel(), (weights * product).ravel(), drift.size)
            for product in self._products
        ]
        slope = kernel.drift_slope(theta, self.n).ravel()
        by_scale = [
            2 * scale * (by_pair @ drift) for scale, by_pair in zip(scales, sums, strict=True)
        ]
        return [*by_scale, float(scales @ np.array(sums) @ slope)]


def _distinct(codes: Ints, count: int) -> tuple[Ints, Ints]:
    """Distinct codes below `count` in order, and where each element's is."""
    if count > CODES_MAX:
        distinct, where = np.unique(codes, return_inverse=True)
        return distinct, where.reshape(codes.shape)
    present = np.zeros(count, dtype=np.bool_)
    present[codes] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[codes]


def fit(sample: Sample, *, rows: Ints, start: Floats | None = None) -> Floats:
    """Hyper-parameters that maximise evidence times prior, on the given rows of the sample.

    Parameters
    ----------
    rows : int (c,), which coalitions the evidence is taken of
    start : where the search begins; the prior mean by default
    """
    part = sample.rows(rows)
    gram = Gram(part)
    mean, deviation = kernel.prior_of(part.controls.shape[1])
    reach = BOUND_DEVIATIONS * deviation
    found = minimize(
        lambda theta: _objective(gram, part.utilities, mean, deviation, theta),
        mean if start is None else start,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(mean - reach, mean + reach, strict=True)),
        options={"maxiter": ITERATIONS_MAX if start is None else AGAIN_MAX},
    )
    return np.asarray(found.x)


def _objective(
    gram: Gram, utilities: Floats, mean: Floats, deviation: Floats, theta: Floats
) -> tuple[float, Floats]:
    """Minus the log of evidence times prior, constants left out, and its gradient."""
    factor, failed = lapack.dpotrf(gram(theta), lower=1, overwrite_a=1)
    if failed:
        return IMPOSSIBLE, np.zeros_like(theta)
    weights, _ = lapack.dpotrs(factor, utilities, lower=1)
    log_determinant = 2 * np.log(np.diag(factor)).sum()
    inverse = _symmetric(lapack.dpotri(factor, lower=1)[0])
    slope = gram.gradient(theta, 0.5 * (inverse - np.outer(weights, weights)))
    offset = (theta - mean) / deviation
    value = 0.5 * (utilities @ weights + log_determinant + offset @ offset)
    return float(value), slope + offset / deviation


def _symmetric(lower: Floats) -> Floats:
    return np.tril(lower) + np.tril(lower, -1).T


class Posterior:
    """The Gaussian process given the sample, at fixed hyper-parameters.

    Parameters
    ----------
    sample : Sample, at least two coalitions
    theta : hyper-parameters
    controls : the games of the sample's control columns
    level, scale : of the utilities before they were scaled

    Attributes
    ----------
    sizes : int64 (b,), sizes of the coalitions seen
    """

    def __init__(
        self,
        sample: Sample,
        theta: Floats,
        controls: tuple[Control, ...] = (),
        *,
        level: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        self.sample, self.controls, self.level, self.scale = sample, controls, level, scale
        self.n = sample.members.shape[1]
        gram = Gram(sample)
        self.sizes = gram.sizes
        self.theta, self.factor = _factor(gram, theta)
        self.weights, _ = lapack.dpotrs(self.factor, sample.utilities, lower=1)
        self._functional = kernel.functional(self.theta, self.n)

    @cached_property
    def values(self) -> Floats:
        """Shapley values of the posterior mean, (n,), in the unit of the utilities."""
        return self.scale * (self.weights @ self.projections)

    @cached_property
    def projections(self) -> Floats:
        """Covariances of the utilities seen with the players' values, (b, n)."""
        return self.project(self.sample)

    @cached_property
    def variances(self) -> Floats:
        """Posterior variances of the Shapley values, (n,), in the unit of the utilities squared."""
        half, _ = lapack.dtrtrs(self.factor, self.projections, lower=1)
        left = self._prior_variances() - (half**2).sum(axis=0)
        return self.scale**2 * np.maximum(left, 0.0)

    @property
    def calibrated_variances(self) -> Floats:
        """The variances times the calibration, (n,)."""
        return self.calibration * self.variances

    @cached_property
    def calibration(self) -> float:
        """Mean squared leave-one-out residual over its variance, and more for a small sample.

        The first is 1 where the process fits; the second allows for hyper-parameters that were
        themselves learned from the sample.
        """
        residuals, variances = self.left_out
        learned = 1 + LEARNED / len(residuals)
        return learned * float((residuals**2 / variances).mean())

    @cached_property
    def left_out(self) -> tuple[Floats, Floats]:
        """Leave-one-out residuals and their variances, each (b,)."""
        precision = np.diag(lapack.dpotri(self.factor, lower=1)[0])
        return self.weights / precision, 1.0 / precision

    def project(self, sample: Sample) -> Floats:
        """Covariances of the utilities of coalitions with the players' values, (b, n)."""
        members, sizes = sample.members > 0, sample.members.sum(axis=1).astype(np.int64)
        own = kernel.white(self.theta, self.n, sizes)
        joining = kernel.shapley_weights(self.n)
        # sizes − 1 is −1 for ∅: weights[−1] is 0, and nobody is inside
        inside = self._functional.inside[sizes] + joining[sizes - 1] * own
        outside = self._functional.outside[sizes] - joining[sizes] * own
        projected = np.where(members, inside[:, None], outside[:, None])
        for scale, values, drifted in self._drifted(sample):
            projected += scale * values[:, None] * drifted[sizes]
        return projected

    def given(self, members: Coalitions) -> Posterior:
        """The same process as if these coalitions had been seen too; for variances alone."""
        more = asked(members, self.controls)
        joined = Sample(
            members=np.concatenate([self.sample.members, more.members]),
            utilities=np.concatenate([self.sample.utilities, more.utilities]),
            controls=np.concatenate([self.sample.controls, more.controls]),
        )
        return Posterior(joined, self.theta, self.controls)

    def predict(self, members: Coalitions) -> Floats:
        """Posterior means of coalitions that have not been seen, (a,)."""
        blocks = [
            self.cross(asked(members[start : start + PREDICTED_AT_ONCE], self.controls))
            for start in range(0, len(members), PREDICTED_AT_ONCE)
        ]
        return self.level + self.scale * np.concatenate([block @ self.weights for block in blocks])

    def cross(self, others: Sample) -> Floats:
        """Covariances of other coalitions with those seen, (a, b); none of them seen."""
        return _between(self.theta, others, self.sample)

    def conditioned(self, others: Sample) -> tuple[Floats, Floats]:
        """Posterior covariances of distinct, unseen coalitions: among them (a, a), with values."""
        half, _ = lapack.dtrtrs(self.factor, self.cross(others).T, lower=1)
        reduced, _ = lapack.dtrtrs(self.factor, self.projections, lower=1)
        joint = Gram(others)(self.theta)
        joint -= half.T @ half
        return joint, self.project(others) - half.T @ reduced

    def _drifted(self, sample: Sample) -> list[tuple[float, Floats, Floats]]:
        """Per control: τ², its utilities (b,), and the values of g(s, ·) c by size (n + 1, n)."""
        if not self.controls:
            return []
        drift = kernel.drift(self.theta, self.n)
        scales = kernel.scales(self.theta, len(self.controls))
        return [
            (float(scale), sample.controls[:, at], control.drifted(drift))
            for at, (scale, control) in enumerate(zip(scales, self.controls, strict=True))
        ]

    def _prior_variances(self) -> Floats:
        joining = kernel.shapley_weights(self.n)[:-1]
        own = kernel.white(self.theta, self.n, np.arange(self.n + 1))
        # of C(n−1, s) coalitions the weights' sum is 1/n, of their squares joining / n
        unseen = (joining * (own[1:] + own[:-1])).mean()
        variances = np.full(self.n, self._functional.variance + unseen)
        if self.controls:
            drift = kernel.drift(self.theta, self.n)
            scales = kernel.scales(self.theta, len(self.controls))
            for scale, control in zip(scales, self.controls, strict=True):
                variances += scale * control.variances(drift)
        return variances


def _between(theta: Floats, one: Sample, other: Sample) -> Floats:
    """Covariances of two samples that share no coalition, (a, b)."""
    n = one.members.shape[1]
    s, t = one.members.sum(axis=1).astype(np.int64), other.members.sum(axis=1).astype(np.int64)
    overlap = one.members @ other.members.T
    matrix = kernel.covariance(theta, n, s[:, None], t[None, :], overlap)
    if one.controls.shape[1]:
        drift = kernel.drift(theta, n)[np.ix_(s, t)]
        scales = kernel.scales(theta, one.controls.shape[1])
        matrix += drift * ((one.controls * scales) @ other.controls.T)
    return matrix


def asked(members: Coalitions, controls: tuple[Control, ...]) -> Sample:
    """Coalitions without utilities: zeros in their place."""
    columns = [control.scaled(members) for control in controls]
    return Sample(
        members=members.astype(np.float64),
        utilities=np.zeros(len(members)),
        controls=np.stack(columns, axis=1) if columns else np.zeros((len(members), 0)),
    )


def fitted(
    members: Coalitions,
    utilities: Floats,
    controls: tuple[Control, ...],
    start: Floats | None = None,
) -> Posterior:
    """The process fitted to coalitions (b, n) and utilities (b,), searching from `start`."""
    level, scale = float(utilities.mean()), float(utilities.std()) or 1.0
    sample = replace(asked(members, controls), utilities=(utilities - level) / scale)
    theta = fit(sample, rows=evidence_rows(len(members)), start=start)
    return Posterior(sample, theta, controls, level=level, scale=scale)


def evidence_rows(count: int) -> Ints:
    """Which coalitions the evidence is taken of: all, or ∅, N and a fixed random choice."""
    if count <= EVIDENCE_ROWS_MAX:
        return np.arange(count)
    others = np.random.default_rng(count).choice(count - 2, EVIDENCE_ROWS_MAX - 2, replace=False)
    return np.concatenate([[0, 1], 2 + np.sort(others)])


def _factor(gram: Gram, theta: Floats) -> tuple[Floats, Floats]:
    """The Cholesky factor; where rounding forbids one, of a process with more white."""
    while True:
        factor, failed = lapack.dpotrf(gram(theta), lower=1, overwrite_a=1)
        if not failed:
            return theta, factor
        theta = theta.copy()
        theta[kernel.WHITE] += 1.0

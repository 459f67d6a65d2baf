"""Gaussian naive Bayes for many coalitions at once: counts, sums and sums of squares add up.

A coalition's class means and variances follow from sums over its players, so B coalitions are one
matrix product; their log joint likelihoods are another, being linear in x and x² (Zhang 2004 for
the optimality of naive Bayes; the updates are those of Chan, Golub & LeVeque 1979).
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from valuation.core.games.base import Bools, Floats
from valuation.core.games.problem import Problem, blocks
from valuation.core.games.softmax import of_two

CHUNK_ELEMENTS = 2**18  # predictions per chunk: 2 MB, so that the passes over them stay in cache
NEVER = -1e300  # log prior of a class without rows; its probability underflows to exactly 0
NO_SPREAD = 4e-15  # variance below this share of the mean square about the centre is rounding


class GaussianNaiveBayes:
    """scikit-learn's GaussianNB on every coalition.

    Options: `var_smoothing`, the share of the largest feature variance added to all (1e-9).
    """

    OPTIONS = MappingProxyType({"var_smoothing": lambda share: share >= 0})

    def __init__(self, problem: Problem, *, var_smoothing: float = 1e-9) -> None:
        self.var_smoothing = var_smoothing
        self.n_classes = problem.n_classes
        self.features = problem.x.shape[1]
        rows = len(problem.x_validation)
        self.chunk = max(CHUNK_ELEMENTS // (rows * self.n_classes), 16)
        self._centres = np.stack([_centre(problem, c) for c in range(self.n_classes)])
        self._sums = [self._player_sums(problem, c) for c in range(self.n_classes)]
        self._terms = [self._validation_terms(problem, c) for c in range(self.n_classes)]

    def predict(self, members: Bools) -> Floats:
        """Class probabilities (classes, b, rows) of trainable coalitions bool (b, n_players)."""
        joint = self._joint(members)
        if self.n_classes == 2:
            odds = joint[0] @ self._terms[0]
            odds -= joint[1] @ self._terms[1]
            return of_two(odds)
        return _softmax(np.stack([joint[c] @ self._terms[c] for c in range(self.n_classes)]))

    def costs(self, members: Bools) -> Floats:
        """Numbers touched per prediction: a mean and a variance per class and feature."""
        return np.full(len(members), 2.0 * self.n_classes * self.features)

    def _player_sums(self, problem: Problem, label: int) -> Floats:
        """Count, sums and sums of squares about the class centre; (n_players, 1 + 2 features)."""
        sums = np.zeros((problem.n_players, 1 + 2 * self.features))
        for cut in blocks(len(problem.y)):
            rows = np.flatnonzero(problem.y[cut] == label)
            z = problem.x[cut][rows] - self._centres[label]
            terms = np.hstack([np.ones((len(z), 1)), z, z * z])
            np.add.at(sums, problem.owners[cut][rows], terms)
        return sums

    def _validation_terms(self, problem: Problem, label: int) -> Floats:
        """1, z and z² of the validation rows about the class centre; (1 + 2 features, rows)."""
        z = problem.x_validation - self._centres[label]
        return np.ascontiguousarray(np.hstack([np.ones((len(z), 1)), z, z * z]).T)

    def _joint(self, members: Bools) -> list[Floats]:
        """Per class the coefficients (b, 1 + 2 features) of the log joint likelihood."""
        weights = members.astype(np.float64)
        counts, means, variances = self._moments(weights)
        smoothing = self._smoothing(counts, means, variances)
        rows = counts.sum(axis=0)
        return [
            _coefficients(counts[c] / rows, means[c], variances[c] + smoothing[:, None])
            for c in range(self.n_classes)
        ]

    def _moments(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Counts (classes, b), means about the centres and variances (classes, b, features)."""
        sums = np.stack([weights @ table for table in self._sums])
        counts = sums[:, :, 0]
        shares = sums[:, :, 1:] / np.maximum(counts, 1.0)[:, :, None]
        means, squares = shares[:, :, : self.features], shares[:, :, self.features :]
        variances = squares - means * means
        variances[variances <= NO_SPREAD * squares] = 0.0  # a constant column, exactly
        return counts, means, variances

    def _smoothing(self, counts: Floats, means: Floats, variances: Floats) -> Floats:
        """var_smoothing times the largest variance of a feature over all classes; (b,)."""
        shares = (counts / counts.sum(axis=0))[:, :, None]
        means = means + (self._centres - self._centres[0])[:, None, :]
        offsets = means - (shares * means).sum(axis=0)
        spread = (shares * (variances + offsets * offsets)).sum(axis=0)
        largest = spread.max(axis=1)
        # Rows that are all equal say nothing of x: at any variance the class shares decide.
        return np.where(largest > 0.0, self.var_smoothing * largest, 1.0)


def _centre(problem: Problem, label: int) -> Floats:
    """A value per feature near the class, so that a constant column sums to 0 exactly.

    The most frequent validation value where one is frequent (a pixel that is mostly 0), or else
    the median.
    """
    rows = problem.x_validation[problem.y_validation == label]
    rows = rows if len(rows) else problem.x_validation
    return np.array([_typical(column) for column in rows.T])


def _typical(column: Floats) -> float:
    """
    >>> _typical(np.array([0.0, 7.0, 0.0, 9.0, 8.0])), _typical(np.array([1.0, 2.0, 4.0]))
    (0.0, 2.0)
    """
    values, counts = np.unique(column, return_counts=True)
    if counts.max() > 1:
        return float(values[counts.argmax()])
    return float(values[len(values) // 2])


def _coefficients(prior: Floats, mean: Floats, variance: Floats) -> Floats:
    """The log joint likelihood of one class as coefficients of 1, z and z²."""
    # Without smoothing a constant column gives NaN, as in scikit-learn, which the game refuses.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        constant = -0.5 * (np.log(2 * np.pi * variance) + mean * mean / variance).sum(axis=1)
        constant += np.where(prior > 0.0, np.log(prior), NEVER)
        return np.hstack([constant[:, None], mean / variance, -0.5 / variance])


def _softmax(scores: Floats) -> Floats:
    """Probabilities over the first axis, in place."""
    scores -= scores.max(axis=0)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=0)
    return scores

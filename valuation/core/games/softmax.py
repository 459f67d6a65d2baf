"""The multinomial logistic loss of one row: its value and derivatives by the free scores.

Probabilities near 1 would cancel in 1 − p, so everything is told by those of the wrong classes.
Arrays are (scores or classes, b, rows).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from valuation.core.games.base import Floats


def basis_of(count: int) -> Floats:
    """Scores of the classes from the free ones, (K, scores).

    Of two classes the second has the only score; more are given by an orthonormal basis of the
    scores that sum to zero.

    >>> basis_of(3).T.round(3)
    array([[ 0.707, -0.707,  0.   ],
           [ 0.408,  0.408, -0.816]])
    """
    if count == 2:
        return np.array([[0.0], [1.0]])
    basis = np.zeros((count, count - 1))
    for s in range(count - 1):
        basis[: s + 1, s] = 1.0
        basis[s + 1, s] = -(s + 1.0)
    return basis / np.sqrt((basis**2).sum(axis=0))


def free_scores(logits: Floats) -> Floats:
    """The free scores (scores, …) of given scores of the classes (K, …), but for a common shift.

    >>> free_scores(np.array([[1.0], [4.0]]))
    array([[3.]])
    """
    if len(logits) == 2:
        return logits[1:] - logits[:1]
    return basis_of(len(logits)).T @ logits


class RowLoss:
    """The loss −ln p(true class) of some rows.

    Parameters
    ----------
    basis : (K, scores)
    class_of : int (rows,), which of the K classes
    """

    def __init__(self, basis: Floats, class_of: np.ndarray) -> None:
        self.basis, self.class_of = basis, class_of
        self.is_binary = len(basis) == 2
        self.signs = 2.0 * class_of - 1.0  # of two classes
        self.targets = np.ascontiguousarray(basis[class_of].T)
        self.is_wrong = 1.0 - np.eye(len(basis))[:, None, class_of]

    def losses(self, scores: Floats) -> Floats:
        """(b, rows)."""
        if self.is_binary:
            margin = scores[0] * self.signs
            return np.maximum(-margin, 0.0) + np.log1p(np.exp(-np.abs(margin)))
        odds, truth = self._odds(scores)
        rest, right = odds.sum(axis=0), np.exp(truth)
        near = np.log1p(rest / np.maximum(right, rest))  # of use where the true class leads
        return np.where(right >= rest, near, np.log(rest + right) - truth)

    def wrong(self, scores: Floats) -> Floats:
        """Probabilities of the wrong classes, 0 for the true one; (1 or K, b, rows)."""
        if self.is_binary:
            shares = scores * self.signs
            with np.errstate(over="ignore"):  # an infinite ratio is a probability of 0
                np.exp(shares, out=shares)
            shares += 1.0
            return np.divide(1.0, shares, out=shares)
        odds, truth = self._odds(scores)
        odds /= odds.sum(axis=0) + np.exp(truth)
        return odds

    def residuals(self, wrong: Floats) -> Floats:
        """The derivative of the losses by the scores; (scores, b, rows)."""
        if self.is_binary:
            return wrong * -self.signs
        return combine(self.basis.T, wrong) - self.targets[:, None] * wrong.sum(axis=0)

    def curvatures(self, wrong: Floats) -> Iterator[tuple[int, int, Floats]]:
        """The second derivative by the scores r and s ≥ r; (b, rows).

        It is the covariance of the basis rows q, taken about the true class's row t:
        Σ_k p_k (q_kr − t_r)(q_ks − t_s) − residual_r residual_s.
        """
        if self.is_binary:
            yield 0, 0, _curvature_of_two(wrong)
            return
        rest, targets = wrong.sum(axis=0), self.targets
        means = combine(self.basis.T, wrong)
        residuals = means - targets[:, None] * rest
        for r in range(len(means)):
            for s in range(r, len(means)):
                second = combine((self.basis[:, r] * self.basis[:, s])[None], wrong)[0]
                second -= targets[s] * means[r] + targets[r] * means[s]
                second += targets[r] * targets[s] * rest
                yield r, s, second - residuals[r] * residuals[s]

    def mean_curvature(self, wrong: Floats) -> Floats:
        """The second derivative, averaged over the scores; (b, rows)."""
        if self.is_binary:
            return _curvature_of_two(wrong)
        rest = wrong.sum(axis=0)
        return (2.0 * rest - rest**2 - (wrong**2).sum(axis=0)) / len(self.targets)

    def bend(self, wrong: Floats, change: Floats) -> Floats:
        """The second derivative times a change of the scores; all (scores, b, rows)."""
        if self.is_binary:
            return wrong * (1.0 - wrong) * change
        moved = combine(self.basis, change)
        moved -= np.einsum("sm,sbm->bm", self.targets, change)
        moved *= wrong
        mean = moved.sum(axis=0)
        moved -= wrong * mean
        return combine(self.basis.T, moved) - self.targets[:, None] * (
            mean * (1.0 - wrong.sum(axis=0))
        )

    def _odds(self, scores: Floats) -> tuple[Floats, Floats]:
        """exp of the wrong classes' scores (K, b, rows) and the true one's score, both shifted."""
        logits = combine(self.basis, scores)
        highest = logits.max(axis=0)
        truth = np.einsum("sm,sbm->bm", self.targets, scores) - highest
        logits -= highest
        np.exp(logits, out=logits)
        logits *= self.is_wrong
        return logits, truth


def _curvature_of_two(wrong: Floats) -> Floats:
    """p (1 − p), with one array beside it; (b, rows)."""
    curvature = 1.0 - wrong[0]
    curvature *= wrong[0]
    return curvature


def probabilities(scores: Floats, basis: Floats) -> Floats:
    """Probabilities (K, b, rows) of the classes from the free scores."""
    if len(basis) == 2:
        return of_two(-scores[0])
    logits = combine(basis, scores)
    logits -= logits.max(axis=0)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=0)
    return logits


def of_two(odds: Floats) -> Floats:
    """Probabilities (2, b, rows) from the log odds (b, rows) of class 0.

    >>> of_two(np.array([[0.0, -1000.0]]))[:, 0]
    array([[0.5, 0. ],
           [0.5, 1. ]])
    """
    both = np.empty((2, *odds.shape))
    with np.errstate(over="ignore"):  # an infinite ratio is a probability of 0
        np.exp(odds, out=both[1])
    both[1] += 1.0
    np.divide(1.0, both[1], out=both[1])
    np.subtract(1.0, both[1], out=both[0])
    return both


def combine(matrix: Floats, stack: Floats) -> Floats:
    """(r, k) times (k, b, rows) -> (r, b, rows)."""
    return (matrix @ stack.reshape(len(stack), -1)).reshape(len(matrix), *stack.shape[1:])

"""Logistic regression for many coalitions at once: damped Newton steps in batches.

All coalitions of a batch start from the same point, zero, and share each matrix product: the
gradient is (weights * residuals) @ rows, the Hessian (weights * curvature) @ products of columns.
The first step needs no rows at all, since at zero both add up over players. The intercept is not
penalised, so features may be centred without changing the model.

With two classes there is one score per row; with K > 2 the K scores of the multinomial model sum
to zero at the optimum, so K − 1 scores in an orthonormal basis of that plane have the same penalty
and a regular Hessian.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Bools, Floats
from valuation.core.games.problem import Problem
from valuation.errors import FitFailed

GRADIENT_MAX = 1e-8  # of the objective C Σ loss + ½|w|², in every coordinate
DECREMENT_MAX = 1e-18  # squared Newton decrement; one more step and the gradient is rounding
ITERATIONS_MAX = 200  # hopelessly separable data take about 40
HALVINGS_MAX = 60  # a step of 2**-60 is rounding
CHUNK_ELEMENTS = 2**19  # numbers per working array: 4 MB


class LogisticRegression:
    """scikit-learn's LogisticRegression, at its optimum, on every coalition.

    Options: `C`, the inverse of the L2 penalty (1.0).
    """

    OPTIONS = MappingProxyType({"C": lambda c: 0 < c < float("inf")})

    def __init__(self, problem: Problem, *, C: float = 1.0) -> None:  # noqa: N803
        self.problem = problem
        self.penalty = 1.0 / C
        self.columns = problem.x.shape[1] + 1
        self._has_class = problem.row_counts() > 0
        centre = problem.x_validation.mean(axis=0)
        self._rows = _with_ones(problem.x - centre)
        self._rows_validation = np.ascontiguousarray(_with_ones(problem.x_validation - centre).T)
        scores = max(problem.n_classes - 1, 1)
        largest = max(
            (scores + 1) * max(len(problem.x), len(problem.x_validation)),
            scores * (scores + 1) // 2 * self.columns * (self.columns + 1) // 2,
            (scores * self.columns) ** 2,
        )
        self.chunk = max(CHUNK_ELEMENTS // largest, 8)
        self._groups: dict[bytes, _Group] = {}

    def predict(self, members: Bools) -> Floats:
        """Class probabilities (classes, b, rows) of trainable coalitions bool (b, n_players)."""
        rows = len(self.problem.x_validation)
        shares = np.zeros((self.problem.n_classes, len(members), rows))
        present = members.astype(np.float64) @ self._has_class > 0
        patterns, pattern_of = np.unique(present, axis=0, return_inverse=True)
        for at, pattern in enumerate(patterns):
            chosen = np.flatnonzero(pattern_of.reshape(-1) == at)
            group = self._group(pattern)
            weights = group.fit(members[chosen])
            scores = weights @ self._rows_validation
            shares[np.ix_(group.labels, chosen)] = _probabilities(scores, group.basis)
        return shares

    def costs(self, members: Bools) -> Floats:
        """Numbers touched per prediction: the coefficients."""
        scores = max(self.problem.n_classes - 1, 1)
        return np.full(len(members), float(scores * self.columns))

    def coefficients(self, members: Bools) -> list[tuple[NDArray, Floats]]:
        """Labels and coefficients (scores, features + 1, intercept last) of each coalition.

        The intercept belongs to features centred at the mean of the validation rows.
        """
        present = members.astype(np.float64) @ self._has_class > 0
        groups = [self._group(pattern) for pattern in present]
        return [
            (group.labels, group.fit(member[None])[:, 0])
            for group, member in zip(groups, members, strict=True)
        ]

    def _group(self, pattern: Bools) -> _Group:
        key = pattern.tobytes()
        if key not in self._groups:
            self._groups[key] = _Group.of(self.problem, self._rows, pattern, self.penalty)
        return self._groups[key]


@dataclass(slots=True)
class _Group:
    """The coalitions that have rows of exactly these classes.

    labels : (K,) class indices
    basis : (K, scores), scores of the classes from the free ones
    rows : (rows, columns) of these classes only
    targets : (scores, rows), the basis row of each row's class
    is_wrong : (K, 1, rows), 0 for the row's own class, else 1
    owners : (rows,)
    products : (rows, columns (columns + 1) / 2), upper triangle of each row's square
    gradients : (n_players, scores * columns), the gradient at zero, summed by player
    squares : (n_players, columns (columns + 1) / 2), the products summed by player
    penalties : (columns,), none for the intercept
    """

    labels: NDArray
    basis: Floats
    rows: Floats
    targets: Floats
    is_wrong: Floats
    owners: NDArray
    products: Floats
    gradients: Floats
    squares: Floats
    penalties: Floats

    @classmethod
    def of(cls, problem: Problem, rows: Floats, pattern: Bools, penalty: float) -> _Group:
        labels = np.flatnonzero(pattern)
        chosen = np.flatnonzero(pattern[problem.y])
        basis = _basis(len(labels))
        own, owners = rows[chosen], problem.owners[chosen]
        class_of = np.searchsorted(labels, problem.y[chosen])
        targets = basis[class_of].T
        upper = np.triu_indices(rows.shape[1])
        products = own[:, upper[0]] * own[:, upper[1]]
        residuals = basis.mean(axis=0)[:, None] - targets
        at_zero = (residuals[:, :, None] * own).transpose(1, 0, 2).reshape(len(own), -1)
        penalties = np.full(rows.shape[1], penalty)
        penalties[-1] = 0.0
        return cls(
            labels=labels,
            basis=basis,
            rows=own,
            targets=np.ascontiguousarray(targets),
            is_wrong=1.0 - np.eye(len(labels))[:, None, class_of],
            owners=owners,
            products=products,
            gradients=_by_player(at_zero, owners, problem.n_players),
            squares=_by_player(products, owners, problem.n_players),
            penalties=penalties,
        )

    def fit(self, members: Bools) -> Floats:
        """Optimal weights (scores, b, columns).

        Raises
        ------
        FitFailed : the optimum was not reached
        """
        weights = self._first_step(members)
        included = members[:, self.owners].astype(np.float64)
        state = _State(self, weights, included)
        live = np.arange(len(members))
        for _ in range(ITERATIONS_MAX):
            open_ = np.abs(state.gradient).max(axis=(0, 2)) > GRADIENT_MAX
            weights[:, live] = state.weights
            if not open_.any():
                return weights
            live, state = live[open_], state.keep(open_)
            direction, decrement = state.newton_direction()
            state.search(direction, decrement)
            weights[:, live] = state.weights
            open_ = decrement > DECREMENT_MAX
            if not open_.any():
                return weights
            live, state = live[open_], state.keep(open_)
        players = np.flatnonzero(members[live[0]]).tolist()
        raise FitFailed(f"Logistic regression on the rows of the players {players} did not settle.")

    def _first_step(self, members: Bools) -> Floats:
        """One Newton step from zero, out of sums by player; (scores, b, columns)."""
        present = members.astype(np.float64)
        scores, columns = self.basis.shape[1], self.rows.shape[1]
        centred = self.basis - self.basis.mean(axis=0)
        curvature = centred[:, 0] @ centred[:, 0] / len(self.labels)  # the same for every score
        hessian = _symmetric(curvature * (present @ self.squares), columns)
        hessian += np.diag(self.penalties)
        gradient = (present @ self.gradients).reshape(len(members), scores, columns)
        step = _solve(hessian, gradient.transpose(0, 2, 1))
        return np.ascontiguousarray(-step.transpose(2, 0, 1))


class _State:
    """Weights (scores, b, columns) of a batch with objective (b,) and gradient at them."""

    def __init__(self, group: _Group, weights: Floats, included: Floats) -> None:
        self.group, self.weights, self.included = group, weights, included
        self.objective, self.gradient, self.wrong = self._evaluate(weights, included)

    def keep(self, chosen: Bools) -> _State:
        """The state of the chosen coalitions alone."""
        if chosen.all():
            return self
        kept = object.__new__(_State)
        kept.group = self.group
        kept.weights, kept.included = self.weights[:, chosen], self.included[chosen]
        kept.objective, kept.gradient = self.objective[chosen], self.gradient[:, chosen]
        kept.wrong = self.wrong[:, chosen]
        return kept

    def newton_direction(self) -> tuple[Floats, Floats]:
        """Direction (scores, b, columns) and squared Newton decrement (b,)."""
        hessian = self._hessian()
        scores, b, columns = self.weights.shape
        gradient = self.gradient.transpose(1, 0, 2).reshape(b, scores * columns, 1)
        direction = -_solve(hessian, gradient)
        decrement = -(direction * gradient).sum(axis=(1, 2))
        return direction.reshape(b, scores, columns).transpose(1, 0, 2), decrement

    def search(self, direction: Floats, decrement: Floats) -> None:
        """Go along the direction, by halves until each coalition's objective falls enough."""
        old, start = self.objective.copy(), self.weights
        step = np.ones(len(old))
        self.weights = start + direction
        self.objective, self.gradient, self.wrong = self._evaluate(self.weights, self.included)
        slack = 1e-14 * (1.0 + np.abs(old))  # the rounding of the objective itself
        for _ in range(HALVINGS_MAX):
            worse = ~(self.objective <= old - 1e-4 * step * decrement + slack)
            if not worse.any():
                return
            step[worse] *= 0.5
            self.weights[:, worse] = start[:, worse] + step[worse, None] * direction[:, worse]
            found = self._evaluate(self.weights[:, worse], self.included[worse])
            self.objective[worse], self.gradient[:, worse], self.wrong[:, worse] = found

    def _evaluate(self, weights: Floats, included: Floats) -> tuple[Floats, Floats, Floats]:
        """Objective (b,), gradient (scores, b, columns), see `_losses`."""
        group = self.group
        scores = weights @ group.rows.T
        losses, wrong = _losses(scores, group)
        residuals = _residuals(wrong, group)
        residuals *= included
        penalised = weights * group.penalties
        gradient = residuals @ group.rows + penalised
        objective = np.einsum("bm,bm->b", losses, included)
        objective += 0.5 * np.einsum("sbc,sbc->b", penalised, weights)
        return objective, gradient, wrong

    def _hessian(self) -> Floats:
        """(b, scores * columns, scores * columns)."""
        scores, b, columns = self.weights.shape
        hessian = np.empty((b, scores, columns, scores, columns))
        for r, s, curvature in _curvatures(self.wrong, self.group):
            curvature *= self.included
            block = _symmetric(curvature @ self.group.products, columns)
            if r == s:
                block += np.diag(self.group.penalties)
            hessian[:, r, :, s] = block
            hessian[:, s, :, r] = block
        return hessian.reshape(b, scores * columns, scores * columns)


# Probabilities near 1 would cancel in 1 − p, so all is told by those of the wrong classes.


def _losses(scores: Floats, group: _Group) -> tuple[Floats, Floats]:
    """Losses (b, rows) and probabilities of the wrong classes, the true one's being 0.

    Parameters
    ----------
    scores : (scores, b, rows)

    Returns
    -------
    losses : (b, rows), −ln of the true class's probability
    wrong : (1, b, rows), of the other class of two; (K, b, rows) of more
    """
    if len(group.labels) == 2:
        margin = scores[0] * (2.0 * group.targets[0] - 1.0)
        small = np.exp(-np.abs(margin))
        losses = np.maximum(-margin, 0.0) + np.log1p(small)
        return losses, (np.where(margin >= 0.0, small, 1.0) / (1.0 + small))[None]
    logits = _combine(group.basis, scores)
    highest = logits.max(axis=0)
    truth = np.einsum("sm,sbm->bm", group.targets, scores) - highest
    logits -= highest
    np.exp(logits, out=logits)
    logits *= group.is_wrong
    rest = logits.sum(axis=0)
    right = np.exp(truth)
    logits /= rest + right
    near = np.log1p(rest / np.maximum(right, rest))  # of use where the true class leads
    return np.where(right >= rest, near, np.log(rest + right) - truth), logits


def _residuals(wrong: Floats, group: _Group) -> Floats:
    """The derivative of the losses by the scores, (scores, b, rows)."""
    if len(group.labels) == 2:
        return wrong * (1.0 - 2.0 * group.targets[0])
    return _combine(group.basis.T, wrong) - group.targets[:, None] * wrong.sum(axis=0)


def _curvatures(wrong: Floats, group: _Group) -> Iterator[tuple[int, int, Floats]]:
    """The second derivative by the scores r and s, (b, rows), r ≤ s.

    It is the covariance of the basis rows, taken about the true class's row t:
    Σ_k p_k (q_kr − t_r)(q_ks − t_s) − residual_r residual_s.
    """
    if len(group.labels) == 2:
        yield 0, 0, wrong[0] * (1.0 - wrong[0])
        return
    rest, targets = wrong.sum(axis=0), group.targets
    means = _combine(group.basis.T, wrong)
    residuals = means - targets[:, None] * rest
    for r in range(len(means)):
        for s in range(r, len(means)):
            second = _combine((group.basis[:, r] * group.basis[:, s])[None], wrong)[0]
            second -= targets[s] * means[r] + targets[r] * means[s]
            second += targets[r] * targets[s] * rest
            yield r, s, second - residuals[r] * residuals[s]


def _basis(count: int) -> Floats:
    """(K, scores): the second class alone, or an orthonormal basis of scores that sum to zero."""
    if count == 2:
        return np.array([[0.0], [1.0]])
    helmert = np.zeros((count, count - 1))
    for s in range(count - 1):
        helmert[: s + 1, s] = 1.0
        helmert[s + 1, s] = -(s + 1.0)
    return helmert / np.sqrt((helmert**2).sum(axis=0))


def _probabilities(scores: Floats, basis: Floats) -> Floats:
    """Probabilities (K, b, rows) of the classes from the free scores."""
    logits = _combine(basis, scores)
    logits -= logits.max(axis=0)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=0)
    return logits


def _combine(matrix: Floats, stack: Floats) -> Floats:
    """(r, k) times (k, b, rows) -> (r, b, rows)."""
    return (matrix @ stack.reshape(len(stack), -1)).reshape(len(matrix), *stack.shape[1:])


def _with_ones(z: Floats) -> Floats:
    return np.hstack([z, np.ones((len(z), 1))])


def _by_player(values: Floats, owners: NDArray, n_players: int) -> Floats:
    sums = np.zeros((n_players, values.shape[1]))
    np.add.at(sums, owners, values)
    return sums


def _symmetric(triangles: Floats, columns: int) -> Floats:
    """Upper triangles (b, columns (columns + 1) / 2) as matrices (b, columns, columns)."""
    row, column = np.triu_indices(columns)
    at = np.empty((columns, columns), dtype=np.intp)
    at[row, column] = at[column, row] = np.arange(len(row))
    whole: Floats = triangles[:, at]
    return whole


def _solve(matrices: Floats, right: Floats) -> Floats:
    """Solutions of positive definite systems; one that rounding made singular gets a tiny ridge."""
    try:
        solved = np.linalg.solve(matrices, right)
    except np.linalg.LinAlgError:
        size = matrices.shape[-1]
        ridge = 1e-12 * np.einsum("bii->b", matrices) / size
        solved = np.linalg.solve(matrices + ridge[:, None, None] * np.eye(size), right)
    return solved.astype(np.float64, copy=False)

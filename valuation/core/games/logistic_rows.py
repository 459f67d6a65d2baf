"""Group: the penalised logistic losses of many coalitions, their value and derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Bools, Floats
from valuation.core.games.problem import Problem
from valuation.core.games.softmax import RowLoss, basis_of

DENSE_MAX = 150  # coefficients up to which Hessians are formed; timed on digits and wine
GRADIENT_MAX = 1e-8  # of the objective C Σ loss + ½|w|², in every coordinate, at its optimum
ROWS_PER_BLOCK = 64  # rows of a player from which it pays to skip the coalitions without it


@dataclass(slots=True, kw_only=True)
class Group:
    """The rows of the coalitions that have exactly these classes, player by player.

    labels : (K,) class indices
    basis : (K, scores), see `basis_of`
    rows : (rows, columns), the last column being 1
    products : (rows, columns (columns + 1) / 2), upper triangle of each row's square
    blocks : rows with their losses; of one player each, or of all players together
    penalties : (columns,), none for the intercept
    gradient_max : what every coordinate of the gradient of `objective` has at most at the optimum
    starts : where fits may start, zero first and maybe a given point; none if `is_large`
    """

    labels: NDArray
    basis: Floats
    rows: Floats
    products: Floats
    owners: NDArray
    blocks: list[Block]
    penalties: Floats
    gradient_max: float
    starts: list[Start]

    @classmethod
    def of(
        cls, problem: Problem, rows: Floats, labels: NDArray, penalty: float, start: Floats
    ) -> Group:
        chosen = np.flatnonzero(np.isin(problem.y, labels))
        chosen = chosen[problem.owners[chosen].argsort(kind="stable")]
        own, owners = rows[chosen], problem.owners[chosen]
        loss = RowLoss(basis_of(len(labels)), np.searchsorted(labels, problem.y[chosen]))
        upper = np.triu_indices(rows.shape[1])
        penalties = np.full(rows.shape[1], penalty)
        penalties[-1] = 0.0
        group = cls(
            labels=labels,
            basis=loss.basis,
            rows=own,
            products=own[:, upper[0]] * own[:, upper[1]],
            owners=owners,
            blocks=_blocks(loss, owners),
            penalties=penalties,
            gradient_max=GRADIENT_MAX * penalty,
            starts=[],
        )
        if not group.is_large:
            places = [np.zeros_like(start), *([start] if start.any() else [])]
            group.starts = [group._start(loss, place, problem.n_players) for place in places]
        return group

    def at_start(self, members: Bools) -> tuple[Floats, Floats, Floats]:
        """The better start of each coalition, with its `derivatives`, from sums by player."""
        present = members.astype(np.float64)
        losses = np.stack([start.loss(present, self.penalties) for start in self.starts])
        which = losses.argmin(axis=0)
        weights = np.stack([start.weights for start in self.starts], axis=1)[:, which]
        gradient = weights * self.penalties
        triangles = self._no_triangles(len(members))
        for number, start in enumerate(self.starts):
            at = np.flatnonzero(which == number)
            gradient[:, at] += present[at] @ start.gradients
            triangles[:, at] += present[at] @ start.triangles
        return weights, gradient, self._hessian(triangles)

    def _start(self, loss: RowLoss, weights: Floats, n_players: int) -> Start:
        """Weights (scores, columns) with what they cost each player."""
        scores = (weights @ self.rows.T)[:, None]
        wrong = loss.wrong(scores)
        slopes = [slope.T * self.rows for slope in loss.residuals(wrong)]
        bends = [bend.T * self.products for _, _, bend in loss.curvatures(wrong)]
        by_player = partial(_by_player, owners=self.owners, n_players=n_players)
        return Start(
            weights=weights,
            losses=by_player(loss.losses(scores).T)[:, 0],
            gradients=np.stack([*map(by_player, slopes)]),
            triangles=np.stack([*map(by_player, bends)]),
        )

    def objective(self, weights: Floats, members: Bools) -> Floats:
        """C Σ loss + ½|w|², times 1/C; (b,)."""
        total = 0.5 * np.einsum("sbc,c,sbc->b", weights, self.penalties, weights)
        for block, at, included in self._parts(members):
            losses = block.loss.losses(times(weights[:, at], self.rows[block.cut].T))
            if included is not None:
                losses *= included
            total[at] += losses.sum(axis=1)
        return total

    def gradient(self, weights: Floats, members: Bools) -> Floats:
        """(scores, b, columns)."""
        gradient = weights * self.penalties
        for block, at, included in self._parts(members):
            rows = self.rows[block.cut]
            residuals = block.loss.residuals(block.loss.wrong(times(weights[:, at], rows.T)))
            if included is not None:
                residuals *= included
            gradient[:, at] += times(residuals, rows)
        return gradient

    def derivatives(self, weights: Floats, members: Bools) -> tuple[Floats, Floats]:
        """Gradient (scores, b, columns) and Hessian (b, scores columns, scores columns)."""
        gradient = weights * self.penalties
        triangles = self._no_triangles(len(members))
        for block, at, included in self._parts(members):
            rows = self.rows[block.cut]
            wrong = block.loss.wrong(times(weights[:, at], rows.T))
            residuals = block.loss.residuals(wrong)
            if included is not None:
                residuals *= included
            gradient[:, at] += times(residuals, rows)
            for pair, (_, _, curvature) in enumerate(block.loss.curvatures(wrong)):
                kept = curvature if included is None else curvature * included
                triangles[pair, at] += kept @ self.products[block.cut]
        return gradient, self._hessian(triangles)

    def curved(self, weights: Floats, members: Bools) -> tuple[Floats, Floats, list[Bent]]:
        """Gradient, a preconditioner and what `bend` needs to multiply by the Hessian.

        The preconditioner (b, columns, columns) is one block for every score: the rows' squares
        weighted by their mean curvature.
        """
        gradient, bent = weights * self.penalties, []
        triangles = np.zeros((len(members), self.products.shape[1]))
        for block, at, included in self._parts(members):
            rows = self.rows[block.cut]
            wrong = block.loss.wrong(times(weights[:, at], rows.T))
            residuals, curvature = block.loss.residuals(wrong), block.loss.mean_curvature(wrong)
            if included is not None:
                residuals *= included
                curvature *= included
            gradient[:, at] += times(residuals, rows)
            triangles[at] += curvature @ self.products[block.cut]
            bent.append((block, at, included, wrong))
        return gradient, symmetric(triangles, self.rows.shape[1]) + np.diag(self.penalties), bent

    def bend(self, bent: list[Bent], change: Floats) -> Floats:
        """The Hessian times a change of the weights; both (scores, b, columns)."""
        product = change * self.penalties
        for block, at, included, wrong in bent:
            rows = self.rows[block.cut]
            curved = block.loss.bend(wrong, times(change[:, at], rows.T))
            if included is not None:
                curved *= included
            product[:, at] += times(curved, rows)
        return product

    def _no_triangles(self, b: int) -> Floats:
        """Zeros (pairs of scores, b, columns (columns + 1) / 2)."""
        scores = self.basis.shape[1]
        return np.zeros((scores * (scores + 1) // 2, b, self.products.shape[1]))

    def _hessian(self, triangles: Floats) -> Floats:
        scores, columns = self.basis.shape[1], self.rows.shape[1]
        b, diagonal = triangles.shape[1], np.arange(columns)
        if scores == 1:  # the common case, without copies
            hessian = symmetric(triangles[0], columns)
            hessian[:, diagonal, diagonal] += self.penalties
            return hessian
        hessian = np.empty((b, scores, columns, scores, columns))
        for pair, (r, s) in enumerate(zip(*np.triu_indices(scores), strict=True)):
            block = symmetric(triangles[pair], columns)
            if r == s:
                block[:, diagonal, diagonal] += self.penalties
            hessian[:, r, :, s] = block
            hessian[:, s, :, r] = block
        return hessian.reshape(b, scores * columns, scores * columns)

    @property
    def is_large(self) -> bool:
        """Whether a Hessian costs more than the multiplications that do without it."""
        return self.basis.shape[1] * self.rows.shape[1] > DENSE_MAX

    def _parts(self, members: Bools) -> Iterator[tuple[Block, NDArray | slice, Floats | None]]:
        """Blocks, the coalitions that have rows there, and which rows, if not all."""
        for block in self.blocks:
            if block.player is None:
                yield block, slice(None), members[:, self.owners].astype(np.float64)
            elif len(at := np.flatnonzero(members[:, block.player])):
                yield block, at, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Weights from which a fit may start, with the losses there and their derivatives by player.

    weights : (scores, columns)
    losses : (n_players,)
    gradients : (scores, n_players, columns)
    triangles : (pairs of scores, n_players, columns (columns + 1) / 2), the second derivatives
    """

    weights: Floats
    losses: Floats
    gradients: Floats
    triangles: Floats

    def loss(self, present: Floats, penalties: Floats) -> Floats:
        """The objective of coalitions float64 (b, n_players) there; (b,)."""
        return present @ self.losses + 0.5 * float((self.weights**2 * penalties).sum())


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one player, or of all (None)."""

    player: int | None
    cut: slice
    loss: RowLoss


Bent = tuple[Block, NDArray | slice, Floats | None, Floats]


def rows_at_once(owners: NDArray) -> int:
    """Rows of the largest block: of one player where players are large, else all."""
    sizes = np.unique(owners, return_counts=True)[1]
    is_large = len(owners) >= ROWS_PER_BLOCK * len(sizes)
    return int(sizes.max(initial=0)) if is_large else len(owners)


def _blocks(loss: RowLoss, owners: NDArray) -> list[Block]:
    """One block per player where players are large, else one of all; rows are in player order."""
    players, starts = np.unique(owners, return_index=True)
    if rows_at_once(owners) == len(owners):
        return [Block(None, slice(None), loss)]
    ends = [*starts[1:], len(owners)]
    return [
        Block(int(player), slice(start, end), RowLoss(loss.basis, loss.class_of[start:end]))
        for player, start, end in zip(players, starts, ends, strict=True)
    ]


def _by_player(values: Floats, owners: NDArray, n_players: int) -> Floats:
    """Sums (n_players, width) of rows in player order."""
    sums = np.zeros((n_players, values.shape[1]))
    players, starts = np.unique(owners, return_index=True)
    if len(players):
        sums[players] = np.add.reduceat(values, starts, axis=0)
    return sums


def times(stack: Floats, matrix: Floats) -> Floats:
    """(s, b, k) times (k, m) -> (s, b, m), as one product instead of s smaller ones."""
    return (stack.reshape(-1, stack.shape[2]) @ matrix).reshape(*stack.shape[:2], -1)


def symmetric(triangles: Floats, columns: int) -> Floats:
    """Upper triangles (b, columns (columns + 1) / 2) as matrices (b, columns, columns)."""
    row, column = np.triu_indices(columns)
    at = np.empty((columns, columns), dtype=np.intp)
    at[row, column] = at[column, row] = np.arange(len(row))
    whole = triangles.take(at.ravel(), axis=1, mode="clip")  # no index is out of range
    return whole.reshape(len(triangles), columns, columns)


def solve(matrices: Floats, right: Floats) -> Floats:
    """Solutions of positive definite systems; one that rounding made singular gets a tiny ridge."""
    try:
        solved = np.linalg.solve(matrices, right)
    except np.linalg.LinAlgError:
        size = matrices.shape[-1]
        ridge = 1e-12 * np.einsum("bii->b", matrices) / size
        solved = np.linalg.solve(matrices + ridge[:, None, None] * np.eye(size), right)
    return solved.astype(np.float64, copy=False)


def inverse_of(matrices: Floats) -> Floats:
    """Inverses of positive definite matrices."""
    size = matrices.shape[-1]
    return solve(matrices, np.broadcast_to(np.eye(size), matrices.shape))

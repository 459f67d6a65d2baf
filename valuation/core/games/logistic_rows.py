"""Group: the penalised logistic losses of many coalitions, their value and derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Bools, Floats
from valuation.core.games.problem import Problem
from valuation.core.games.softmax import RowLoss, basis_of

DENSE_MAX = 150  # coefficients up to which Hessians are formed; timed on digits and wine
ROWS_PER_BLOCK = 64  # rows of a player from which it pays to skip the coalitions without it


@dataclass(slots=True, kw_only=True)
class Group:
    """The rows of the coalitions that have exactly these classes, player by player.

    labels : (K,) class indices
    basis : (K, scores), see `basis_of`
    rows : (rows, columns), the last column being 1
    products : (rows, columns (columns + 1) / 2), upper triangle of each row's square
    blocks : rows with their losses; of one player each, or of all players together
    gradients : (n_players, scores * columns), the gradient at zero, summed by player
    squares : (n_players, columns (columns + 1) / 2), the products summed by player
    penalties : (columns,), none for the intercept
    """

    labels: NDArray
    basis: Floats
    rows: Floats
    products: Floats
    owners: NDArray
    blocks: list[Block]
    gradients: Floats
    squares: Floats
    penalties: Floats

    @classmethod
    def of(cls, problem: Problem, rows: Floats, pattern: Bools, penalty: float) -> Group:
        labels = np.flatnonzero(pattern)
        chosen = np.flatnonzero(pattern[problem.y])
        chosen = chosen[problem.owners[chosen].argsort(kind="stable")]
        basis = basis_of(len(labels))
        own, owners = rows[chosen], problem.owners[chosen]
        class_of = np.searchsorted(labels, problem.y[chosen])
        upper = np.triu_indices(rows.shape[1])
        products = own[:, upper[0]] * own[:, upper[1]]
        residuals = basis.mean(axis=0) - basis[class_of]
        at_zero = (residuals[:, :, None] * own[:, None]).reshape(len(own), -1)
        penalties = np.full(rows.shape[1], penalty)
        penalties[-1] = 0.0
        return cls(
            labels=labels,
            basis=basis,
            rows=own,
            products=products,
            owners=owners,
            blocks=_blocks(basis, class_of, owners),
            gradients=_by_player(at_zero, owners, problem.n_players),
            squares=_by_player(products, owners, problem.n_players),
            penalties=penalties,
        )

    def first_step(self, members: Bools) -> Floats:
        """One Newton step from zero, out of sums by player; (scores, b, columns)."""
        present = members.astype(np.float64)
        scores, columns = self.basis.shape[1], self.rows.shape[1]
        centred = self.basis[:, 0] - self.basis[:, 0].mean()
        curvature = centred @ centred / len(self.labels)  # the same for every score
        hessian = symmetric(curvature * (present @ self.squares), columns)
        hessian += np.diag(self.penalties)
        gradient = (present @ self.gradients).reshape(len(members), scores, columns)
        step = solve(hessian, gradient.transpose(0, 2, 1))
        return np.ascontiguousarray(-step.transpose(2, 0, 1))

    def objective(self, weights: Floats, members: Bools) -> Floats:
        """C Σ loss + ½|w|², times 1/C; (b,)."""
        total = 0.5 * np.einsum("sbc,c,sbc->b", weights, self.penalties, weights)
        for block, at, included in self._parts(members):
            losses = block.loss.losses(weights[:, at] @ self.rows[block.cut].T)
            if included is not None:
                losses *= included
            total[at] += losses.sum(axis=1)
        return total

    def derivatives(
        self, weights: Floats, members: Bools, *, second: bool
    ) -> tuple[Floats, Floats | None]:
        """Gradient (scores, b, columns) and Hessian (b, scores columns, scores columns)."""
        gradient = weights * self.penalties
        scores, b, _ = weights.shape
        pairs = scores * (scores + 1) // 2
        triangles = np.zeros((pairs, b, self.products.shape[1])) if second else None
        for block, at, included in self._parts(members):
            rows = self.rows[block.cut]
            wrong = block.loss.wrong(weights[:, at] @ rows.T)
            residuals = block.loss.residuals(wrong)
            if included is not None:
                residuals *= included
            gradient[:, at] += residuals @ rows
            if triangles is None:
                continue
            for pair, (_, _, curvature) in enumerate(block.loss.curvatures(wrong)):
                kept = curvature if included is None else curvature * included
                triangles[pair, at] += kept @ self.products[block.cut]
        return gradient, None if triangles is None else self._hessian(triangles)

    def curved(self, weights: Floats, members: Bools) -> tuple[Floats, Floats, list[Bent]]:
        """Gradient, a preconditioner and what `bend` needs to multiply by the Hessian.

        The preconditioner (b, columns, columns) is one block for every score: the rows' squares
        weighted by their mean curvature.
        """
        gradient, bent = weights * self.penalties, []
        triangles = np.zeros((len(members), self.products.shape[1]))
        for block, at, included in self._parts(members):
            rows = self.rows[block.cut]
            wrong = block.loss.wrong(weights[:, at] @ rows.T)
            residuals, curvature = block.loss.residuals(wrong), block.loss.mean_curvature(wrong)
            if included is not None:
                residuals *= included
                curvature *= included
            gradient[:, at] += residuals @ rows
            triangles[at] += curvature @ self.products[block.cut]
            bent.append((block, at, included, wrong))
        return gradient, symmetric(triangles, self.rows.shape[1]) + np.diag(self.penalties), bent

    def bend(self, bent: list[Bent], change: Floats) -> Floats:
        """The Hessian times a change of the weights; both (scores, b, columns)."""
        product = change * self.penalties
        for block, at, included, wrong in bent:
            rows = self.rows[block.cut]
            curved = block.loss.bend(wrong, change[:, at] @ rows.T)
            if included is not None:
                curved *= included
            product[:, at] += curved @ rows
        return product

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


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one player, or of all (None)."""

    player: int | None
    cut: slice
    loss: RowLoss


Bent = tuple[Block, NDArray | slice, Floats | None, Floats]


def _blocks(basis: Floats, class_of: NDArray, owners: NDArray) -> list[Block]:
    """One block per player where players are large, else one of all; rows are in player order."""
    players, starts = np.unique(owners, return_index=True)
    if len(owners) < ROWS_PER_BLOCK * len(players):
        return [Block(None, slice(None), RowLoss(basis, class_of))]
    ends = [*starts[1:], len(owners)]
    return [
        Block(int(player), slice(start, end), RowLoss(basis, class_of[start:end]))
        for player, start, end in zip(players, starts, ends, strict=True)
    ]


def _by_player(values: Floats, owners: NDArray, n_players: int) -> Floats:
    """Sums (n_players, width) of rows in player order."""
    sums = np.zeros((n_players, values.shape[1]))
    players, starts = np.unique(owners, return_index=True)
    sums[players] = np.add.reduceat(values, starts, axis=0)
    return sums


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

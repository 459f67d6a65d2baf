"""Newton's method for the penalised logistic losses of many coalitions at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Bools, Floats
from valuation.core.games.problem import Problem
from valuation.core.games.softmax import RowLoss, basis_of
from valuation.errors import FitFailed

GRADIENT_MAX = 1e-8  # of the objective C Σ loss + ½|w|², in every coordinate
DECREMENT_MAX = 1e-18  # squared Newton decrement; one more step and the gradient is rounding
NEARLY = 1e-9  # squared decrement after whose step the gradient is most likely small enough
OVERSHOT = 1e-3  # of the first slope left with the other sign: look whether the objective fell
ITERATIONS_MAX = 200  # hopelessly separable data take about 40
HALVINGS_MAX = 60  # a step of 2**-60 is rounding
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
        hessian = _symmetric(curvature * (present @ self.squares), columns)
        hessian += np.diag(self.penalties)
        gradient = (present @ self.gradients).reshape(len(members), scores, columns)
        step = _solve(hessian, gradient.transpose(0, 2, 1))
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

    def _hessian(self, triangles: Floats) -> Floats:
        scores, columns = self.basis.shape[1], self.rows.shape[1]
        b = triangles.shape[1]
        hessian = np.empty((b, scores, columns, scores, columns))
        for pair, (r, s) in enumerate(zip(*np.triu_indices(scores), strict=True)):
            block = _symmetric(triangles[pair], columns)
            if r == s:
                block += np.diag(self.penalties)
            hessian[:, r, :, s] = block
            hessian[:, s, :, r] = block
        return hessian.reshape(b, scores * columns, scores * columns)

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


def minimise(group: Group, members: Bools) -> Floats:
    """Optimal weights (scores, b, columns) of coalitions bool (b, n_players).

    Raises
    ------
    FitFailed : an optimum was not reached
    """
    weights = group.first_step(members)
    live, step = np.arange(len(members)), None
    for _ in range(ITERATIONS_MAX):
        gradient, hessian = group.derivatives(weights[:, live], members[live], second=True)
        assert hessian is not None
        if step is not None:
            _shorten(group, (weights, live, members), step, (gradient, hessian))
        open_ = np.abs(gradient).max(axis=(0, 2)) > GRADIENT_MAX
        live = live[open_]
        if not len(live):
            return weights
        step = _newton_step(gradient[:, open_], hessian[open_])
        weights[:, live] += step.direction
        going = ~_is_settled(group, weights[:, live], members[live], step.decrement)
        live, step = live[going], step.keep(going)
        if not len(live):
            return weights
    players = np.flatnonzero(members[live[0]]).tolist()
    raise FitFailed(f"Logistic regression on the rows of the players {players} did not settle.")


@dataclass(frozen=True, slots=True)
class Step:
    """Directions (scores, b, columns) and squared Newton decrements (b,), minus their slopes."""

    direction: Floats
    decrement: Floats

    def keep(self, chosen: Bools) -> Step:
        return Step(self.direction[:, chosen], self.decrement[chosen])


def _newton_step(gradient: Floats, hessian: Floats) -> Step:
    scores, b, columns = gradient.shape
    flat = gradient.transpose(1, 0, 2).reshape(b, scores * columns, 1)
    direction = -_solve(hessian, flat)
    decrement = -(direction * flat).sum(axis=(1, 2))
    return Step(direction.reshape(b, scores, columns).transpose(1, 0, 2), decrement)


def _is_settled(group: Group, weights: Floats, members: Bools, decrement: Floats) -> Bools:
    """Whether the point after a step is the optimum, looking only where that is likely; (b,)."""
    settled = decrement <= DECREMENT_MAX
    near = np.flatnonzero(~settled & (decrement <= NEARLY))
    if len(near):
        gradient, _ = group.derivatives(weights[:, near], members[near], second=False)
        settled[near] = np.abs(gradient).max(axis=(0, 2)) <= GRADIENT_MAX
    return settled


def _shorten(
    group: Group,
    place: tuple[Floats, NDArray, Bools],
    step: Step,
    derivatives: tuple[Floats, Floats],
) -> None:
    """Halve, in place, the last steps that raised the objective.

    The objective is convex: where the slope along the step has not changed its sign, it fell.
    """
    (weights, live, members), (gradient, hessian) = place, derivatives
    slope = np.einsum("sbc,sbc->b", gradient, step.direction)
    over = np.flatnonzero(slope > OVERSHOT * step.decrement)
    if not len(over):
        return
    step, at = step.keep(over), live[over]
    length = _length(group, weights[:, at] - step.direction, members[at], step)
    short = np.flatnonzero(length < 1.0)
    if len(short):
        over, at, direction = over[short], at[short], step.direction[:, short]
        weights[:, at] -= (1.0 - length[short])[:, None] * direction
        found = group.derivatives(weights[:, at], members[at], second=True)
        gradient[:, over], hessian[over] = found


def _length(group: Group, start: Floats, members: Bools, step: Step) -> Floats:
    """The first of 1, ½, ¼ … at which the objective falls enough (Armijo 1966); (b,)."""
    old = group.objective(start, members)
    slack = 1e-14 * (1.0 + np.abs(old))  # the rounding of the objective itself
    length = np.ones(len(old))
    open_ = np.arange(len(old))
    for _ in range(HALVINGS_MAX):
        moved = start[:, open_] + length[open_, None] * step.direction[:, open_]
        new = group.objective(moved, members[open_])
        wanted = old[open_] - 1e-4 * length[open_] * step.decrement[open_] + slack[open_]
        open_ = open_[~(new <= wanted)]
        if not len(open_):
            break
        length[open_] *= 0.5
    return length


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

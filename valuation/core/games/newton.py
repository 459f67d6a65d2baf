"""Newton's method for the penalised logistic losses of many coalitions at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from valuation.core.games.base import Bools, Floats
from valuation.core.games.logistic_rows import Bent, Group, inverse_of, solve
from valuation.errors import FitFailed

DECREMENT_MAX = 1e-18  # squared Newton decrement; one more step and the gradient is rounding
NEARLY = 1e-5  # squared decrement after whose step the Hessian is still good for another
SHRUNK_MAX = 0.1  # of the gradient left by that step, else it is not near at all
SAFETY = 10.0  # times as much gradient as expected must be little enough not to look
OVERSHOT = 1e-3  # of the first slope left with the other sign: look whether the objective fell
ITERATIONS_MAX = 200  # hopelessly separable data take about 40
HALVINGS_MAX = 60  # a step of 2**-60 is rounding
LOOSE = 0.3  # squared residual of the conjugate directions, at most this share of the first


Place: TypeAlias = tuple[Floats, NDArray, Bools]  # weights of all, which are open, members of all


def minimise(group: Group, members: Bools) -> Floats:
    """Optimal weights (scores, b, columns) of coalitions bool (b, n_players).

    Raises
    ------
    FitFailed : an optimum was not reached
    """
    if group.is_large:
        return _minimise_large(group, members)
    live, (weights, gradient, hessian) = np.arange(len(members)), group.at_start(members)
    for _ in range(ITERATIONS_MAX):
        open_ = np.abs(gradient).max(axis=(0, 2)) > group.gradient_max
        live, hessian = live[open_], hessian[open_]
        step = _newton_step(gradient[:, open_], hessian)
        weights[:, live] += step.direction
        going = ~_is_settled(group, (weights, live, members), step, hessian)
        live, step = live[going], step.keep(going)
        if not len(live):
            return weights
        gradient, hessian = group.derivatives(weights[:, live], members[live])
        _shorten(group, (weights, live, members), step, (gradient, hessian))
    raise _not_settled(members[live[0]])


def _minimise_large(group: Group, members: Bools) -> Floats:
    """The same without Hessians: directions by conjugate gradients (Steihaug 1983)."""
    weights = np.zeros((group.basis.shape[1], len(members), group.rows.shape[1]))
    live = np.arange(len(members))
    for _ in range(ITERATIONS_MAX):
        gradient, preconditioner, bent = group.curved(weights[:, live], members[live])
        open_ = np.abs(gradient).max(axis=(0, 2)) > group.gradient_max
        if not open_.any():
            return weights
        direction = _conjugate(group, bent, gradient, inverse_of(preconditioner))
        step = Step(direction, -np.einsum("sbc,sbc->b", gradient, direction)).keep(open_)
        live = live[open_]
        length = _length(group, weights[:, live], members[live], step)
        weights[:, live] += length[:, None] * step.direction
        live = live[step.decrement > DECREMENT_MAX]
        if not len(live):
            return weights
    raise _not_settled(members[live[0]])


def _conjugate(group: Group, bent: list[Bent], gradient: Floats, inverse: Floats) -> Floats:
    """Directions near the Newton ones, nearer the smaller the gradient; (scores, b, columns)."""

    def precondition(residual: Floats) -> Floats:
        return np.einsum("sbc,bcd->sbd", residual, inverse, optimize=True)

    residual, direction = -gradient, np.zeros_like(gradient)
    change = precondition(residual)
    first = size = np.einsum("sbc,sbc->b", residual, change)
    wanted = first * np.minimum(LOOSE, np.sqrt(first))
    for _ in range(gradient.shape[0] * gradient.shape[2]):
        product = group.bend(bent, change)
        bend = np.einsum("sbc,sbc->b", change, product)
        length = np.divide(size, bend, out=np.zeros_like(size), where=bend > 0)[:, None]
        direction += length * change
        residual -= length * product
        conditioned = precondition(residual)
        size, old = np.einsum("sbc,sbc->b", residual, conditioned), size
        if (size <= wanted).all():
            break
        ratio = np.divide(size, old, out=np.zeros_like(size), where=old > 0)[:, None]
        change = conditioned + ratio * change
    return direction


def _not_settled(coalition: Bools) -> FitFailed:
    players = np.flatnonzero(coalition).tolist()
    return FitFailed(f"Logistic regression on the rows of the players {players} did not settle.")


@dataclass(frozen=True, slots=True)
class Step:
    """Directions (scores, b, columns) and squared Newton decrements (b,), minus their slopes."""

    direction: Floats
    decrement: Floats

    def keep(self, chosen: NDArray) -> Step:
        return Step(self.direction[:, chosen], self.decrement[chosen])


def _newton_step(gradient: Floats, hessian: Floats) -> Step:
    scores, b, columns = gradient.shape
    flat = gradient.transpose(1, 0, 2).reshape(b, scores * columns, 1)
    direction = -solve(hessian, flat)
    decrement = -(direction * flat).sum(axis=(1, 2))
    return Step(direction.reshape(b, scores, columns).transpose(1, 0, 2), decrement)


def _is_settled(group: Group, place: Place, step: Step, hessian: Floats) -> Bools:
    """Whether the point after a step is the optimum; (b,).

    Where a step was short, one more is made with the same Hessian, if the gradient shrank. It then
    shrinks about as much again, so that its end need not be looked at.
    """
    (weights, live, members), settled = place, step.decrement <= DECREMENT_MAX
    near = np.flatnonzero(~settled & (step.decrement <= NEARLY))
    if not len(near):
        return settled
    gradient = group.gradient(weights[:, live[near]], members[live[near]])
    again = _newton_step(gradient, hessian[near])
    shrunk = np.sqrt(np.abs(again.decrement) / step.decrement[near])
    moved = shrunk <= SHRUNK_MAX
    weights[:, live[near[moved]]] += again.direction[:, moved]
    step.direction[:, near[moved]] += again.direction[:, moved]
    left = np.abs(gradient).max(axis=(0, 2))
    settled[near] = np.where(moved, SAFETY * shrunk, 1.0) * left <= group.gradient_max
    return settled


def _shorten(
    group: Group,
    place: Place,
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
        found = group.derivatives(weights[:, at], members[at])
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

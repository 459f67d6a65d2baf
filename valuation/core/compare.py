"""Any set of methods side by side on one game, with their error where exact is affordable."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from valuation.core.axioms import efficiency_gap
from valuation.core.coalitions import Floats
from valuation.core.engine import value
from valuation.core.games.base import Game
from valuation.core.methods import METHODS
from valuation.core.result import Z_95, Result
from valuation.errors import Refusal

EXACT_BUDGET_MAX = 4096  # evaluations worth spending on a reference where each is a fit
EXACT_BUDGET_MAX_CHEAP = 1 << 20  # and where each costs microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One method on the game.

    Attributes
    ----------
    result : Result or None, None where the method refused
    refusal : the sentence of the refusal, or ""
    error : relative L2 distance to the exact Shapley values, NaN where these are not
        affordable or the method estimates something else
    covered : share of players whose 95 % interval holds the exact value, NaN alike
    """

    method: str
    result: Result | None
    refusal: str
    error: float
    covered: float


def compare(
    game: Game,
    methods: Sequence[str] | None = None,
    *,
    budget: int = 200,
    seed: int = 0,
    exact: Floats | None = None,
) -> list[Comparison]:
    """Value the game by each method at the same budget.

    Parameters
    ----------
    methods : names, all but `auto` by default
    exact : float64 (n,) or None
        The exact Shapley values where they are known already.

    Examples
    --------
    >>> from valuation.core.games import TableGame
    >>> gloves = TableGame([0, 0, 0, 1, 0, 1, 0, 1])
    >>> print(table(compare(gloves, ["exact", "leave-one-out", "owen"], budget=8)))
    method           evaluations   error  covered   max s.e.       gap
    exact                      8  0.0000    1.000          0         0
    leave-one-out              5       -        -          0         0
    owen           refused: The method owen needs at least 18 evaluations for 3 players; \
the budget is 8.
    """
    names = [name for name in METHODS if name != "auto"] if methods is None else methods
    reference = reference_of(game, seed) if exact is None else exact
    return [_one(game, name, budget, seed, reference) for name in names]


def reference_of(game: Game, seed: int = 0) -> Floats | None:
    """The exact Shapley values, if the game has a closed form or few enough coalitions."""
    formula = getattr(game, "closed_form", None)
    values: Floats | None = formula() if formula else None
    most = EXACT_BUDGET_MAX_CHEAP if getattr(game, "cheap", False) else EXACT_BUDGET_MAX
    if values is None and 1 << game.n_players <= most:
        values = value(game, "exact", budget=1 << game.n_players, seed=seed).values
    return values


def _one(game: Game, name: str, budget: int, seed: int, reference: Floats | None) -> Comparison:
    try:
        result = value(game, name, budget=budget, seed=seed, controls=())
    except Refusal as refusal:
        sentence = refusal.sentence
        return Comparison(method=name, result=None, refusal=sentence, error=np.nan, covered=np.nan)
    error, covered = np.nan, np.nan
    if reference is not None and METHODS[name].shapley:
        error, covered = distance(result, reference), coverage(result, reference)
    return Comparison(method=name, result=result, refusal="", error=error, covered=covered)


def distance(result: Result, exact: Floats) -> float:
    """Relative L2 distance to the exact values; absolute where these are all 0."""
    scale = float(np.linalg.norm(exact)) or 1.0
    return float(np.linalg.norm(result.values - exact)) / scale


def coverage(result: Result, exact: Floats) -> float:
    """Share of players whose 95 % interval holds the exact value, but for rounding."""
    rounding = 1e-9 * max(float(np.abs(exact).max()), abs(result.range))
    apart = np.abs(result.values - exact)
    return float(np.mean(apart <= Z_95 * result.standard_errors + rounding))


def table(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as lines of text."""
    head = (
        f"{'method':14} {'evaluations':>13} {'error':>7} {'covered':>8} {'max s.e.':>10} {'gap':>9}"
    )
    return "\n".join([head, *map(_line, comparisons)])


def _line(one: Comparison) -> str:
    if one.result is None:
        return f"{one.method:14} refused: {one.refusal}"
    error = "-" if np.isnan(one.error) else f"{one.error:.4f}"
    covered = "-" if np.isnan(one.covered) else f"{one.covered:.3f}"
    widest = one.result.standard_errors.max()
    gap = round(efficiency_gap(one.result), 12) + 0.0  # rounding is no gap, nor is -0
    evaluations = one.result.evaluations
    numbers = f"{evaluations:13d} {error:>7} {covered:>8} {widest:10.3g} {gap:9.3g}"
    return f"{one.method:14} {numbers}"

"""The methods by their names in the literature: what each costs and what it is good for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from valuation.core.methods.auto import choose, with_closed_form
from valuation.core.methods.closed_form import closed_form
from valuation.core.methods.exact import exact
from valuation.core.methods.permutation import antithetic, budget_min, permutation
from valuation.core.problem import Asking, Problem
from valuation.errors import BudgetTooSmall, UnknownMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to value players.

    Attributes
    ----------
    function : problem -> generator of rounds that returns a result
    cost : evaluations, as a sentence
    budget_min : the smallest budget for a number of players
    shapley : whether it estimates the Shapley value, so values sum to v(N) − v(∅)
    exact_when_enumerated : whether it is exact once the budget covers every coalition
    """

    name: str
    function: Callable[[Problem], Asking]
    citation: str
    cost: str
    good_for: str
    budget_min: Callable[[int], int] = lambda n_players: 2
    shapley: bool = True
    exact_when_enumerated: bool = False

    def require(self, budget: int, n_players: int) -> None:
        """Refuse a budget below what the method needs at least; one player needs v(∅) and v(N).

        Raises
        ------
        BudgetTooSmall
        """
        needed = max(self.budget_min(n_players), 2) if n_players > 1 else 2
        if budget < needed:
            raise BudgetTooSmall(
                f"The method {self.name} needs at least {needed} evaluations for "
                f"{n_players} players; the budget is {budget}.",
                budget_min=needed,
            )


def auto(problem: Problem) -> Asking:
    """The method that fits the game and the budget; `result.reason` says why."""
    problem, has_formula = with_closed_form(problem)
    name, reason = choose(problem, METHODS)
    if has_formula:
        name, reason = "closed-form", "the game has a closed form, exact at any number of players"
    result = yield from METHODS[name].function(problem)
    return replace(result, reason=reason)


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            name="auto",
            function=auto,
            citation="docs/algorithms/auto.md",
            cost="what the method picked costs, never above the budget",
            good_for="everything, unless you know better",
            exact_when_enumerated=True,
        ),
        Method(
            name="closed-form",
            function=closed_form,
            citation="Jia et al. (2019), Efficient task-specific data valuation for nearest "
            "neighbour algorithms; grouped here",
            cost="2: v(∅) and v(N)",
            good_for="k-nearest neighbours at any number of players",
            exact_when_enumerated=True,
        ),
        Method(
            name="exact",
            function=exact,
            citation="Shapley (1953), A value for n-person games",
            cost="2**n",
            budget_min=lambda n_players: 1 << n_players,
            good_for="up to 20 players where an evaluation takes microseconds, 10 where it fits",
            exact_when_enumerated=True,
        ),
        Method(
            name="permutation",
            function=permutation,
            citation="Castro, Gómez, Tejada (2009), Polynomial calculation of the Shapley value",
            cost="at most n − 1 per permutation, at least 2n",
            budget_min=budget_min,
            good_for="the plainest estimate, unbiased at any budget; a yardstick for the others",
        ),
        Method(
            name="antithetic",
            function=antithetic,
            citation="Mitchell et al. (2022), Sampling permutations for Shapley value estimation",
            cost="at most 2(n − 1) per pair of permutations, at least 4n",
            budget_min=lambda n_players: 2 * budget_min(n_players),
            good_for="permutations at less error where marginal contributions fall with size",
        ),
    )
}


def method_named(name: str) -> Method:
    """The method of that name.

    Raises
    ------
    UnknownMethod
    """
    if name not in METHODS:
        raise UnknownMethod(f"There is no method {name!r}; there are {', '.join(METHODS)}.")
    return METHODS[name]

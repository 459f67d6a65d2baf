"""Method: what is to be known of a way to value players before it is used."""

from collections.abc import Callable
from dataclasses import dataclass

from valuation.core.problem import Asking, Problem
from valuation.errors import BudgetTooSmall


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

"""The methods by their names in the literature: what each costs and what it is good for."""

from dataclasses import replace

from valuation.core.methods.auto import choose, with_closed_form
from valuation.core.methods.register import REGISTER
from valuation.core.methods.registered import Method
from valuation.core.problem import Asking, Problem
from valuation.errors import UnknownMethod

__all__ = ["METHODS", "Method", "method_named"]


def auto(problem: Problem) -> Asking:
    """The method that fits the game and the budget; `result.reason` says why."""
    problem, has_formula = with_closed_form(problem)
    name, reason = choose(problem, METHODS)
    if has_formula:
        name, reason = "closed-form", "the game has a closed form, exact at any number of players"
    METHODS[name].require(problem.budget, problem.n_players)
    result = yield from METHODS[name].function(problem)
    return replace(result, reason=reason)


AUTO = Method(
    name="auto",
    function=auto,
    citation="docs/algorithms/auto.md",
    cost="what the method picked costs, never above the budget",
    good_for="everything, unless you know better",
    exact_when_enumerated=True,
)
METHODS: dict[str, Method] = {method.name: method for method in (AUTO, *REGISTER)}


def method_named(name: str) -> Method:
    """The method of that name.

    Raises
    ------
    UnknownMethod
    """
    if name not in METHODS:
        raise UnknownMethod(f"There is no method {name!r}; there are {', '.join(METHODS)}.")
    return METHODS[name]

"""What data are worth: games of coalitions and the methods that value their players.

>>> from valuation.core import Plan, value
"""

from valuation.core.coalitions import keys, memo_digest, shard_cut
from valuation.core.engine import Evaluated, Plan, evaluate, shard_size, value
from valuation.core.games import DataGame, FunctionGame, TableGame
from valuation.core.methods import METHODS, Method
from valuation.core.result import Result
from valuation.errors import (
    BudgetTooSmall,
    DeadlinePassed,
    NoClosedForm,
    TooManyPlayers,
    UnknownMethod,
)

__all__ = [
    "METHODS",
    "BudgetTooSmall",
    "DataGame",
    "DeadlinePassed",
    "Evaluated",
    "FunctionGame",
    "Method",
    "NoClosedForm",
    "Plan",
    "Result",
    "TableGame",
    "TooManyPlayers",
    "UnknownMethod",
    "evaluate",
    "keys",
    "memo_digest",
    "shard_cut",
    "shard_size",
    "value",
]

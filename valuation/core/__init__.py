"""What data are worth: games of coalitions and the methods that value their players.

>>> from valuation.core import Plan, value
"""

from valuation.core.coalitions import keys, memo_digest, shard_cut
from valuation.core.compare import Comparison, compare, table
from valuation.core.engine import Evaluated, Plan, evaluate, shard_size, value
from valuation.core.games import BigramGame, DataGame, FunctionGame, TableGame
from valuation.core.methods import METHODS, Method
from valuation.core.result import Result
from valuation.core.utilities import UTILITIES, Utility
from valuation.errors import (
    BudgetTooSmall,
    DeadlinePassed,
    FitFailed,
    NoClosedForm,
    NoRows,
    NotFinite,
    ShapeMismatch,
    TooManyPlayers,
    UnknownMethod,
    UnknownModel,
    UnknownUtility,
    UnsuitableOption,
    UnsuitableUtility,
    UtilityNotFinite,
)

__all__ = [
    "BigramGame",
    "BudgetTooSmall",
    "Comparison",
    "DataGame",
    "DeadlinePassed",
    "Evaluated",
    "FitFailed",
    "FunctionGame",
    "METHODS",
    "Method",
    "NoClosedForm",
    "NoRows",
    "NotFinite",
    "Plan",
    "Result",
    "ShapeMismatch",
    "TableGame",
    "TooManyPlayers",
    "UTILITIES",
    "UnknownMethod",
    "UnknownModel",
    "UnknownUtility",
    "UnsuitableOption",
    "UnsuitableUtility",
    "Utility",
    "UtilityNotFinite",
    "compare",
    "evaluate",
    "keys",
    "memo_digest",
    "shard_cut",
    "shard_size",
    "table",
    "value",
]

"""Games: what a coalition of players is worth, evaluated many coalitions at a time."""

from valuation.core.games.base import Game
from valuation.core.games.bigram import BigramGame
from valuation.core.games.data import DataGame
from valuation.core.games.models import MODELS
from valuation.core.games.plain import FunctionGame, TableGame

__all__ = ["MODELS", "BigramGame", "DataGame", "FunctionGame", "Game", "TableGame"]

"""What the data was worth.

A **game** is a frozen spec: model, utility, pre-processing, validation digest,
library versions. A **valuation run** plays one game among its **players** (a
contributors' cluster with the digest of its rows). The method asks for coalitions
in rounds; each round is cut into **shards**, which workers evaluate; a finished
shard is stored whole. A **coalition utility** remembers v(S) by the digests of the
players in S, so later runs of the same game do not evaluate S again. A **player
value** is what the run found: a decimal text with its standard error. An **analysis**
is what else it can tell.
"""

from valuation.models.analyses import Analysis
from valuation.models.games import CoalitionUtility, Game
from valuation.models.runs import (
    Player,
    PlayerMember,
    PlayerValue,
    RunEvent,
    RunState,
    ValuationRun,
)
from valuation.models.shards import Shard, ShardState

__all__ = [
    "Analysis",
    "CoalitionUtility",
    "Game",
    "Player",
    "PlayerMember",
    "PlayerValue",
    "RunEvent",
    "RunState",
    "Shard",
    "ShardState",
    "ValuationRun",
]

"""What other apps and the edges may read of valuations."""

from valuation.selectors.analyses import (
    AnalysisRecord,
    SealedShare,
    analysis_list,
    analysis_record,
    sealed_shares,
)
from valuation.selectors.costs import RunCost, run_cost_before
from valuation.selectors.runs import (
    PlayerValueRecord,
    RunProgress,
    ValuationRunRecord,
    player_value_list,
    player_values_visible,
    run_record,
    valuation_run_get,
    valuation_run_list,
    valuation_run_progress,
)

__all__ = [
    "AnalysisRecord",
    "PlayerValueRecord",
    "RunCost",
    "RunProgress",
    "SealedShare",
    "ValuationRunRecord",
    "analysis_list",
    "analysis_record",
    "player_value_list",
    "player_values_visible",
    "run_cost_before",
    "run_record",
    "sealed_shares",
    "valuation_run_get",
    "valuation_run_list",
    "valuation_run_progress",
]

"""Every table of the ledger."""

from ledger.models.disputes import Dispute, DisputeEvent, DisputeMessage
from ledger.models.journal import Account, Balance, JournalEntry, Period, Posting
from ledger.models.operations import WorkerHeartbeat
from ledger.models.payouts import (
    Advance,
    BankDetails,
    BankMessage,
    Payout,
    PayoutBatch,
    PayoutBatchEvent,
    PayoutDestination,
    PayoutEvent,
)
from ledger.models.royalties import (
    Holdback,
    HoldbackRelease,
    PolicyVersion,
    Pool,
    RoyaltyLine,
    RoyaltyRun,
    RoyaltyRunEvent,
)
from ledger.models.statements import (
    Statement,
    StatementEvent,
    StatementFile,
    StatementLine,
    StatementSeries,
)
from ledger.models.states import Approval, StateTransition
from ledger.models.tax import TaxProfile, TaxRule

__all__ = [
    "Account",
    "Advance",
    "Approval",
    "Balance",
    "BankDetails",
    "BankMessage",
    "Dispute",
    "DisputeEvent",
    "DisputeMessage",
    "Holdback",
    "HoldbackRelease",
    "JournalEntry",
    "Payout",
    "PayoutBatch",
    "PayoutBatchEvent",
    "PayoutDestination",
    "PayoutEvent",
    "Period",
    "PolicyVersion",
    "Pool",
    "Posting",
    "RoyaltyLine",
    "RoyaltyRun",
    "RoyaltyRunEvent",
    "StateTransition",
    "Statement",
    "StatementEvent",
    "StatementFile",
    "StatementLine",
    "StatementSeries",
    "TaxProfile",
    "TaxRule",
    "WorkerHeartbeat",
]

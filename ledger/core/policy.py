"""The policy of a royalty run: every number that decides who gets what.

A **policy** is a dated, versioned row; a run copies it, so that an old run can
be computed again by the rules of its day. Rates are basis points (1/10,000).
"""

from dataclasses import dataclass, fields
from typing import Any

from ledger.core.bookkeeping import AMOUNT_MINOR_MAX
from ledger.errors import PolicyUnsuitable

NEGATIVE_RULES = ("clip", "carry", "debit")
CONFIDENCE_RULES = ("estimate", "hold")
DUPLICATE_RULES = ("rows", "equal", "earliest")
TIE_RULES = ("code", "earliest")
FULL_BP = 10_000
# Three years of quarters: longer reserves are no reserves.
HOLDBACK_PERIODS_MAX = 12
DISPUTE_WINDOW_DAYS_MAX = 366
# Thirty years: no law that we know lets a claim live longer.
UNCLAIMED_DAYS_MAX = 10_958


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What governs one royalty run.

    fee_bp             platform fee, taken from the pool before anything is split
    negative_rule      clip: a negative value earns 0; carry: it also reduces later positive
                       values; debit: it is owed back (only where the contract says so)
    confidence_rule    estimate: the estimate is paid; hold: what the 95 % interval does not
                       support is held
    duplicate_rule     how a cluster of several accounts splits what it earned: by rows, in
                       equal parts, or all to the account that was there first
    holdback_bp        reserve kept from each period's gross
    holdback_periods   in how many equal parts, one per following period, it is released
    recoupment_bp      share of a period's earnings that repays an advance
    threshold_minor    smallest balance that is paid out; less is carried forward
    dispute_window_days  days after issue in which a statement can be disputed
    tie_rule           who gets one minor unit that several have the same claim to. code: the
                       smaller public code; earliest: whose data was accepted first
    unclaimed_days     days after its last statement from which a balance that cannot be paid
                       may be kept as unclaimed; 0: never
    """

    fee_bp: int
    negative_rule: str = "clip"
    confidence_rule: str = "estimate"
    duplicate_rule: str = "rows"
    holdback_bp: int = 0
    holdback_periods: int = 0
    recoupment_bp: int = FULL_BP
    threshold_minor: int = 0
    dispute_window_days: int = 30
    tie_rule: str = "code"
    unclaimed_days: int = 0

    def __post_init__(self) -> None:
        for problem in policy_problems(self):
            raise PolicyUnsuitable(problem)

    def as_record(self) -> dict[str, Any]:
        """Return the policy as plain data, as it is copied into a run and digested."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def policy_problems(policy: Policy) -> tuple[str, ...]:
    """Return a sentence for each number or name that cannot govern a run."""
    checks = (
        (0 <= policy.fee_bp < FULL_BP, "The fee must be at least 0 and below 10,000 bp."),
        (0 <= policy.holdback_bp < FULL_BP, "The holdback must be below 10,000 bp."),
        (0 <= policy.recoupment_bp <= FULL_BP, "The recoupment rate must be 0 to 10,000 bp."),
        (
            0 <= policy.threshold_minor <= AMOUNT_MINOR_MAX,
            "The threshold must be 0 to 10**15 minor units.",
        ),
        (
            0 <= policy.holdback_periods <= HOLDBACK_PERIODS_MAX,
            f"A holdback is released over at most {HOLDBACK_PERIODS_MAX} periods.",
        ),
        (
            (policy.holdback_bp > 0) == (policy.holdback_periods > 0),
            "A holdback needs periods to be released over, and only a holdback has them.",
        ),
        (
            1 <= policy.dispute_window_days <= DISPUTE_WINDOW_DAYS_MAX,
            f"The dispute window is 1 to {DISPUTE_WINDOW_DAYS_MAX} days.",
        ),
        (policy.negative_rule in NEGATIVE_RULES, "The negative rule is clip, carry or debit."),
        (policy.confidence_rule in CONFIDENCE_RULES, "The confidence rule is estimate or hold."),
        (
            policy.duplicate_rule in DUPLICATE_RULES,
            "The duplicate rule is rows, equal or earliest.",
        ),
        (policy.tie_rule in TIE_RULES, "The tie rule is code or earliest."),
        (
            0 <= policy.unclaimed_days <= UNCLAIMED_DAYS_MAX,
            f"A balance is unclaimed after 1 to {UNCLAIMED_DAYS_MAX} days, or never with 0.",
        ),
    )
    return tuple(sentence for holds, sentence in checks if not holds)

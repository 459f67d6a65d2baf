"""What the ledger refuses: one class per refusal."""

from contributors.errors import Conflict, NotFound, Refusal

__all__ = ["Conflict", "NotFound", "Refusal"]


class NoPositiveWeight(Refusal):
    """Every weight is zero, so there is nothing to split the amount by.

    Look at the values: the run stops in needs_decision until a reviewer decides.
    """


class ValueUnreadable(Refusal):
    """A stored value is not a finite decimal number.

    Run the valuation again; money is computed from finite decimal text alone.
    """

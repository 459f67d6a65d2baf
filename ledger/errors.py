"""What the ledger refuses: one class per refusal."""

from contributors.errors import Conflict, NotFound, Refusal

__all__ = ["Conflict", "NotFound", "Refusal"]

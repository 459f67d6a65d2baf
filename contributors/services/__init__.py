"""What may be done: one module per noun, each function one transaction."""

from contributors.services.batches import batch_check, batch_register, batch_withdraw
from contributors.services.consents import consent_give, consent_revoke
from contributors.services.people import contributor_create, contributor_for_user
from contributors.services.programmes import (
    licence_create,
    programme_close,
    programme_create,
    programme_open,
)
from contributors.services.validation_sets import validation_set_register

__all__ = [
    "batch_check",
    "batch_register",
    "batch_withdraw",
    "consent_give",
    "consent_revoke",
    "contributor_create",
    "contributor_for_user",
    "licence_create",
    "programme_close",
    "programme_create",
    "programme_open",
    "validation_set_register",
]

"""What nobody can be paid: kept without a name until it is claimed or the claim ends."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger.core.bookkeeping import unclaimed
from ledger.core.chart import account_code
from ledger.errors import NothingToPay, UnclaimedTooEarly
from ledger.selectors.journal import held_minor
from ledger.selectors.unclaimed import unclaimed_due
from ledger.services.holdbacks import period_open_at
from ledger.services.journal import PostedEntry, journal_entry_post
from ledger.services.locks import journal_lock
from ledger.services.pools import occasion_in
from ledger.services.roles import require_role


def payable_unclaim(
    *, contributor_id: UUID, currency: str, reference: str, actor: Any, now: datetime
) -> PostedEntry:
    """All that is payable to the contributor is kept as unclaimed; `reference` names the decision.

    Raises
    ------
    NothingToPay
        If nothing is payable in this currency.
    UnclaimedTooEarly
        If it can be paid, or the term of the policy has not passed.
    """
    require_role(actor, "reviewer")
    party = str(contributor_id)
    with transaction.atomic():
        journal_lock()
        amount = held_minor(code=account_code("payable", party), currency=currency)
        if amount < 1:
            raise NothingToPay(currency=currency)
        due = unclaimed_due(on=now.date(), currency=currency)
        if party not in {each.contributor_id for each in due}:
            raise UnclaimedTooEarly
        draft = unclaimed(
            occasion_in(period_open_at(now), now, "unclaimed", reference),
            party=party,
            amount_minor=amount,
            currency=currency,
        )
        key = f"unclaimed:{party}:{currency}:{reference}"
        return journal_entry_post(draft=draft, idempotency_key=key, actor=actor, now=now)

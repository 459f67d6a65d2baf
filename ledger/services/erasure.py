"""Erasure from the top: data, what was computed from it, and where money was sent.

What stays: amounts, entries, statements, values, digests, counts and the public code.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from contributors.models import Batch, Contributor
from contributors.selectors.batches import BatchReceipt
from contributors.services import erasure
from ledger.errors import PaymentUnderWay
from ledger.models import Payout
from ledger.models.payouts import LIVE_PAYOUT_STATES
from ledger.services.bank_details import bank_details_erase
from valuation.services.erasure import batches_forget, names_forget


@transaction.atomic
def batch_erase(*, batch_id: UUID, actor: Any, now: datetime) -> BatchReceipt:
    """No row, file or quoted value of the batch exists, nor what was remembered of it.

    Safe to repeat.
    """
    receipt = erasure.batch_erase(batch_id=batch_id, actor=actor, now=now)
    batches_forget(batch_ids=[receipt.id], contributor_id=receipt.contributor_id, now=now)
    return receipt


@transaction.atomic
def contributor_erase(*, contributor_id: UUID, actor: Any, now: datetime) -> Contributor:
    """The person and all their data are erased; the code and the books stay.

    Asked by the contributor, or done by an administrator on request.

    Raises
    ------
    NotFound
    PaymentUnderWay
        If money is on its way, which needs the account it is sent to.
    """
    contributor = erasure.contributor_erase(contributor_id=contributor_id, actor=actor, now=now)
    if Payout.objects.filter(contributor=contributor, state__in=LIVE_PAYOUT_STATES).exists():
        raise PaymentUnderWay()
    batches = Batch.objects.filter(contributor=contributor).values_list("id", flat=True)
    batches_forget(batch_ids=batches, contributor_id=contributor.id, now=now)
    names_forget(contributor_id=contributor.id)
    bank_details_erase(contributor_id=contributor.id)
    return contributor

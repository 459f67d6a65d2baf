"""Bank details: encrypted with a key of the deployment, in tables that erasure empties.

`BANK_DETAILS_KEYS` holds Fernet keys, newest first; without it the key is made from
`SECRET_KEY`. A keyed digest tells whether two accounts are the same without telling which.
"""

import base64
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import transaction
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from ledger.errors import BankDetailsUnusable, NotYours
from ledger.files.bank import is_writable
from ledger.models import BankDetails, PayoutDestination


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where money is sent: the holder's name, the IBAN, and the bank's BIC where it is known."""

    holder: str
    iban: str
    bic: str = ""


def bank_details_set(
    *, contributor: Any, holder: str, iban: str, bic: str, actor: Any, now: datetime
) -> BankDetails:
    """The contributor is paid to this account from the next batch that is prepared on.

    Raises
    ------
    NotYours
        If the user is not the contributor: nobody else redirects a payment.
    BankDetailsUnusable
    """
    if contributor.user_id is None or contributor.user_id != actor.id:
        raise NotYours
    account = account_checked(holder=holder, iban=iban, bic=bic)
    row, _ = BankDetails.objects.update_or_create(
        contributor=contributor,
        defaults={
            "encrypted": encrypt(account),
            "digest": account_digest(account),
            "masked": masked(account.iban),
            "changed_at": now,
        },
    )
    return row


def bank_details_erase(*, contributor_id: UUID) -> int:
    """No account of the contributor is left anywhere; entries, hashes and totals stay whole."""
    with transaction.atomic():
        live = PayoutDestination.objects.filter(payout__contributor_id=contributor_id)
        count, _ = live.delete()
        details, _ = BankDetails.objects.filter(contributor_id=contributor_id).delete()
    return count + details


def account_checked(*, holder: str, iban: str, bic: str = "") -> Account:
    """The account, its check digits and its bank's identifier being right."""
    if not holder.strip():
        raise BankDetailsUnusable("The name of the account's holder is missing.")
    if not is_writable(holder.strip()):
        raise BankDetailsUnusable("The holder's name has a hidden character, or no letter.")
    try:
        number = IBAN(iban, validate_bban=False)
        identifier = BIC(bic) if bic else (number.bic or "")
    except SchwiftyException as error:
        raise BankDetailsUnusable(f"The account is not valid: {error}.") from error
    return Account(holder=holder.strip()[:70], iban=str(number), bic=str(identifier))


def encrypt(account: Account) -> str:
    return _fernet().encrypt(json.dumps(asdict(account)).encode()).decode()


def decrypt(encrypted: str) -> Account:
    return Account(**json.loads(_fernet().decrypt(encrypted.encode())))


def account_digest(account: Account) -> str:
    """The same for the same account; without the key it tells nothing."""
    text = f"{account.holder}\n{account.iban}\n{account.bic}"
    return hmac.new(_keys()[0], text.encode(), sha256).hexdigest()


def masked(iban: str) -> str:
    """The number as it may be shown.

    >>> masked("NL30MOCK0000000005")
    'NL••••0005'
    """
    return f"{iban[:2]}••••{iban[-4:]}"


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in _keys()])


def _keys() -> list[bytes]:
    keys = [key.encode() for key in getattr(settings, "BANK_DETAILS_KEYS", ())]
    made = sha256(f"bank details:{settings.SECRET_KEY}".encode()).digest()
    return keys or [base64.urlsafe_b64encode(made)]

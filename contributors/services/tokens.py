"""API tokens: made once, shown once, stored as a digest, revoked at will."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from contributors.core.scopes import READ, SCOPES, WRITE
from contributors.errors import NotFound, ScopeBeyondToken, UnknownScope
from contributors.models import ApiToken, User
from contributors.services.audit import audit_record

LIFETIME_DAYS_MAX = 365
LIFETIME_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token just made; `token` is never seen again."""

    row: ApiToken
    token: str


@transaction.atomic
def token_create(
    *,
    user: User,
    name: str = "",
    scopes: Sequence[str] = (READ, WRITE),
    lifetime_days: int = LIFETIME_DAYS,
    made_with: ApiToken | None = None,
    now: datetime,
) -> NewToken:
    """The user has one more token; only its digest is stored.

    A token made with another (`made_with`) may do no more than that one, nor outlive it.

    Raises
    ------
    UnknownScope, ScopeBeyondToken
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise UnknownScope(f"There is no such scope: {', '.join(unknown) or 'none given'}.")
    if not 1 <= lifetime_days <= LIFETIME_DAYS_MAX:
        raise UnknownScope("A token lives 1 to 365 days.")
    expiry = now + timedelta(days=lifetime_days)
    if made_with is not None:
        if beyond := sorted(set(scopes) - set(made_with.scopes)):
            raise ScopeBeyondToken(scopes=", ".join(beyond))
        expiry = min(expiry, made_with.expiry)
    digest, token = get_digest_token()
    row = ApiToken.objects.model(
        user=user,
        digest=digest,
        token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
        name=name[:100],
        scopes=sorted(set(scopes)),
        expiry=expiry,
    )
    row.save(force_insert=True)
    audit_record("token_created", row, actor=user, now=now, scopes=row.scopes)
    return NewToken(row=row, token=token)


@transaction.atomic
def token_revoke(*, token_id: uuid.UUID | str, user: User, now: datetime) -> None:
    """The token works no more."""
    row = ApiToken.objects.filter(pk=token_id, user=user).first()
    if row is None:
        raise NotFound()
    audit_record("token_revoked", row, actor=user, now=now)
    row.delete()

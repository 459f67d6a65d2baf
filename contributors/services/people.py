"""Contributors and their personal side table."""

import re
import uuid
from datetime import datetime

from django.db import transaction

from contributors.errors import InvalidField, NotFound
from contributors.models import Contributor, ContributorProfile, User
from contributors.services.audit import audit_record, require_role

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")


@transaction.atomic
def contributor_create(
    *, code: str, display_name: str, user: User | None = None, actor: User | None, now: datetime
) -> Contributor:
    """A contributor with this public code exists; codes are never reused."""
    require_role(actor, User.Role.ADMINISTRATOR)
    if not CODE.fullmatch(code) or Contributor.objects.filter(code=code).exists():
        raise InvalidField(
            "The code is taken or holds other characters than letters, digits, dot and dash.",
            errors=[{"pointer": "/code", "code": "invalid", "detail": "Choose another code."}],
        )
    contributor = Contributor.objects.create(
        code=code, display_name=display_name[:200], user=user, created_at=now
    )
    audit_record("contributor_created", contributor, actor=actor, now=now)
    return contributor


@transaction.atomic
def contributor_for_user(*, user: User, now: datetime) -> Contributor:
    """Return the user's contributor, made on first use under a code that tells nothing."""
    existing = Contributor.objects.filter(user=user).first()
    if existing is not None:
        return existing
    code = f"C-{uuid.uuid4().hex[:8].upper()}"
    name = user.full_name or code
    contributor = Contributor.objects.create(
        code=code, display_name=name, user=user, created_at=now
    )
    audit_record("contributor_created", contributor, actor=user, now=now)
    return contributor


@transaction.atomic
def profile_update(
    *, contributor_id: uuid.UUID | str, actor: User, now: datetime, **fields: str
) -> ContributorProfile:
    """The personal data of one's own contributor is as given; fields left out stay."""
    contributor = Contributor.objects.filter(pk=contributor_id, user=actor).first()
    if contributor is None:
        raise NotFound()
    if display_name := fields.pop("display_name", ""):
        Contributor.objects.filter(pk=contributor.pk).update(display_name=display_name[:200])
    profile, _ = ContributorProfile.objects.update_or_create(
        contributor=contributor, defaults={**fields, "updated_at": now}
    )
    audit_record("profile_updated", contributor, actor=actor, now=now, fields=sorted(fields))
    return profile

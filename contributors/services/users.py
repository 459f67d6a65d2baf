"""Who may do what: an administrator gives roles, and takes them back."""

import uuid
from datetime import datetime

from django.db import transaction

from contributors.errors import NotFound, OwnRole
from contributors.models import User
from contributors.services.audit import audit_record, require_role


@transaction.atomic
def user_role_set(*, user_id: uuid.UUID, role: str, actor: User, now: datetime) -> User:
    """The person has the role from the next request on, and the audit log says who gave it.

    As nobody changes their own, an administrator always remains.

    Raises
    ------
    NotPermitted, OwnRole, NotFound
    """
    require_role(actor, User.Role.ADMINISTRATOR)
    if user_id == actor.pk:
        raise OwnRole
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound()
    if user.role != role:
        was, user.role = user.role, role
        user.save(update_fields=["role"])
        audit_record("role_changed", user, actor=actor, now=now, was=was, role=role)
    return user

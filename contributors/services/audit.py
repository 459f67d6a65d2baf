"""Who did what: written in the transaction of what was done."""

import logging
from datetime import datetime
from typing import Any

from django.db import models

from contributors.errors import NotPermitted
from contributors.models import AuditEvent, User

logger = logging.getLogger(__name__)


def audit_record(
    action: str, thing: models.Model, *, actor: User | None, now: datetime, **detail: Any
) -> None:
    """Leave one row and one log line; `detail` holds ids, codes and counts alone."""
    name = thing._meta.model_name or ""
    AuditEvent.objects.create(
        at=now,
        actor=actor,
        action=action,
        object_type=name,
        object_id=str(thing.pk),
        detail=detail,
    )
    logger.info("Done.", extra={"action": action, "object": name, "object_id": str(thing.pk)})


def require_role(actor: User | None, *roles: str) -> None:
    """Refuse whoever has none of the roles; no actor means the system itself."""
    if actor is not None and actor.role not in roles:
        raise NotPermitted(f"Only {' or '.join(f'{role}s' for role in roles)} may do this.")

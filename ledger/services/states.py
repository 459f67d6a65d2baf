"""Changing a state: an event that the database checks, then the state that follows it."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from ledger.core.states import is_allowed, transition_key
from ledger.errors import Conflict


def state_move(
    row: Any,
    to_state: str,
    *,
    subject: str,
    events: Any,
    actor: Any,
    now: datetime,
    refusal: type[Conflict],
    reason: str = "",
    evidence_sha256: str = "",
    **fields: Any,
) -> None:
    """The row is in the new state, with an event that says who, when and why.

    `row` was locked by the caller; `events` is its related manager; `fields` are
    written in the same UPDATE.
    """
    if not is_allowed(subject, row.state, to_state):
        raise refusal(state=row.state, wanted=to_state)
    events.create(
        sequence=events.count() + 1,
        transition_id=transition_key(subject, row.state, to_state),
        actor=actor,
        at=now,
        reason=reason,
        evidence_sha256=evidence_sha256,
    )
    changed = {"state": to_state, **fields}
    model: type[Model] = type(row)
    model._default_manager.filter(pk=row.pk).update(**changed)
    for name, value in changed.items():
        setattr(row, name, value)

"""Who did each step of a royalty run or a payout batch: what the four eyes have signed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.models import Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of state: what it became, by whom, when, with which note."""

    state: str
    who: str
    at: datetime
    note: str


def step_list(subject: Any, *, made: str, made_by: Any, made_at: datetime) -> tuple[Step, ...]:
    """Every step since it was made, in order. Two queries.

    `made` is what making it is called: a draft's first state is no event.
    """
    notes = {
        (approval.approver_id, approval.at): approval.note
        for approval in Approval.objects.filter(subject_id=subject.pk)
    }
    events = subject.events.select_related("actor").order_by("sequence")
    first = Step(state=made, who=name_of(made_by), at=made_at, note="")
    return first, *(
        Step(
            state=event.transition_id.rpartition(">")[2],
            who=name_of(event.actor),
            at=event.at,
            note=event.reason or notes.get((event.actor_id, event.at), ""),
        )
        for event in events
    )


def name_of(user: Any) -> str:
    """Name and role, as colleagues read it; nobody is the application itself."""
    return f"{user.full_name or user.email}, {user.role}" if user else "the application"

"""Which state may follow which: the one table that code, database and docs share.

A transition's key is `subject:from>to`; an event row points to its key, so a jump that
is not listed fails in the database.
"""

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "royalty_run": (
        "draft>calculated",
        "draft>needs_decision",
        "needs_decision>calculated",
        "needs_decision>rejected",
        "calculated>in_review",
        "calculated>rejected",
        "in_review>approved",
        "in_review>rejected",
        "approved>posted",
        "posted>closed",
    ),
    "statement": (
        "issued>disputed",
        "disputed>resolved",
        "resolved>disputed",
        "issued>final",
        "resolved>final",
        "issued>superseded",
        "resolved>superseded",
    ),
    "dispute": (
        "open>decided",
        "open>withdrawn",
    ),
    "payout_batch": (
        "draft>submitted",
        "draft>cancelled",
        "submitted>draft",
        "submitted>approved",
        "submitted>cancelled",
        "approved>exported",
        "approved>approval_void",
        "approved>cancelled",
        "approval_void>draft",
        "approval_void>cancelled",
        "exported>sent",
        "exported>cancelled",
        "sent>part_settled",
        "sent>settled",
        "part_settled>settled",
        "settled>closed",
    ),
    "payout": (
        "eligible>held",
        "held>eligible",
        "eligible>reserved",
        "eligible>cancelled",
        "held>cancelled",
        "reserved>in_file",
        "reserved>cancelled",
        "in_file>sent",
        "in_file>cancelled",
        "sent>accepted",
        "sent>rejected",
        "sent>settled",
        "accepted>settled",
        "accepted>rejected",
        "settled>returned",
        # The bank paid it all the same.
        "cancelled>overpaid",
        "rejected>overpaid",
        "overpaid>returned",
    ),
}


def transition_key(subject: str, from_state: str, to_state: str) -> str:
    """Return the key of a transition, listed or not.

    >>> transition_key("payout", "sent", "settled")
    'payout:sent>settled'
    """
    return f"{subject}:{from_state}>{to_state}"


def transition_keys() -> tuple[str, ...]:
    """Return the key of every allowed transition, in order."""
    return tuple(f"{subject}:{pair}" for subject, pairs in TRANSITIONS.items() for pair in pairs)


def is_allowed(subject: str, from_state: str, to_state: str) -> bool:
    """Return whether the state may follow.

    >>> is_allowed("statement", "final", "issued")
    False
    """
    return f"{from_state}>{to_state}" in TRANSITIONS[subject]

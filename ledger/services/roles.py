"""Who may do what with money: the role is checked in the service, whatever edge it came from."""

from typing import Any

from contributors.errors import NotPermitted
from ledger.errors import OwnWork


def require_role(actor: Any, *roles: str) -> None:
    """Raises NotPermitted unless the user has one of the roles."""
    if actor.role not in roles:
        raise NotPermitted(f"Only {' or '.join(f'{role}s' for role in roles)} may do this.")


def refuse_own_work(actor: Any, *author_ids: Any) -> None:
    """Raises OwnWork if the user is one of the authors; the database refuses it too."""
    if actor.id in author_ids:
        raise OwnWork

"""The allowed changes of state as rows, which events point to; filled after every migration."""

from typing import Any

from django.db import connections

from ledger.core.states import transition_keys


def fill_after_migrate(*, using: str, **_: Any) -> None:
    """Every allowed transition has its row, wherever the table exists."""
    from ledger.models import StateTransition

    if StateTransition._meta.db_table not in connections[using].introspection.table_names():
        return
    rows = StateTransition.objects.using(using)
    missing = set(transition_keys()) - set(rows.values_list("key", flat=True))
    rows.bulk_create(StateTransition(key=key) for key in sorted(missing))

"""Whose an account is: the books hold opaque ids, people know contributors by their codes."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from contributors.models import Contributor

IDS_PER_QUERY = 5_000  # SQLite takes at most 32,766 parameters in one statement


def payee_codes(accounts: Iterable[str]) -> Mapping[str, str]:
    """The contributor's code for each account code that is a contributor's. One query for 5,000."""
    parties = {account: party for account in accounts if (party := _party(account))}
    ids, codes = list(set(parties.values())), dict[UUID, str]()
    for at in range(0, len(ids), IDS_PER_QUERY):
        found = Contributor.objects.filter(pk__in=ids[at : at + IDS_PER_QUERY])
        codes.update(found.values_list("pk", "code"))
    return {account: codes[party] for account, party in parties.items() if party in codes}


def _party(account: str) -> UUID | None:
    try:
        return UUID(account.rpartition(":")[2])
    except ValueError:
        return None

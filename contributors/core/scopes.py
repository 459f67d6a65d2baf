"""What an API token may do: scopes by the noun in the address, checked on every request."""

READ = "read"
WRITE = "write"
# Narrow scopes let a program write to some nouns alone; `write` is all of them but tokens.
NOUNS = {
    "batches": frozenset({"batches", "uploads", "consents"}),
    "programmes": frozenset({"programmes", "licences"}),
    "evidence": frozenset({"suspected-pairs", "owner-links"}),
    "valuation": frozenset({"valuation-runs"}),
    "money": frozenset(
        {
            "periods",
            "policies",
            "pools",
            "royalty-runs",
            "statements",
            "payout-batches",
            "payouts",
            "bank-messages",
            "advances",
            "holdbacks",
            "tax-profiles",
            "tax-rules",
            "bookings",
            "disputes",
            "journal-entries",
            "accounts",
        }
    ),
    "tokens": frozenset({"tokens"}),
}
SCOPES = (READ, WRITE, *NOUNS)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def allows(scopes: list[str], *, method: str, noun: str) -> bool:
    """Return whether a token with these scopes may send this method to this noun.

    >>> allows(["read"], method="GET", noun="batches")
    True
    >>> allows(["read"], method="POST", noun="batches")
    False
    >>> allows(["batches"], method="POST", noun="batches")
    True
    >>> allows(["write"], method="POST", noun="tokens")
    False
    """
    return not set(scopes).isdisjoint(allowing(method=method, noun=noun))


def allowing(*, method: str, noun: str) -> list[str]:
    """Return the scopes of which one is enough.

    >>> allowing(method="POST", noun="batches"), allowing(method="GET", noun="audit-events")
    (['batches', 'write'], ['read', 'write'])
    """
    enough = [scope for scope, nouns in NOUNS.items() if noun in nouns]
    enough += [] if noun in NOUNS["tokens"] else [WRITE]
    return [READ, *enough] if method in SAFE_METHODS else enough


def noun_of(path: str) -> str:
    """Return the noun of an address of the API.

    >>> noun_of("/api/v1/batches/7/withdrawal/")
    'batches'
    """
    return path.removeprefix("/api/v1/").split("/")[0]

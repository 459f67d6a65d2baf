"""Every address of pages and API: what is bob's does not exist for ann.

The addresses are read from the router, so a new one is tried without being asked for;
one with an id of an unknown kind fails until it is said here whose it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.house.world import SECRETS, World, build

METHODS = ("get", "post", "put", "patch", "delete")
# Not ours to test: the framework's own pages, and what has its own tests.
FOREIGN = ("admin/", "accounts/", "api/schema/", "api/docs/", "healthz", "readyz", "metrics")
# The first noun of an address, and what the ids below it stand for.
KINDS = {
    "accounts": "account",
    "advances": "advance",
    "bank-messages": "bank message",
    "holdbacks": "holdback",
    "payout-batches": "payout batch",
    "payouts": "payout batch",
    "previews": "preview",
    "tax-profiles": "tax profile",
    "tax-rules": "tax rule",
    "batches": "batch",
    "consents": "consent",
    "contributors": "contributor",
    "disputes": "dispute",
    "journal": "entry",
    "bookings": "entry",
    "journal-entries": "entry",
    "licences": "licence",
    "links": "link",
    "owner-links": "link",
    "payees": "payee",
    "periods": "period",
    "policies": "policy",
    "pools": "pool",
    "programmes": "programme",
    "royalty-runs": "royalty-run",
    "runs": "valuation-run",
    "statements": "statement",
    "suspected-pairs": "pair",
    "pairs": "pair",
    "people": "person",
    "integrity": "programme",
    "intake": "person",
    "tokens": "token",
    "uploads": "upload",
    "valuation-runs": "valuation-run",
}
OWN = {
    *("batch", "consent", "contributor", "dispute", "link", "payee", "preview"),
    *("statement", "token", "upload"),
}
STAFFS = {"account", "entry", "holdback", "pool", "royalty-run", "pair"}
# Staff's too; the world has none of them, so that an id of nothing has to do.
ABSENT = {"advance", "bank message", "payout batch", "person", "tax profile", "tax rule"}
SHARED = {
    "licence",
    "period",
    "policy",
    "programme",
    "valuation-run",
}  # seen by all; what they show of bob is checked
NOTHING = "00000000-0000-7000-8000-000000000000"
OTHERS = {
    "currency": "EUR",
    "form": "csv",
    "name": "trial-balance",
    "noun": "review",
    "number": "1",
}


@dataclass(frozen=True)
class Address:
    path: str
    kind: str | None
    of_nothing: str = ""  # the same address with an id that nothing has


def routes(patterns: list, prefix: str = "") -> Iterator[str]:
    """Yield every address as a template with {name} in place of what varies."""
    for each in patterns:
        part = str(each.pattern).removeprefix("^").removesuffix("$")
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, prefix + part)
        elif isinstance(each, URLPattern):
            template = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", prefix + part)
            yield without_groups(template)


def without_groups(pattern: str) -> str:
    """Replace each named group of a regular expression by {name}."""
    while (start := pattern.find("(?P{")) >= 0:
        name_end = pattern.index("}", start)
        depth, end = 0, start
        for end in range(start, len(pattern)):
            depth += {"(": 1, ")": -1}.get(pattern[end], 0)
            if depth == 0:
                break
        name = pattern[start + 4 : name_end]
        pattern = pattern[:start] + "{" + name + "}" + pattern[end + 1 :]
    return pattern.replace("\\.", ".").replace("^", "")


def addresses(world: World) -> list[Address]:
    found = []
    for template in routes(get_resolver().url_patterns):
        if not template.startswith(FOREIGN):
            found.append(filled(template, world))
    return found


def filled(template: str, world: World) -> Address:
    """Return the address of bob's object."""
    kind = None
    words = template.removeprefix("api/v1/").split("/")
    path = of_nothing = template
    for name in re.findall(r"\{(\w+)\}", template):
        noun = next(words[at - 1] for at, word in enumerate(words) if f"{{{name}}}" in word)
        if noun in KINDS and (name in ("pk", "code", "number") or name.endswith("_id")):
            kind = KINDS[noun]
            key = f"{kind} {name}" if f"{kind} {name}" in world.bobs else kind
            own_id = NOTHING if kind in ABSENT else world.bobs[key]
            path = path.replace(f"{{{name}}}", own_id)
            of_nothing = of_nothing.replace(f"{{{name}}}", NOTHING)
        else:
            assert name in OTHERS, f"say in KINDS whose {{{name}}} of {template} is"
            path = path.replace(f"{{{name}}}", OTHERS[name])
            of_nothing = of_nothing.replace(f"{{{name}}}", OTHERS[name])
    return Address(path=f"/{path}", kind=kind, of_nothing=f"/{of_nothing}")


@pytest.fixture
def world(make_user, run_queue) -> World:
    return build(make_user, run_queue)


@pytest.mark.django_db
def test_what_is_bobs_does_not_exist_for_ann(world: World):
    ann, bob = Client(raise_request_exception=False), Client(raise_request_exception=False)
    ann.force_login(world.ann)
    bob.force_login(world.bob)
    wrong, tried, seen_by_bob = [], 0, 0
    for address in addresses(world):
        for method in METHODS:
            answer = getattr(ann, method)(address.path)
            tried += 1
            found = complaints(address, method, answer)
            # A role or a form may be asked for first, if it is asked for whatever the id.
            if found and 400 <= answer.status_code < 500:
                twin = getattr(ann, method)(address.of_nothing)
                found = [] if twin.status_code == answer.status_code else found
            wrong += found
        if address.kind in OWN:
            seen_by_bob += bob.get(address.path).status_code == 200
    assert not wrong, "\n".join(wrong)
    assert tried > 300
    assert seen_by_bob >= len(OWN), "bob sees his own; otherwise the ids above are wrong"


def complaints(address: Address, method: str, answer) -> list[str]:
    """Return what is wrong with ann's answer at an address of bob's."""
    said = f"{method} {address.path}: {answer.status_code}"
    if answer.status_code >= 500:
        return [said]
    # 405 and 415 are said before anybody looks whether the object is there.
    if address.kind in OWN and answer.status_code not in (404, 405, 415):
        return [f"{said}, not 404"]
    if address.kind in STAFFS | ABSENT and answer.status_code not in (403, 404, 405, 415):
        return [f"{said}, not 403 or 404"]
    body = b"".join(answer) if answer.streaming else answer.content
    return [f"{said} tells {word}" for word in SECRETS if word.encode() in body]


@pytest.mark.django_db
def test_nobody_who_is_not_logged_in_gets_beyond_the_front_page(world: World):
    stranger = Client(raise_request_exception=False)
    wrong = []
    for address in addresses(world):
        for method in METHODS:
            answer = getattr(stranger, method)(address.path)
            wrong += complaints(Address(address.path, None), method, answer)
            if address.kind and answer.status_code == 200:
                wrong.append(f"{method} {address.path}: 200")
    assert not wrong, "\n".join(wrong)

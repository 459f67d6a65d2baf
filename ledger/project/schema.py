"""Additions to the OpenAPI schema that hold for every operation."""

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details; docs/api.md lists the codes.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "remedy": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    },
    "additionalProperties": True,
}
ANSWER = {
    "description": "Refused.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
REPLAY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any text of 1 to 200 characters; a repeat gets the first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
# What a method that needs no docstring of its own does, before the noun of its address.
VERBS = {
    "list": "List the",
    "retrieve": "Read one of the",
    "create": "Add to the",
    "destroy": "Remove one of the",
}
METHODS = ("get", "post", "put", "patch", "delete")


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every operation may answer with a problem; every POST takes an idempotency key."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for path in result["paths"].values():
        for method in METHODS:
            if method in path:
                add_to_operation(path[method], method)
    return result


def add_to_operation(operation: dict[str, Any], method: str) -> None:
    """Name the refusals that an operation may answer with."""
    statuses = ["400", "401", "403", "404", "405", "406", "422", "429"]
    if method != "get":
        statuses += ["409", "413", "415"]
    for status in statuses:
        operation["responses"].setdefault(status, ANSWER)
    if method == "post":
        operation.setdefault("parameters", []).append(REPLAY_KEY)


class Operation(AutoSchema):
    """An operation with a line of its own: its method's first sentence, else verb and noun."""

    def get_summary(self) -> str:
        action = getattr(self.view, "action", "")
        own = get_doc(getattr(self.view, action, None) if action else type(self.view))
        if own:
            return str(re.split(r"\.\s", own)[0].rstrip("."))
        words = self.path.removeprefix("/api/v1/").replace("-", " ").strip("/").split("/")
        nouns = [word for word in words if "{" not in word]
        if action in VERBS:
            return f"{VERBS[action]} {nouns[0]}"
        return " of one of the ".join(reversed(nouns)).capitalize()

    def get_filter_backends(self) -> list[Any]:
        """Return the filters of lists alone: what lies below an object has none of them."""
        return super().get_filter_backends() if getattr(self.view, "action", "") == "list" else []

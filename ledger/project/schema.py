"""Additions to the OpenAPI schema that hold for every operation."""

from typing import Any

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
    statuses = ["400", "401", "403", "404", "405", "406", "429"]
    if method != "get":
        statuses += ["409", "413", "415", "422"]
    for status in statuses:
        operation["responses"].setdefault(status, ANSWER)
    if method == "post":
        operation.setdefault("parameters", []).append(REPLAY_KEY)

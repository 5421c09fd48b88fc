"""A small document that is right, and ways to change it."""

import copy
import json
from typing import Any

from engine.loading import Finding, Loaded, load

GONE: Any = object()
"""In place of a value: the key is removed."""

SMALL: dict[str, Any] = {
    "journey": "small",
    "version": "1.0.0",
    "context": {
        "type": "object",
        "required": ["amount"],
        "properties": {
            "amount": {"type": "number"},
            "note": {"type": "string"},
            "person": {"type": "object", "properties": {"name": {}}, "additionalProperties": False},
        },
    },
    "roles": {"clerk": {"name": "Clerk"}},
    "rules": {"large": {"logic": {">": [{"var": "amount"}, 100]}}},
    "actions": {"mail.send": {}},
    "regulations": {"law": {"name": "Law"}},
    "documents": {"form": {"name": "Form"}},
    "atoms": [
        {
            "id": "first",
            "performed_by": "clerk",
            "enables": [{"to": "second", "rule": "large"}, {"to": "third", "otherwise": True}],
        },
        {"id": "second", "kind": "system", "action": "mail.send", "enables": ["third"]},
        {"id": "third", "kind": "milestone", "outcome": "finished"},
    ],
}


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """`SMALL` with other values at some JSON pointers; a place one beyond a list's end adds to it."""
    document = copy.deepcopy(SMALL)
    for pointer, value in changes.items():
        *way, last = pointer.split("/")[1:]
        node: Any = document
        for part in way:
            node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
        if isinstance(node, list):
            node[int(last) : int(last) + 1] = [] if value is GONE else [value]
        elif value is GONE:
            del node[last]
        else:
            node[last] = value
    return document


def load_changed(changes: dict[str, Any]) -> Loaded:
    """What loading `SMALL` with these changes gives."""
    return load(json.dumps(changed(changes)), "json")


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    """The code and pointer of each finding."""
    return [(finding.code, finding.pointer) for finding in findings]

"""The path a process took, told from its events: each step as it ended, and the rule values that decided what followed.

The events are the API's, `{seq, type, at, actor, atom, visit, payload}`, oldest first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.core.explain_rules import because, short
from engine.core.times import parse_time

Event = Mapping[str, Any]

_ENDS: Final[Mapping[str, str]] = {
    "task.completed": "completed",
    "step.completed": "completed",
    "step.skipped": "skipped",
    "task.cancelled": "cancelled",
    "step.cancelled": "cancelled",
}
_BEGINS: Final = frozenset({"task.created", "step.started"})


@dataclass(slots=True)
class Passage:
    """One visit of one atom on the path.

    Attributes:
        seconds: from the start of the process to its end, or to its start while it is active.
        by: who ended it; None for an instant atom.
        decided: a sentence for each ruled edge that was looked at, and what its table and `sets` computed.
        rules: those edges as data, `{to, rule, taken, reads, comparisons}`.
    """

    atom: str
    visit: int
    state: str
    seconds: float
    by: str | None = None
    decided: list[str] = field(default_factory=list[str])
    rules: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def path_of(events: Iterable[Event]) -> list[Passage]:
    """Every step of a process in the order in which they ended; those that have not come last."""
    passages: dict[tuple[str, int], Passage] = {}
    began: Any = None
    for event in events:
        began = began or parse_time(event["at"])
        if event["atom"] is None:
            continue
        seconds = (parse_time(event["at"]) - began).total_seconds()
        place = (event["atom"], event["visit"])
        if event["type"] in _BEGINS:
            passages[place] = Passage(*place, "active", seconds)
        elif event["type"] in _ENDS:
            passages[place] = _ended(event, passages.pop(place, Passage(*place, "active", seconds)), seconds)
        elif passage := passages.get(place):
            _note(event, passage)
    return sorted(passages.values(), key=lambda one: one.state == "active")


def _ended(event: Event, passage: Passage, seconds: float) -> Passage:
    passage.state, passage.seconds = _ENDS[event["type"]], seconds
    passage.by = event["actor"] if event["type"] == "task.completed" else None
    if passage.state == "completed":
        _note(event, passage)
    return passage


def _note(event: Event, passage: Passage) -> None:
    """Adds to a passage what one of its events tells of rules, values and incidents."""
    payload = event["payload"]
    if event["type"] == "incident.raised":
        passage.decided.append(f"incident {payload['code']}: {payload['message']}")
    if event["type"] == "action.attempted":
        passage.decided.append(f"attempt {payload['attempt']} failed: {payload['error']}")
    if sets := payload.get("sets"):
        last = dict(sets)  # what a table sets, `sets` may set again
        passage.decided.append(", ".join(f"{name} := {short(value)}" for name, value in last.items()))
    edges = payload.get("edges") or ()
    ruled = any(edge.get("trace") for edge in edges)
    for edge in edges:
        if trace := edge.get("trace"):
            passage.rules.append({"to": edge["to"], "rule": edge["rule"], "taken": edge["taken"], **trace})
            passage.decided.append(f"{'→' if edge['taken'] else '✗'} {edge['to']}: {because(trace)}")
        elif ruled and edge["taken"]:
            passage.decided.append(f"→ {edge['to']}")

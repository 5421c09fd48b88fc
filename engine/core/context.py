"""The case data: how outputs, `sets` and patches change them (R9, R18). Nothing is changed in place."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from engine.core.process import Process, Step
from engine.core.times import format_time

Context = dict[str, Any]


def put(context: Mapping[str, Any], path: Sequence[str], value: Any) -> Context:
    """The context with `value` at `path`; what lies on the way and is no object is replaced by one."""
    head, *rest = path
    if not rest:
        return {**context, head: value}
    below: Any = context.get(head)
    return {**context, head: put(cast("Mapping[str, Any]", below) if isinstance(below, Mapping) else {}, rest, value)}


def save(context: Mapping[str, Any], saves: str | None, output: Any) -> Context:
    """The context after a step's output: its keys replace those of the object named by `saves` (default: the top).

    A list of outputs (R14) replaces what `saves` names as a whole. None is no output.
    """
    prefix = saves.split(".") if saves else []
    if output is None:
        return dict(context)
    if not isinstance(output, Mapping):
        return put(context, prefix, output)
    changed = dict(context)
    for key, value in cast("Mapping[str, Any]", output).items():
        changed = put(changed, [*prefix, key], value)
    return changed


def assign(context: Mapping[str, Any], values: Iterable[tuple[str, Any]]) -> Context:
    """The context after `sets`: each dotted name gets its value, in order."""
    changed = dict(context)
    for name, value in values:
        changed = put(changed, name.split("."), value)
    return changed


def merge_patch(context: Mapping[str, Any], patch: Mapping[str, Any]) -> Context:
    """The context after a JSON merge patch (RFC 7396)."""
    changed = dict(context)
    for key, value in patch.items():
        if value is None:
            changed.pop(key, None)
        elif isinstance(value, Mapping):
            below: Any = changed.get(key)
            inner = cast("Mapping[str, Any]", below if isinstance(below, Mapping) else {})
            changed[key] = merge_patch(inner, cast("Mapping[str, Any]", value))
        else:
            changed[key] = value
    return changed


def seen_by_rules(
    process: Process,
    step: Step,
    now: datetime,
    output: Any = None,
    index: int | None = None,
    saved: Mapping[str, Any] | None = None,
) -> Context:
    """What rules see: the context and the reserved names (R9); `item` and `item_index` of the element `index` (R14).

    `saved` stands in the place of the process's context, where that does not hold the output yet.
    """
    item = {"item": step.elements[index].item, "item_index": index} if step.elements and index is not None else {}
    return {
        **(process.context if saved is None else saved),
        **item,
        "process": {
            "id": process.id,
            "journey": process.journey,
            "version": process.version,
            "started_at": format_time(process.started_at),
            "initiated_by": process.initiated_by,
            "business_key": process.business_key,
        },
        "atom": {"id": step.atom, "visit": step.visit, "output": output, "exit": step.exit, "outcome": step.outcome},
        "now": format_time(now),
    }

"""The case data: how outputs, `sets` and patches change them (R9, R18).

Nothing is changed in place, and what changes nothing gives the same object back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from engine.core.process import Process, Step
from engine.core.rules import Rule
from engine.core.times import format_time

Context = dict[str, Any]


def put(context: Mapping[str, Any], path: Sequence[str], value: Any) -> Context:
    """The context with `value` at `path`; what lies on the way and is no object is replaced by one."""
    head, *rest = path
    if not rest:
        return {**context, head: value}
    below: Any = context.get(head)
    return {**context, head: put(cast("Mapping[str, Any]", below) if isinstance(below, Mapping) else {}, rest, value)}


def save(context: Context, saves: str | None, output: Any) -> Context:
    """The context after a step's output: its keys replace those of the object named by `saves` (default: the top).

    A list of outputs (R14) replaces what `saves` names as a whole. None is no output.
    """
    path = saves.split(".") if saves else []
    if output is None:
        return context
    if not isinstance(output, Mapping):
        return put(context, path, output)
    fields = cast("Mapping[str, Any]", output)
    if not path or not fields:
        return {**context, **fields} if fields else context
    below = at(context, path)
    return put(
        context, path, {**cast("Mapping[str, Any]", below), **fields} if isinstance(below, Mapping) else dict(fields)
    )


def at(context: Mapping[str, Any], path: Sequence[str]) -> Any:
    """What lies at `path`; None where there is nothing, or no object on the way."""
    found: Any = context
    for segment in path:
        if not isinstance(found, Mapping):
            return None
        found = cast("Mapping[str, Any]", found).get(segment)
    return found


def assign(context: Context, values: Iterable[tuple[str, Any]]) -> Context:
    """The context after `sets`: each dotted name gets its value, in order."""
    for name, value in values:
        context = put(context, name.split("."), value)
    return context


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


class Seen:
    """What the rules of one step see: `case`, the case data, and the reserved names, which `make` puts beside them.

    Most starts and exits have no rule that reads a reserved name: then they are never put together.
    """

    __slots__ = ("_all", "_case", "_make")

    def __init__(self, case: Context, make: Callable[[], Context]) -> None:
        self._case = case
        self._make = make
        self._all: Context | None = None

    def __call__(self, rule: Rule) -> Context:
        """What `rule` is run on."""
        return self._case if rule.closed else self._everything()

    def after(self, values: Sequence[tuple[str, Any]]) -> "Seen":
        """What is seen once these values were set (R9)."""
        return Seen(assign(self._case, values), lambda: assign(self._everything(), values))

    def _everything(self) -> Context:
        if self._all is None:
            self._all = self._make()
        return self._all


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
        "atom": {
            "id": step.atom,
            "visit": step.visit,
            "output": output,
            "exit": step.exit,
            "outcome": step.outcome,
        },
        "now": format_time(now),
    }

"""The history of a process as its readers see it: payloads as they were written, their times with milliseconds."""

import types
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from engine.answers import EventAnswer
from engine.core.events import TYPES
from engine.core.frozen import Frozen
from engine.core.times import format_time, parse_time


def shown(event: EventAnswer) -> EventAnswer:
    """An event whose times are written as all others are; what came in from outside stays as it came."""
    fact = TYPES.get(event.type)
    return replace(event, payload=_written(fact, event.payload)) if fact else event


def _written(shape: type[Frozen], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a fact, or of a part of one, of this `shape`, as JSON."""
    found = dict(values)
    for name, kind in _times(shape).items():
        value = found.get(name)
        if isinstance(value, str):
            found[name] = format_time(parse_time(value))
        elif isinstance(value, Mapping):
            found[name] = _written(kind, cast("Mapping[str, Any]", value))
    return found


@cache
def _times(shape: type[Frozen]) -> dict[str, type]:
    """Its fields that are times, or that have fields which are."""
    hints = get_type_hints(shape)
    kinds = {name: _kind(hints[name]) for name in shape.__struct_fields__}
    return {
        name: kind
        for name, kind in kinds.items()
        if kind is not None and (kind is datetime or (issubclass(kind, Frozen) and _times(kind)))
    }


def _kind(hint: Any) -> type | None:
    """The one class that a value which is not None has; None where there is more to choose from."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint if isinstance(hint, type) else None
    (first, *others) = [one for one in get_args(hint) if one is not type(None)]
    return first if isinstance(first, type) and not others else None

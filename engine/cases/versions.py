"""The versions that cases run on: the one they are of and those it calls, put together from documents."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.core.calendars import Calendar
from engine.core.journey import NO_CALENDARS, Definition, Journey, Routes, join_up
from engine.loading.calls import pin

Halves = tuple[Definition, Routes]
"""A version as it was loaded."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The version that cases are of, and every version by `key@version` that its processes may come to run."""

    journey: Journey
    all: Mapping[str, Journey]

    @property
    def called(self) -> Mapping[str, Journey]:
        """The versions that are called, by their journey's key."""
        return {str(one.definition.key): one for one in self.all.values() if one is not self.journey}


def put_together(
    tested: Halves, others: Iterable[Halves], calendars: Mapping[str, Calendar] = NO_CALENDARS
) -> Versions:
    """The version `tested`, its calls pinned to the highest of `others` in their ranges, and so on from these (R15).

    Args:
        tested: the version that cases are of.
        others: those that may be called.
        calendars: what their working time is counted in, by id.

    Raises:
        NotPublished: when a journey that is called is not among `others`.
    """
    known = {_ref(definition): (definition, routes) for definition, routes in (*others, tested)}
    versions: defaultdict[str, list[str]] = defaultdict(list)
    for definition, _ in known.values():
        versions[str(definition.key)].append(str(definition.version))
    joined: dict[str, Journey] = {}
    wanted = [_ref(tested[0])]
    while wanted:
        ref = wanted.pop()
        definition, routes = known[ref]
        pinned = pin(routes, versions)
        calls = {route.calls for route in pinned.routes if route.calls is not None}
        joined[ref] = join_up(definition, pinned, {call: known[call][0].context for call in calls}, calendars)
        wanted += calls - joined.keys()
    return Versions(joined[_ref(tested[0])], joined)


def _ref(definition: Definition) -> str:
    return f"{definition.key}@{definition.version}"

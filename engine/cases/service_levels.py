"""Service levels in cases: what has one by the document, and how it stands."""

from collections.abc import Mapping

from engine.core.clocks import ClockState
from engine.core.journey import Journey, own_levels
from engine.core.process import Process


def timed_in(journey: Journey) -> Mapping[str, str]:
    """What the document says a service level of, by its name: the key of its clock.

    The process goes by the key of its journey. Where a phase or module is called as an atom is, it is the atom.
    """
    keys = sorted(own_levels(journey.definition), key=lambda key: key.startswith(("task:", "step:")))
    return {key.partition(":")[2] or journey.definition.key: key for key in keys}


def standing_in_time(journey: Journey, process: Process, name: str) -> ClockState | None:
    """How far the last of it is by its service level; None where it has not begun."""
    key = timed_in(journey)[name]
    if key.startswith("task:"):
        tasks = [task for task in process.tasks.values() if task.atom == name]
        clock = tasks[-1].sla if tasks else None
        return clock.state if clock else None
    watch = process.watches.get(key)
    return watch.clock.state if watch else None

"""Puts steps, tasks and all else into a marking, and notes that it did: `Decision` tells what changed from these notes.

Only the fold of events does so. What has come to joins is counted here, so that nobody looks at every edge again (R3).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from engine.core.clocks import Watch
from engine.core.frozen import changed
from engine.core.process import Arrivals, Child, Element, ElementState, Incident, Process, Step, Task, Timer, Wait
from engine.core.scope import Scope


def put_step(scope: Scope, process: Process, step: Step) -> None:
    """Puts a step in the place of the one that its atom had, and counts its edges where joins are counted (R3)."""
    atom = step.atom
    before = process.steps.get(atom)
    process.steps[atom] = step
    process.changes.steps[atom] = None
    if before is not None and before.visit < step.visit:
        process.changes.past.append(_left(process, before))
    if process.arrivals:
        process.arrivals.pop(atom, None)
        if step.edges is not None and (before is None or before.edges is None):
            _count(scope, process, atom, step.edges)


def _left(process: Process, step: Step) -> Step:
    """A visit as what ends it leaves it: resolved as it was, or cancelled (R7)."""
    if step.resolved:
        return step
    return changed(step, state="cancelled", held=None, ended_at=process.last_at, ended_seq=process.seq)


def _count(scope: Scope, process: Process, atom: str, edges: Sequence[bool]) -> None:
    """Adds how the edges out of `atom` went to what has come to their targets; a reset forgets all of that (R7)."""
    arrivals = process.arrivals
    for edge, taken in zip(scope.journey.routes[atom].enables, edges, strict=True):
        known = arrivals.get(edge.target)
        if known is None or edge.rework:
            continue
        inside = atom in known.gate
        arrivals[edge.target] = Arrivals(
            known.taken + taken,
            known.missed + (not taken),
            known.gate,
            known.gate_taken + (inside and taken),
            known.gate_missed + (inside and not taken),
        )


def put_task(process: Process, task: Task) -> None:
    """Puts a task in the place of the one of its number, if there is one."""
    process.tasks[task.n] = task
    process.changes.tasks[task.n] = None


def put_incident(process: Process, incident: Incident) -> None:
    """Puts an incident in the place of the one of its number, if there is one."""
    process.incidents[incident.n] = incident
    process.changes.incidents[incident.n] = None


def put_timer(process: Process, timer: Timer) -> None:
    """Puts a timer in the place of the one of its number, if there is one."""
    process.timers[timer.n] = timer
    process.changes.timers[timer.n] = None


def drop_timer(process: Process, n: int) -> Timer:
    """The timer number `n`, which is there no longer."""
    process.changes.timers[n] = None
    return process.timers.pop(n)


def put_wait(process: Process, wait: Wait) -> None:
    """Puts a wait in the place of the one of its number, if there is one."""
    process.waits[wait.n] = wait
    process.changes.waits[wait.n] = None


def drop_waits(process: Process, numbers: Iterable[int]) -> None:
    """These waits are there no longer."""
    for n in numbers:
        process.changes.waits[n] = None
        del process.waits[n]


def put_child(process: Process, child: Child) -> None:
    """Puts a child in the place of the one of its id, if there is one."""
    process.children[child.id] = child
    process.changes.children[child.id] = None


def drop_child(process: Process, id: str) -> Child:
    """The child of this id, which is there no longer."""
    process.changes.children[id] = None
    return process.children.pop(id)


def put_watch(process: Process, watch: Watch) -> None:
    """Puts a watch in the place of the one of its key, if there is one."""
    process.watches[watch.key] = watch
    process.changes.watches[watch.key] = None


def change_step(scope: Scope, process: Process, atom: str, **changes: Any) -> None:
    """Changes fields of the current visit of `atom`."""
    put_step(scope, process, changed(process.steps[atom], **changes))


def change_task(process: Process, task: int, **changes: Any) -> None:
    """Changes fields of a task."""
    put_task(process, changed(process.tasks[task], **changes))


def change_element(
    scope: Scope, process: Process, atom: str, index: int, state: ElementState, output: Any = None
) -> None:
    """How the work for one element of a list stands (R14)."""
    elements = list(process.steps[atom].elements or ())
    elements[index] = Element(elements[index].item, state, output)
    change_step(scope, process, atom, elements=tuple(elements))

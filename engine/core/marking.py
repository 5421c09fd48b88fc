"""How a marking is changed in place, piece by piece; only the fold of events does so."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from engine.core import context
from engine.core.copies import changed
from engine.core.facts import Began, EdgeResult
from engine.core.process import Arrivals, Child, Element, ElementState, Incident, Process, Step, Task, Timer, Wait
from engine.core.routing import arrivals, join
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


def activate(scope: Scope, process: Process, atom: str, visit: int, at: datetime) -> None:
    """The step begins; that of a compensation is what was to be undone next (R13)."""
    step = process.steps.get(atom)
    if step and step.visit == visit and step.state == "active":
        return
    if atom in scope.journey.compensations:
        step = Step(atom, visit, "waiting", ready_at=at)
        process.undo = process.undo[:-1]
    waiting = step or Step(atom, visit, "waiting", ready_at=at)
    put_step(scope, process, changed(waiting, state="active", started_at=at))


def begin(scope: Scope, process: Process, atom: str, visit: int, began: Began | None, at: datetime) -> None:
    """What the step begins with: its list, and the message it waits for."""
    if began is None:
        return
    elements = tuple(Element(item) for item in began.items) if began.items is not None else None
    change_step(scope, process, atom, elements=elements, due_at=began.due_at)
    if began.message is not None:
        process.last_wait += 1
        put_wait(process, Wait(process.last_wait, atom, visit, began.message, began.key, at))


def exited(
    scope: Scope,
    process: Process,
    atom: str,
    exit: Literal["done", "error", "timeout"],
    edges: Sequence[EdgeResult] | None,
    at: datetime,
    output: Any = None,
) -> None:
    """The step is over. Its output is kept until its edges are resolved (R9); what it may undo is noted (R13)."""
    step = process.steps[atom]
    held = edges is None
    over = changed(
        step,
        state="completed" if exit == "done" else "failed",
        exit=exit,
        started_at=step.started_at or at,
        ended_at=at,
        ended_seq=process.seq,
        edges=None if edges is None else tuple([edge.taken for edge in edges]),
        output=output if held else None,
        outcome=step.outcome if held else None,
        elements=None,
    )
    put_step(scope, process, over)
    if exit == "done" and scope.journey.routes[atom].compensated_by:
        process.undo = (*process.undo, atom)
    forget_waits(process, atom)
    _lead_on(scope, process, edges or (), at)


def ended(scope: Scope, process: Process, atom: str, state: Literal["skipped", "cancelled"], at: datetime) -> None:
    """The step is over without an exit."""
    change_step(scope, process, atom, state=state, ended_at=at, ended_seq=process.seq, held=None, elements=None)
    forget_waits(process, atom)


def resolve(scope: Scope, process: Process, atom: str, edges: Sequence[EdgeResult], at: datetime) -> None:
    """Notes how the edges out of `atom` went; targets that this makes ready begin to wait for their start (R3)."""
    change_step(scope, process, atom, edges=tuple([edge.taken for edge in edges]))
    _lead_on(scope, process, edges, at)


def _lead_on(scope: Scope, process: Process, edges: Sequence[EdgeResult], at: datetime) -> None:
    """An exit that leads back resolves nothing else: the reset that follows makes its edges pending again (R7)."""
    if not any(edge.taken and edge.rework for edge in edges):
        make_ready(scope, process, [edge.to for edge in edges], at)


def make_ready(scope: Scope, process: Process, atoms: Sequence[str], at: datetime) -> None:
    """Those of `atoms` that wait and whose join says so are ready from now on (R3)."""
    for atom in atoms:
        step = process.steps.get(atom)
        if atom not in scope.atoms or (step is not None and (step.state != "waiting" or step.ready_at is not None)):
            continue
        if atom not in process.arrivals and len(scope.incoming(atom)) > 1:
            process.arrivals[atom] = arrivals(scope, process, atom)
        if join(scope, process, atom) == "ready":
            ready = Step(atom, 1, "waiting", ready_at=at) if step is None else changed(step, ready_at=at)
            put_step(scope, process, ready)


def reset(
    scope: Scope, process: Process, region: Sequence[str], visits: Mapping[str, int], first: str, at: datetime
) -> None:
    """R7: the members wait again, behind the edges from other members; the first is ready at once."""
    members = frozenset(region)
    for atom in region:
        sources = tuple(edge.source for edge in scope.incoming(atom) if edge.source in members)
        process.gates[atom] = sources
        process.arrivals.pop(atom, None)
        forget_waits(process, atom)
        step = process.steps.get(atom)
        if step is not None:
            put_step(scope, process, Step(atom, visits.get(atom, step.visit), "waiting"))
    put_step(scope, process, changed(process.steps.get(first) or Step(first, 1, "waiting"), ready_at=at))
    make_ready(scope, process, region, at)


def forget_waits(process: Process, atom: str) -> None:
    """The step waits for no message any more."""
    if process.waits:
        drop_waits(process, [wait.n for wait in process.waits.values() if wait.atom == atom])


def save(scope: Scope, process: Process, atom: str, output: Any, sets: Sequence[tuple[str, Any]]) -> None:
    """The case data after an output and what was set on exit (R9)."""
    saved = context.save(process.context, scope.journey.atoms[atom].saves, output)
    process.context = context.assign(saved, sets)

"""How a marking is changed in place, piece by piece; only the fold of events does so."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from engine.core import context
from engine.core.facts import Began, EdgeResult
from engine.core.frozen import changed
from engine.core.noting import change_step, drop_waits, put_step, put_wait
from engine.core.process import Element, Process, Step, Wait
from engine.core.routing import arrivals, join
from engine.core.scope import Scope


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
    performers = process.steps[atom].performers if elements is None else ()
    change_step(scope, process, atom, elements=elements, due_at=began.due_at, performers=performers)
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
            visit = visits.get(atom, step.visit)
            put_step(scope, process, Step(atom, visit, "waiting", performers=step.performers))
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

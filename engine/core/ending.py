"""How open work is ended, and how a process ends (R8, R13)."""

from typing import Literal

from engine.core.callers import SYSTEM
from engine.core.commands import (
    Cancel,
    HearChild,
)
from engine.core.events import (
    ChildEnded,
    Ended,
    IncidentResolved,
    MessageRefused,
    ProcessCancelled,
    ProcessCompleted,
    ProcessFailed,
    Resolution,
    StepCancelled,
    TaskCancelled,
    TimerCancelled,
)
from engine.core.process import Child, Step, Task, Wait
from engine.core.timekeeping import conclude
from engine.core.turn import Turn


def clear(turn: Turn, atom: str, how: Resolution, but: int | None = None, taken: bool = False) -> None:
    """Ends what is open of a step: timers, waits, children, incidents, and its tasks `but` one (R7, R11, R14).

    A message that is bound to its wait is lost, if it is not `taken` (R12).
    """
    process = turn.process
    step = process.steps.get(atom)
    if step is None or (step.state != "active" and step.held is None):
        return  # nothing is open of what waits or is over
    for incident in [one for one in process.open_incidents() if one.atom == atom]:
        turn.emit(IncidentResolved(atom, incident.visit, incident.n, how))
    for timer in [one for one in process.timers.values() if one.atom == atom]:
        turn.emit(TimerCancelled(atom, timer.visit, timer.n))
    for wait in [one for one in process.waits.values() if one.atom == atom and not taken]:
        _lose(turn, wait)
    for child in [one for one in process.children.values() if one.atom == atom]:
        _forsake(turn, child)
    if but is not None and step.elements is None:
        return  # its one task
    for task in [one for one in process.open_tasks() if one.atom == atom and one.n != but]:
        turn.emit(TaskCancelled(atom, task.visit, task.n))


def stop(turn: Turn, compensate: bool = False) -> None:
    """Ends all that is open, children first; what waits stays as it is (States). Children may compensate, too (R13)."""
    process = turn.process
    for child in list(process.children.values()):
        if not compensate:
            _forsake(turn, child)
        elif child.ended is None:
            turn.post(child.id, Cancel(SYSTEM, _WITH_PARENT, compensate=True))
        else:
            turn.emit(_forsaken(child, child.ended))
    for incident in list(process.open_incidents()):
        turn.emit(IncidentResolved(incident.atom, incident.visit, incident.n, "process_ended"))
    for timer in list(process.timers.values()):
        turn.emit(TimerCancelled(timer.atom, timer.visit, timer.n))
    for wait in list(process.waits.values()):
        _lose(turn, wait)
    for task in list(process.open_tasks()):
        turn.emit(TaskCancelled(task.atom, task.visit, task.n, ends=_is_its_step(turn, task)))
    for step in list(process.steps.values()):
        if step.state == "active":
            turn.emit(StepCancelled(step.atom, step.visit))
    turn.queue.clear()


_WITH_PARENT = "Its parent was cancelled."
_UNWANTED = "The step that it was started for has ended."


def end(turn: Turn, status: Literal["completed", "failed", "cancelled"], reason: str | None = None) -> None:
    """Ends what is open, then the process, and tells the parent (R8, R13, R15)."""
    conclude(turn, status)
    stop(turn)
    process = turn.process
    match status:
        case "completed":
            turn.emit(ProcessCompleted(outcome(turn), reason))
        case "failed":
            turn.emit(ProcessFailed(reason or ""))
        case "cancelled":
            turn.emit(ProcessCancelled(reason or ""))
    if parent := process.parent:
        output = {name: process.context[name] for name in parent.returns if name in process.context}
        turn.post(parent.process, HearChild(SYSTEM, process.id, Ended(status, process.outcome, output)))


def outcome(turn: Turn) -> str:
    """R8: of the milestone that completed last among those with an outcome, else `completed`."""
    ended = [
        (step.ended_seq or 0, found)
        for step in turn.process.steps.values()
        if step.state == "completed" and (found := turn.journey.atoms[step.atom].outcome)
    ]
    return max(ended)[1] if ended else "completed"


def the_task(turn: Turn, step: Step) -> Task | None:
    """The open task that a step is, where it is one: human or system work that is not for a list."""
    if step.elements is not None:
        return None
    return next((task for task in turn.process.open_tasks() if task.atom == step.atom), None)


def _is_its_step(turn: Turn, task: Task) -> bool:
    step = turn.process.steps.get(task.atom) if task.atom else None
    return step is not None and step.state == "active" and step.elements is None


def _lose(turn: Turn, wait: Wait) -> None:
    if wait.bound:
        turn.emit(MessageRefused(wait.atom, wait.visit, wait.n, wait.bound.message, "wait_ended"))


def _forsake(turn: Turn, child: Child) -> None:
    """The child is ended without compensation and not heard of again (R13)."""
    if child.ended is None:
        turn.post(child.id, Cancel(SYSTEM, _UNWANTED, forsaken=True))
    turn.emit(_forsaken(child, child.ended or Ended("cancelled", None, {})))


def _forsaken(child: Child, ended: Ended) -> ChildEnded:
    return ChildEnded(child.atom, child.visit, child.id, ended.status, "forsaken", item_index=child.item_index)

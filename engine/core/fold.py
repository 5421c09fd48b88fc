"""The marking is the fold of the events: replaying a process's history gives exactly the stored state.

`decide` makes its events through the same `evolve`, so what is written and what is replayed cannot differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from engine.core import context
from engine.core.events import (
    ActionAttempted,
    EdgeResult,
    Event,
    IncidentRaised,
    IncidentResolved,
    ProcessCancelled,
    ProcessCompleted,
    ProcessContextChanged,
    ProcessFailed,
    ProcessStarted,
    StepCancelled,
    StepCompleted,
    StepSkipped,
    StepStarted,
    TaskAssigned,
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskReassigned,
    TaskReleased,
    TaskStarted,
)
from engine.core.journey import Journey
from engine.core.process import Incident, Process, Step, Task
from engine.core.routing import Scope, join


def fold(journey: Journey, events: Iterable[Event]) -> Process:
    """The marking that `events`, a process's whole history in order, lead to.

    Raises:
        ValueError: when the history does not begin with `process.started`.
    """
    history = iter(events)
    process = born(next(history))
    scope = Scope(journey, process.part)
    for event in history:
        evolve(scope, process, event)
    return process


def born(event: Event) -> Process:
    """The marking right after `process.started`: every entry atom is ready (R1)."""
    fact = event.fact
    if not isinstance(fact, ProcessStarted):
        raise ValueError(f"a history begins with process.started, not {fact.name}")
    return Process(
        id=event.process,
        journey=fact.journey,
        version=fact.version,
        part=fact.part,
        status="running",
        priority=fact.priority,
        initiated_by=event.actor,
        owner=event.actor,
        started_at=event.at,
        context=dict(fact.context),
        business_key=fact.business_key,
        due_at=fact.due_at,
        seq=event.seq,
        last_at=event.at,
        steps={atom: Step(atom, 1, "waiting", ready_at=event.at) for atom in fact.entries},
    )


def evolve(scope: Scope, process: Process, event: Event) -> None:
    """Applies one event to `process`, in place."""
    process.seq = event.seq
    process.last_at = at = event.at
    match event.fact:
        case ProcessCompleted(outcome=outcome):
            _end(process, "completed", at, outcome)
        case ProcessFailed():
            _end(process, "failed", at)
        case ProcessCancelled():
            _end(process, "cancelled", at)
        case ProcessContextChanged(patch=patch):
            process.context = context.merge_patch(process.context, patch)
        case StepStarted(atom=atom):
            _step(process, atom, state="active", started_at=at)
        case StepCompleted() as fact:
            process.context = context.assign(process.context, fact.sets)
            _step(process, fact.atom, state="completed", exit="done", started_at=at, ended_at=at, ended_seq=event.seq)
            _resolve(scope, process, fact.atom, fact.edges, at)
        case StepSkipped() as fact:
            process.steps.setdefault(fact.atom, Step(fact.atom, fact.visit, "waiting"))
            _step(process, fact.atom, state="skipped", ended_at=at, ended_seq=event.seq)
            _resolve(scope, process, fact.atom, fact.edges, at)
        case StepCancelled(atom=atom):
            _step(process, atom, state="cancelled", ended_at=at, ended_seq=event.seq)
        case IncidentRaised() as fact:
            _raise(process, fact, at)
        case IncidentResolved() as fact:
            _close(scope, process, fact, at)
        case _:
            _evolve_task(scope, process, event)


def _evolve_task(scope: Scope, process: Process, event: Event) -> None:
    at = event.at
    match event.fact:
        case TaskCreated() as fact:
            _create(process, fact, at)
        case TaskAssigned(task=task, assignee=assignee) | TaskReassigned(task=task, assignee=assignee):
            _task(process, task, status="assigned", assignee=assignee, started_at=None)
        case TaskStarted(task=task, assignee=assignee):
            _task(process, task, status="in_progress", assignee=assignee, started_at=at)
        case TaskReleased(task=task):
            _task(process, task, status="pending", assignee=None, started_at=None)
        case TaskCompleted() as fact:
            _complete(scope, process, fact, event)
        case TaskCancelled(task=task, atom=atom):
            _task(process, task, status="cancelled", ended_at=at, next_at=None)
            _step(process, atom, state="cancelled", ended_at=at, ended_seq=event.seq)
        case ActionAttempted(task=task, attempt=attempt, next_at=next_at):
            _task(process, task, attempts=attempt, next_at=next_at, lease=None)
        case fact:
            raise ValueError(f"{fact.name} cannot follow in a history")


def _create(process: Process, fact: TaskCreated, at: datetime) -> None:
    process.last_task = fact.task
    process.tasks[fact.task] = Task(
        n=fact.task,
        kind=fact.kind,
        atom=fact.atom,
        visit=fact.visit,
        name=fact.title,
        role=fact.role,
        action=fact.action,
        status="pending",
        priority=fact.priority,
        input=fact.input,
        created_at=at,
        next_at=fact.next_at,
        timeout_seconds=fact.timeout_seconds,
    )
    started = process.steps[fact.atom].started_at or at
    _step(process, fact.atom, state="active", started_at=started)


def _complete(scope: Scope, process: Process, fact: TaskCompleted, event: Event) -> None:
    atom = scope.journey.atoms[fact.atom]
    saved = context.save(process.context, atom.saves, fact.output)
    process.context = context.assign(saved, fact.sets)
    started = process.tasks[fact.task].started_at or event.at
    _task(
        process,
        fact.task,
        status="completed",
        assignee=fact.assignee,
        started_at=started,
        ended_at=event.at,
        output=fact.output,
        next_at=None,
    )
    kept = fact.output if fact.edges is None else None
    _step(
        process,
        fact.atom,
        state="completed",
        exit="done",
        ended_at=event.at,
        ended_seq=event.seq,
        output=kept,
    )
    _resolve(scope, process, fact.atom, fact.edges, event.at)


def _raise(process: Process, fact: IncidentRaised, at: datetime) -> None:
    process.last_incident = fact.incident
    process.incidents[fact.incident] = Incident(
        n=fact.incident,
        atom=fact.atom,
        visit=fact.visit,
        code=fact.code,
        stage=fact.stage,
        message=fact.message,
        fix=fact.fix,
        raised_at=at,
        task=fact.task,
    )
    _step(process, fact.atom, held=fact.stage)


def _close(scope: Scope, process: Process, fact: IncidentResolved, at: datetime) -> None:
    process.incidents[fact.incident] = replace(process.incidents[fact.incident], resolved_at=at)
    process.context = context.assign(process.context, fact.sets)
    _step(process, fact.atom, held=None)
    if fact.task is not None and fact.next_at is not None:
        _task(process, fact.task, attempts=0, next_at=fact.next_at, input=fact.input)
    if fact.edges is not None:
        _step(process, fact.atom, output=None)
        _resolve(scope, process, fact.atom, fact.edges, at)


def _resolve(scope: Scope, process: Process, atom: str, edges: Sequence[EdgeResult] | None, at: datetime) -> None:
    """Notes how the edges out of `atom` went; a target that this makes ready begins to wait (R3)."""
    if edges is None:
        return
    _step(process, atom, edges=tuple(edge.taken for edge in edges))
    for edge in edges:
        if edge.to in scope.atoms and edge.to not in process.steps and join(scope, process, edge.to) == "ready":
            process.steps[edge.to] = Step(edge.to, 1, "waiting", ready_at=at)


def _end(
    process: Process, status: Literal["completed", "failed", "cancelled"], at: datetime, outcome: str | None = None
) -> None:
    process.status = status
    process.ended_at = at
    process.outcome = outcome


def _step(process: Process, atom: str, **changes: Any) -> None:
    process.steps[atom] = replace(process.steps[atom], **changes)


def _task(process: Process, task: int, **changes: Any) -> None:
    process.tasks[task] = replace(process.tasks[task], **changes)

"""The fold of what happens to steps, tasks and incidents."""

from datetime import datetime

from engine.core import context
from engine.core.clocks import begun
from engine.core.events import (
    ActionAttempted,
    Event,
    IncidentRaised,
    IncidentResolved,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepReworked,
    StepSkipped,
    StepStarted,
    TaskAssigned,
    TaskBlocked,
    TaskCancelled,
    TaskChanged,
    TaskCommented,
    TaskCompleted,
    TaskCreated,
    TaskDelegated,
    TaskEscalated,
    TaskFailed,
    TaskReassigned,
    TaskReleased,
    TaskReturned,
    TaskStarted,
    TaskUnblocked,
)
from engine.core.frozen import changed
from engine.core.marking import activate, begin, ended, exited, reset, resolve, save
from engine.core.noting import change_element, change_step, change_task, put_incident, put_step, put_task
from engine.core.process import Incident, Process, Step, Task, TaskStatus
from engine.core.scope import Scope


def evolve_work(scope: Scope, process: Process, event: Event) -> None:
    """Applies an event about a step or an incident.

    Raises:
        ValueError: for a fact that there is no case for.
    """
    at = event.at
    match event.fact:
        case StepStarted(atom=atom, visit=visit, began=began):
            activate(scope, process, atom, visit, at)
            begin(scope, process, atom, visit, began, at)
        case StepCompleted() as fact:
            save(scope, process, fact.atom, fact.output, fact.sets)
            exited(scope, process, fact.atom, "done", fact.edges, at, fact.output)
        case StepFailed(atom=atom, exit=exit, edges=edges):
            exited(scope, process, atom, exit, edges, at)
        case StepSkipped(atom=atom, visit=visit, edges=edges):
            if atom not in process.steps:
                put_step(scope, process, Step(atom, visit, "waiting"))
            ended(scope, process, atom, "skipped", at)
            resolve(scope, process, atom, edges, at)
        case StepCancelled(atom=atom):
            ended(scope, process, atom, "cancelled", at)
        case StepReworked() as fact:
            reset(scope, process, fact.region, fact.visits, fact.atom, at)
        case IncidentRaised() as fact:
            _raise(scope, process, fact, at)
        case IncidentResolved() as fact:
            _close(scope, process, fact, at)
        case fact:
            raise ValueError(f"{fact.name} is no fact about a step's work")


def evolve_task(scope: Scope, process: Process, event: Event) -> None:  # noqa: C901, PLR0912 - one case for each fact
    """Applies an event about a task.

    Raises:
        ValueError: for a fact that there is no case for.
    """
    at = event.at
    match event.fact:
        case TaskCreated() as fact:
            _create(scope, process, fact, at)
        case TaskCompleted() as fact:
            _performed(scope, process, fact, event.actor)
            _complete(scope, process, fact, at)
        case (
            TaskAssigned(task=task, assignee=assignee)
            | TaskReassigned(task=task, assignee=assignee)
            | TaskReturned(task=task, assignee=assignee)
        ):
            _hand_over(process, task, assignee)
        case TaskDelegated(task=task, was=was, inherited=True):
            change_task(process, task, delegated_by=was)
        case TaskDelegated(task=task, assignee=assignee, was=was):
            _hand_over(process, task, assignee, delegated_by=was)
        case TaskEscalated() as fact:
            _escalate(process, fact)
        case TaskChanged(task=task, priority=priority, due_at=due_at):
            change_task(process, task, priority=priority, due_at=due_at)
        case TaskCommented():
            pass
        case TaskStarted(task=task, assignee=assignee):
            change_task(process, task, status="in_progress", assignee=assignee, started_at=at)
        case TaskReleased(task=task, seeking=seeking):
            _hand_over(process, task, None, seeking=seeking)
        case TaskBlocked(task=task):
            change_task(process, task, status="blocked", blocked_from=process.tasks[task].status)
        case TaskUnblocked(task=task):
            change_task(process, task, status=process.tasks[task].blocked_from, blocked_from=None)
        case TaskFailed() as fact:
            _fail(scope, process, fact, at)
        case TaskCancelled() as fact:
            _cancel(scope, process, fact, at)
        case ActionAttempted(task=task, attempt=attempt, next_at=next_at):
            change_task(process, task, attempts=attempt, next_at=next_at, lease=None)
        case fact:
            raise ValueError(f"{fact.name} is no fact about a task")


def _create(scope: Scope, process: Process, fact: TaskCreated, at: datetime) -> None:
    process.last_task = fact.task
    task = Task(
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
        item_index=fact.item_index,
        due_at=fact.due_at,
        description=fact.description,
        optional=fact.optional,
        seeking=fact.seeking,
        sla=begun(fact.sla, at) if fact.sla else None,
    )
    put_task(process, task)
    if fact.atom is None or fact.visit is None:
        return
    activate(scope, process, fact.atom, fact.visit, at)
    if fact.item_index is not None:
        change_element(scope, process, fact.atom, fact.item_index, "open")
    elif process.steps[fact.atom].due_at != fact.due_at:
        change_step(scope, process, fact.atom, due_at=fact.due_at)


def _hand_over(
    process: Process, task: int, assignee: str | None, *, seeking: bool = False, delegated_by: str | None = None
) -> None:
    status: TaskStatus = "assigned" if assignee else "pending"
    blocked = process.tasks[task].status == "blocked"
    change_task(
        process,
        task,
        status="blocked" if blocked else status,
        blocked_from=status if blocked else None,
        assignee=assignee,
        started_at=None,
        seeking=seeking,
        delegated_by=delegated_by,
    )


def _escalate(process: Process, fact: TaskEscalated) -> None:
    change_task(process, fact.task, escalations=fact.level)
    if fact.to_role is not None:
        change_task(process, fact.task, escalated_to=fact.to_role)
    if fact.priority is not None:
        change_task(process, fact.task, priority=fact.priority)
    if fact.freed:
        change_task(process, fact.task, role=fact.to_role)
    if fact.assignee is not None or fact.freed:
        _hand_over(process, fact.task, fact.assignee)
    clock = process.tasks[fact.task].sla
    if fact.reached_at is not None and clock is not None:
        clock = changed(clock, escalated=clock.escalated + 1, escalate_at=fact.next_at)
        change_task(process, fact.task, sla=clock)


def _complete(scope: Scope, process: Process, fact: TaskCompleted, at: datetime) -> None:
    task = process.tasks[fact.task]
    change_task(
        process,
        fact.task,
        status="completed",
        assignee=fact.assignee,
        started_at=task.started_at or at,
        ended_at=at,
        output=fact.output,
        next_at=None,
        seeking=False,
    )
    if fact.atom is None:
        return
    if task.item_index is not None:
        change_element(scope, process, fact.atom, task.item_index, "done", fact.output)
        return
    save(scope, process, fact.atom, fact.output, fact.sets)
    exited(scope, process, fact.atom, "done", fact.edges, at, fact.output)


def _performed(scope: Scope, process: Process, fact: TaskCompleted, actor: str) -> None:
    """Notes who did a task of the visit: of a list, beside those who did the others (four eyes look at all of them).

    Whoever completes what another has, did it with them.
    """
    if fact.atom is None or fact.assignee is None:
        return
    of_a_list = process.tasks[fact.task].item_index is not None
    known = process.steps[fact.atom].performers if of_a_list else ()
    performers = tuple(dict.fromkeys((*known, fact.assignee, actor)))
    change_step(scope, process, fact.atom, performers=performers)


def _fail(scope: Scope, process: Process, fact: TaskFailed, at: datetime) -> None:
    task = process.tasks[fact.task]
    change_task(
        process,
        fact.task,
        status="failed",
        assignee=fact.assignee,
        started_at=task.started_at or (at if fact.assignee else None),
        ended_at=at,
        next_at=None,
    )
    if fact.atom is None:
        return
    if task.item_index is not None:
        change_element(scope, process, fact.atom, task.item_index, "failed")
    elif fact.exit:
        exited(scope, process, fact.atom, fact.exit, fact.edges, at)


def _cancel(scope: Scope, process: Process, fact: TaskCancelled, at: datetime) -> None:
    change_task(process, fact.task, status="cancelled", blocked_from=None, ended_at=at, next_at=None, seeking=False)
    if fact.atom is None:
        return
    if fact.exit:
        exited(scope, process, fact.atom, fact.exit, fact.edges, at)
    elif fact.ends:
        ended(scope, process, fact.atom, "cancelled", at)


def _raise(scope: Scope, process: Process, fact: IncidentRaised, at: datetime) -> None:
    process.last_incident = fact.incident
    incident = Incident(
        n=fact.incident,
        atom=fact.atom,
        visit=fact.visit,
        code=fact.code,
        stage=fact.stage,
        message=fact.message,
        fix=fact.fix,
        raised_at=at,
        task=fact.task,
        item_index=fact.item_index,
    )
    put_incident(process, incident)
    if fact.stage == "assignment":
        return
    if fact.item_index is None:
        change_step(scope, process, fact.atom, held=fact.stage)
    else:
        change_element(scope, process, fact.atom, fact.item_index, "held")


def _close(scope: Scope, process: Process, fact: IncidentResolved, at: datetime) -> None:
    incident = process.incidents[fact.incident]
    put_incident(process, changed(incident, resolved_at=at))
    if incident.stage == "assignment":
        return
    process.context = context.assign(process.context, fact.sets)
    if incident.item_index is None:
        change_step(scope, process, fact.atom, held=None)
    begin(scope, process, fact.atom, fact.visit, fact.began, at)
    if fact.edges is not None:
        change_step(scope, process, fact.atom, output=None, outcome=None)
        resolve(scope, process, fact.atom, fact.edges, at)

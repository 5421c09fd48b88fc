"""The brain: what a command does to a process. Pure: the same arguments give the same decision.

What comes in is a command, the marking it meets, and the time read after the process was locked; what goes out is a
`Decision`: the events and the rows they change. A command that is refused raises, and nothing has happened.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.core import context
from engine.core.access import acting_on, seen_task
from engine.core.advance import advance, after_exit, begin_work, cancel_open, work_input
from engine.core.commands import (
    Cancel,
    ChangeContext,
    ClaimTask,
    Command,
    CompleteTask,
    CompleteWork,
    ExpireLease,
    FailWork,
    ReassignTask,
    ReleaseTask,
    RetryIncident,
    Start,
    StartTask,
    TaskCommand,
    WorkCommand,
)
from engine.core.decision import Decision
from engine.core.departure import Failure, depart
from engine.core.errors import Conflict, Invalid, NotFound
from engine.core.events import (
    ActionAttempted,
    Event,
    IncidentResolved,
    ProcessCancelled,
    ProcessContextChanged,
    ProcessFailed,
    ProcessStarted,
    TaskAssigned,
    TaskCompleted,
    TaskReassigned,
    TaskReleased,
    TaskStarted,
)
from engine.core.fold import born
from engine.core.journey import Journey
from engine.core.process import Incident, Process, Task
from engine.core.routing import Scope
from engine.core.states import running, task_after
from engine.core.turn import Turn, changed_dimensions


def decide(  # noqa: C901, PLR0912 - one case for each command
    journey: Journey, process: Process | None, command: Command, now: datetime
) -> Decision:
    """What `command` does to `process` (None for a start) at `now`.

    Raises:
        EngineError: when the command is refused: `process_ended`, `invalid_transition`, `not_your_task`,
            `task_not_found`, `incident_not_found`, `output_invalid`, `context_invalid`, `lease_lost`, `part_not_found`.
    """
    if isinstance(command, Start):
        return _start(journey, command, now)
    assert process is not None, "only a start has no process"
    turn = Turn.on(journey, running(process), now, command.by.id)
    match command:
        case CompleteTask():
            _complete_task(turn, command)
        case ClaimTask():
            _claim(turn, command)
        case StartTask():
            _start_task(turn, command)
        case ReleaseTask():
            _release(turn, command)
        case ReassignTask():
            _reassign(turn, command)
        case CompleteWork():
            _finish(turn, _held_by(turn, command), command.output, None)
        case FailWork(error=error, retryable=retryable):
            _fail_attempt(turn, _held_by(turn, command), error, retryable)
        case ExpireLease():
            _expire(turn, command)
        case RetryIncident():
            _retry(turn, command)
        case ChangeContext():
            _change_context(turn, command)
        case Cancel(reason=reason):
            cancel_open(turn)
            turn.emit(ProcessCancelled(reason))
        case _:
            raise TypeError(f"no meaning for {type(command).__name__}")
    return turn.decision()


def _start(journey: Journey, command: Start, now: datetime) -> Decision:
    """R1."""
    definition = journey.definition
    if journey.part(command.part) is None:
        raise NotFound("part_not_found", f"{journey.ref} has no phase or module {command.part}.", part=command.part)
    errors = journey.schemas.errors("context", command.context)
    if errors:
        raise Invalid("context_invalid", f"The case data break the schema of {journey.ref}.", errors=errors)
    scope = Scope(journey, command.part)
    fact = ProcessStarted(
        journey=definition.key,
        version=definition.version,
        part=command.part,
        business_key=command.business_key,
        context=command.context,
        dimensions=changed_dimensions(definition.dimensions, {}, command.context),
        priority=command.priority,
        due_at=command.due_at,
        entries=scope.entries(),
    )
    event = Event(command.process, 1, now, command.by.id, fact)
    turn = Turn(journey, None, born(event), now, command.by.id, scope, [event])
    advance(turn, fact.entries)
    return turn.decision()


def _claim(turn: Turn, command: ClaimTask) -> None:
    task = _for_people(turn, command)
    task_after(task, "claim")
    acting_on(task, command.by)
    turn.emit(TaskAssigned(task.atom, task.visit, task.n, assignee=command.by.id))


def _start_task(turn: Turn, command: StartTask) -> None:
    task = _for_people(turn, command)
    task_after(task, "start")
    acting_on(task, command.by)
    turn.emit(TaskStarted(task.atom, task.visit, task.n, assignee=task.assignee or command.by.id))


def _release(turn: Turn, command: ReleaseTask) -> None:
    task = _for_people(turn, command)
    task_after(task, "release")
    if not command.by.may("task:reassign"):
        acting_on(task, command.by)
    turn.emit(TaskReleased(task.atom, task.visit, task.n, was=task.assignee or "", reason=command.reason))


def _reassign(turn: Turn, command: ReassignTask) -> None:
    task = _for_people(turn, command)
    task_after(task, "reassign")
    turn.emit(
        TaskReassigned(
            task.atom, task.visit, task.n, was=task.assignee, assignee=command.assignee, reason=command.reason
        )
    )


def _for_people(turn: Turn, command: TaskCommand) -> Task:
    task = seen_task(turn.process, command.task, command.by)
    if task.kind == "system" and task.open:
        detail = f"A worker does this task, by the action {task.action}; it is not given to people."
        raise Conflict("invalid_transition", detail, **{"from": task.status, "allowed": ["completed"]})
    return task


def _complete_task(turn: Turn, command: CompleteTask) -> None:
    task = seen_task(turn.process, command.task, command.by)
    task_after(task, "complete")
    acting_on(task, command.by)
    _finish(turn, task, command.output, task.assignee or command.by.id)


def _finish(turn: Turn, task: Task, output: Mapping[str, Any], assignee: str | None) -> None:
    """The step exits `done`: output checked and saved, `sets` computed, edges decided (R9, R2)."""
    atom = turn.journey.atoms[task.atom]
    _check_output(turn, task, output)
    for incident in [one for one in turn.process.open_incidents() if one.task == task.n]:
        turn.emit(IncidentResolved(incident.atom, incident.visit, incident.n, how="completed"))
    saved = context.save(turn.process.context, atom.saves, output)
    exited = replace(turn.process.steps[task.atom], exit="done")
    departure = depart(turn.journey, replace(turn.process, context=saved), exited, turn.now, output)
    turn.emit(
        TaskCompleted(
            task.atom,
            task.visit,
            task.n,
            assignee=assignee,
            output=output,
            sets=departure.sets,
            edges=departure.edges,
            dimensions=turn.dimensions(context.assign(saved, departure.sets)),
        )
    )
    advance(turn, after_exit(turn, atom, departure))


def _check_output(turn: Turn, task: Task, output: Mapping[str, Any]) -> None:
    atom = turn.journey.atoms[task.atom]
    schemas = turn.journey.schemas
    errors = schemas.errors(f"output/{atom.id}", output)
    if not errors and task.action:
        errors = schemas.errors(f"action-output/{task.action}", output)
    if errors:
        raise Invalid("output_invalid", f"The output breaks the schema of {atom.id}.", errors=errors)
    errors = schemas.errors("context", context.save(turn.process.context, atom.saves, output)) if output else []
    if errors:
        raise Invalid(
            "output_invalid",
            f"With this output the case data would break the schema of {turn.journey.ref}.",
            errors=[
                {"pointer": error["pointer"], "message": f"In the case data: {error['message']}"} for error in errors
            ],
        )


def _held_by(turn: Turn, command: WorkCommand) -> Task:
    """The task whose lease the worker's answer was given under (R10: a late answer is refused)."""
    task = turn.process.tasks.get(command.task)
    lease = task.lease if task and task.open else None
    if task is None or lease is None or lease.token != command.token or lease.until < turn.now:
        raise Conflict("lease_lost", task=f"{turn.process.id}.{command.task}")
    return task


def _expire(turn: Turn, command: ExpireLease) -> None:
    task = turn.process.tasks.get(command.task)
    lease = task.lease if task and task.open else None
    if task is None or lease is None or lease.token != command.token or lease.until >= turn.now:
        raise Conflict("lease_lost", "The lease has been answered, or has not run out.")
    _fail_attempt(turn, task, f"The worker {lease.worker} did not answer in time.", retryable=True)


def _fail_attempt(turn: Turn, task: Task, error: str, retryable: bool) -> None:
    """R10: the next attempt after the policy's wait; after the last an incident, or the process fails."""
    atom = turn.journey.atoms[task.atom]
    attempt = task.attempts + 1
    again = retryable and attempt < atom.retry.max_attempts
    next_at = turn.now + atom.retry.wait(attempt) if again else None
    turn.emit(ActionAttempted(task.atom, task.visit, task.n, attempt=attempt, error=error, next_at=next_at))
    if again:
        return
    if atom.on_failure == "fail":
        cancel_open(turn)
        turn.emit(ProcessFailed(f"{task.action} failed in {atom.id}: {error}"))
        return
    tries = "once" if attempt == 1 else f"{attempt} times"
    cause = Failure(
        "work",
        "action_failed",
        f"{task.action} failed {tries} in {atom.id}; the last time: {error}",
        f"Mend what {task.action} needs, then retry.",
    )
    turn.raise_incident(turn.process.steps[task.atom], cause, task.n)


def _retry(turn: Turn, command: RetryIncident) -> None:
    """R18: starts the work again, or goes on where the exit was held (R9)."""
    incident = turn.process.incidents.get(command.incident)
    if incident is None:
        raise NotFound("incident_not_found")
    if not incident.open:
        raise Conflict("invalid_transition", "The incident is resolved already.", **{"from": "resolved", "allowed": []})
    step = turn.process.steps[incident.atom]
    atom = turn.journey.atoms[incident.atom]
    if incident.stage == "work":
        _start_again(turn, incident, command)
    elif incident.stage == "input":
        turn.emit(_retried(incident, command))
        begin_work(turn, atom, turn.process.steps[incident.atom])
    else:
        departure = depart(turn.journey, turn.process, step, turn.now, step.output, incident.stage)
        turn.emit(
            replace(
                _retried(incident, command),
                sets=departure.sets,
                edges=departure.edges,
                dimensions=turn.dimensions(context.assign(turn.process.context, departure.sets)),
            )
        )
        advance(turn, after_exit(turn, atom, departure))


def _start_again(turn: Turn, incident: Incident, command: RetryIncident) -> None:
    """R10: the work begins anew, on an input computed afresh: what made it fail may have been mended there."""
    step = turn.process.steps[incident.atom]
    given = work_input(turn, turn.journey.atoms[incident.atom], step)
    if isinstance(given, Failure):
        turn.emit(_retried(incident, command))
        turn.raise_incident(step, replace(given, stage="work"), incident.task)
    else:
        turn.emit(replace(_retried(incident, command), task=incident.task, next_at=turn.now, input=given))


def _retried(incident: Incident, command: RetryIncident) -> IncidentResolved:
    return IncidentResolved(incident.atom, incident.visit, incident.n, how="retried", reason=command.reason)


def _change_context(turn: Turn, command: ChangeContext) -> None:
    changed = context.merge_patch(turn.process.context, command.patch)
    errors = turn.journey.schemas.errors("context", changed)
    if errors:
        raise Invalid("context_invalid", f"The case data would break the schema of {turn.journey.ref}.", errors=errors)
    turn.emit(ProcessContextChanged(command.patch, command.reason, turn.dimensions(changed)))

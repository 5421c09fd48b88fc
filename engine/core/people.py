"""What people do with tasks (States), and what workers answer for theirs (R10)."""

from engine.core.access import acting_on, seen_task
from engine.core.advance import advance
from engine.core.callers import Caller
from engine.core.commands import (
    AddTask,
    BlockTask,
    ClaimTask,
    CompleteTask,
    CompleteWork,
    ExpireLease,
    Extra,
    FailTask,
    FailWork,
    StartTask,
    TaskCommand,
    UnblockTask,
    WorkCommand,
)
from engine.core.documents import bring_with, check_documents
from engine.core.eligibility import check_eligible, check_free, check_person, found
from engine.core.errors import Conflict
from engine.core.events import (
    TaskAssigned,
    TaskBlocked,
    TaskCompleted,
    TaskCreated,
    TaskFailed,
    TaskStarted,
    TaskUnblocked,
)
from engine.core.process import Task
from engine.core.states import task_after
from engine.core.timekeeping import marks_of
from engine.core.turn import Turn
from engine.core.working import attempt_failed, finish_task, task_failed


def claim(turn: Turn, command: ClaimTask) -> None:
    """pending → assigned to the caller."""
    task = for_people(turn, command, "claim")
    acting_on(task, command.by)
    check_eligible(turn, task, command.by)
    check_free(turn, task, command.by)
    found(turn, task)
    turn.emit(TaskAssigned(task.atom, task.visit, task.n, assignee=command.by.id))


def start_task(turn: Turn, command: StartTask) -> None:
    """assigned → in_progress."""
    task = for_people(turn, command, "start")
    acting_on(task, command.by)
    turn.emit(TaskStarted(task.atom, task.visit, task.n, assignee=task.assignee or command.by.id))


def block(turn: Turn, command: BlockTask) -> None:
    """Open → blocked."""
    task = for_people(turn, command, "block")
    acting_on(task, command.by)
    turn.emit(TaskBlocked(task.atom, task.visit, task.n, command.reason))


def unblock(turn: Turn, command: UnblockTask) -> None:
    """blocked → where it was."""
    task = for_people(turn, command, "unblock")
    acting_on(task, command.by)
    turn.emit(TaskUnblocked(task.atom, task.visit, task.n))


def complete_task(turn: Turn, command: CompleteTask) -> None:
    """Implies claiming and starting it; what its atom requires is accepted by then."""
    task = for_people(turn, command, "complete")
    acting_on(task, command.by)
    check_taking(turn, task, command.by)
    bring_with(turn, task, command.documents)
    check_documents(turn, task)
    assignee = task.assignee or command.by.id
    if task.atom is None:
        turn.emit(TaskCompleted(None, None, task.n, assignee, command.output))
    else:
        finish_task(turn, task, command.output, assignee)
    advance(turn)


def fail_task(turn: Turn, command: FailTask) -> None:
    """Implies claiming and starting it; off the graph it is closed (R10, R18)."""
    task = for_people(turn, command, "fail")
    acting_on(task, command.by)
    check_taking(turn, task, command.by)
    assignee = task.assignee or command.by.id
    if task.atom is None:
        turn.emit(TaskFailed(None, None, task.n, assignee, command.reason))
    else:
        task_failed(turn, task, command.reason, assignee)
    advance(turn)


def add_task(turn: Turn, command: AddTask) -> None:
    """R18: a task off the graph."""
    add_extra(turn, command.task)


def add_extra(turn: Turn, extra: Extra) -> None:
    """Makes a task off the graph (R18)."""
    turn.emit(
        TaskCreated(
            atom=None,
            visit=None,
            task=turn.process.last_task + 1,
            kind="ad_hoc",
            title=extra.name,
            role=extra.role,
            action=None,
            input=None,
            priority=extra.priority or turn.process.priority,
            ready_at=turn.now,
            due_at=extra.due_at,
            description=extra.description,
            optional=extra.optional,
            sla=marks_of(turn, None),
        )
    )


def work_done(turn: Turn, command: CompleteWork) -> None:
    """A worker's answer."""
    task = _held_by(turn, command)
    bring_with(turn, task, command.documents)
    finish_task(turn, task, command.output, None)
    advance(turn)


def work_failed(turn: Turn, command: FailWork) -> None:
    """A failed attempt."""
    attempt_failed(turn, _held_by(turn, command), command.error, command.retryable)
    advance(turn)


def lease_expired(turn: Turn, command: ExpireLease) -> None:
    """A worker that did not answer in time has failed in its attempt."""
    task = turn.process.tasks.get(command.task)
    lease = task.lease if task and task.open else None
    if task is None or lease is None or lease.token != command.token or lease.until >= turn.now:
        raise Conflict("lease_lost", "The lease has been answered, or has not run out.")
    attempt_failed(turn, task, f"The worker {lease.worker} did not answer in time.", retryable=True)
    advance(turn)


def check_taking(turn: Turn, task: Task, caller: Caller) -> None:
    """Who completes or fails a task has it then: what that implies is claiming it, unless it is theirs already.

    Raises:
        Forbidden: as `check_eligible` and `check_free` do.
    """
    check_eligible(turn, task, caller)
    if task.assignee not in (None, caller.id):
        check_person(turn, task, str(task.assignee), None)
    if task.assignee is None:
        check_free(turn, task, caller)
        found(turn, task)


def for_people(turn: Turn, command: TaskCommand, verb: str) -> Task:
    """The task, if the caller sees it, people do it, and its state takes `verb`.

    Raises:
        NotFound: `task_not_found`.
        Conflict: `invalid_transition`.
    """
    task = seen_task(turn.process, command.task, command.by)
    if task.kind == "system" and task.open:
        detail = f"A worker does this task, by the action {task.action}; skip its step to go on without."
        raise Conflict("invalid_transition", detail, **{"from": task.status, "allowed": []})
    task_after(task, verb)
    return task


def _held_by(turn: Turn, command: WorkCommand) -> Task:
    """The task whose lease the worker's answer was given under (R10: a late answer is refused)."""
    task = turn.process.tasks.get(command.task)
    lease = task.lease if task and task.open else None
    if task is None or lease is None or lease.token != command.token or lease.until < turn.now:
        raise Conflict("lease_lost", task=f"{turn.process.id}.{command.task}")
    return task

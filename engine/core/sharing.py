"""How tasks go from hand to hand: given by the engine or a manager, delegated, given back, escalated, changed."""

from engine.core.access import acting_on, seen_task, shares_out, sharing_out
from engine.core.commands import (
    AssignTask,
    ChangeTask,
    CommentOnTask,
    DelegateTask,
    EscalateTask,
    FindNobody,
    ReassignTask,
    ReleaseTask,
    ReturnTask,
    TaskCommand,
)
from engine.core.departure import Failure
from engine.core.eligibility import check_person, found, nobody_found
from engine.core.errors import Conflict
from engine.core.events import (
    TaskAssigned,
    TaskChanged,
    TaskCommented,
    TaskDelegated,
    TaskEscalated,
    TaskReassigned,
    TaskReleased,
    TaskReturned,
)
from engine.core.people import for_people
from engine.core.process import Task
from engine.core.states import task_ways
from engine.core.turn import Turn
from engine.core.working import is_given_out


def assign(turn: Turn, command: AssignTask) -> None:
    """The engine gives a task that seeks somebody; nothing where it has somebody by now.

    Raises:
        Forbidden: `four_eyes`, where that came to be since it was chosen.
    """
    task = _seeking(turn, command.task)
    if task is None:
        return
    check_person(turn, task, command.assignee, None)
    turn.emit(
        TaskAssigned(task.atom, task.visit, task.n, command.assignee, command.method, command.turn, command.instead_of)
    )
    found(turn, task)


def find_nobody(turn: Turn, command: FindNobody) -> None:
    """Nobody is eligible: an incident says why; the task goes on seeking, and its role may still take it.

    As long as the reasons are the same it is the same incident; other reasons make another one.
    """
    task = _seeking(turn, command.task)
    if task is None or task.atom is None:
        return
    known = nobody_found(turn.process, task)
    if known is not None and known.message == command.why:
        return
    found(turn, task, "retried")
    step = turn.process.steps[task.atom]
    failure = Failure("assignment", "nobody_eligible", command.why, command.fix)
    turn.raise_incident(step, failure, task.n, task.item_index)


def release(turn: Turn, command: ReleaseTask) -> None:
    """Back to its role, a delegated one too; what is blocked stays blocked. For who has it or may share it out."""
    task = for_people(turn, command, "release")
    if not shares_out(command.by, task):
        acting_on(task, command.by)
    if task.assignee is None:
        raise Conflict("invalid_transition", "Nobody has the task.", **task_ways(task, "release"))
    seek = command.seek and task.atom is not None and _is_given_out(turn, task.atom, task.role)
    turn.emit(TaskReleased(task.atom, task.visit, task.n, task.assignee, command.reason, seek))


def reassign(turn: Turn, command: ReassignTask) -> None:
    """To another person, who is answerable from now on; what is blocked stays blocked.

    Raises:
        Conflict: `invalid_transition`, where that person has it already, and nobody delegated it to them.
        Forbidden: `permission_denied`, `four_eyes`, `not_skilled`.
    """
    task = for_people(turn, command, "reassign")
    sharing_out(task, command.by)
    if task.delegated_by is None:
        _check_another(task, command.assignee, "reassign")
    check_person(turn, task, command.assignee, command.able)
    turn.emit(TaskReassigned(task.atom, task.visit, task.n, task.assignee, command.assignee, command.reason))
    found(turn, task)


def delegate(turn: Turn, command: DelegateTask) -> None:
    """The assignee asks another person to do it. Who delegated it first stays answerable, however far it goes on.

    Raises:
        Conflict: `invalid_transition`, where that person has it already, or is to get it back.
        Forbidden: `not_your_task`, `four_eyes`, `not_skilled`.
    """
    task = for_people(turn, command, "delegate")
    acting_on(task, command.by)
    answerable = task.delegated_by or task.assignee or command.by.id
    _check_another(task, command.assignee, "delegate")
    if command.assignee == task.delegated_by:
        detail = f"{command.assignee} delegated the task; give it back by returning it."
        raise Conflict("invalid_transition", detail, **task_ways(task, "delegate"))
    check_person(turn, task, command.assignee, command.able)
    turn.emit(TaskDelegated(task.atom, task.visit, task.n, answerable, command.assignee, command.reason))


def give_back(turn: Turn, command: ReturnTask) -> None:
    """Back to who delegated it, by who has it, or by who wants it back.

    Raises:
        Conflict: `invalid_transition`, where nobody delegated it.
        Forbidden: `not_your_task`; `four_eyes`, where who delegated it performed the other atom meanwhile.
    """
    task = for_people(turn, command, "return")
    if command.by.id != task.delegated_by:
        acting_on(task, command.by)
    if task.delegated_by is None:
        detail = "Nobody delegated the task; it can be released."
        raise Conflict("invalid_transition", detail, **task_ways(task, "return"))
    check_person(turn, task, task.delegated_by, None)
    turn.emit(TaskReturned(task.atom, task.visit, task.n, task.assignee or "", task.delegated_by, command.reason))


def escalate(turn: Turn, command: EscalateTask) -> None:
    """Somebody higher is told; who sees a task may say that it takes too long.

    To raise its priority, or to give it to somebody by that, one must be allowed to share it out.

    Raises:
        Conflict: `invalid_transition`, where a worker does it, it is over, or the `assignee` has it already.
        Forbidden: `permission_denied`, `four_eyes`, `not_skilled`.
    """
    task = _open_for_people(turn, command, "escalate")
    if command.assignee is not None or command.priority is not None:
        sharing_out(task, command.by)
    if command.assignee is not None:
        _check_another(task, command.assignee, "reassign")
        check_person(turn, task, command.assignee, command.able)
    turn.emit(
        TaskEscalated(
            task.atom,
            task.visit,
            task.n,
            task.escalations + 1,
            command.reason,
            command.to_role,
            command.to_users,
            command.priority,
            command.assignee,
            was=task.assignee if command.assignee is not None else None,
        )
    )
    if command.assignee is not None:
        found(turn, task)


def change(turn: Turn, command: ChangeTask) -> None:
    """Another priority or due date, by who may share it out; nothing where they are so already.

    Raises:
        Conflict: `invalid_transition`, where a worker does it, or it is over.
        Forbidden: `permission_denied`.
    """
    task = _open_for_people(turn, command, "change")
    sharing_out(task, command.by)
    priority = command.priority or task.priority
    due_at = None if command.no_due else command.due_at or task.due_at
    if (priority, due_at) != (task.priority, task.due_at):
        turn.emit(TaskChanged(task.atom, task.visit, task.n, priority, due_at, command.reason))


def comment(turn: Turn, command: CommentOnTask) -> None:
    """Something said about it, or links attached to it, by who sees it.

    Raises:
        Conflict: `invalid_transition`, where a worker does it, or it is over.
    """
    task = _open_for_people(turn, command, "comment")
    turn.emit(TaskCommented(task.atom, task.visit, task.n, command.text, command.mentions, command.links))


def _is_given_out(turn: Turn, atom: str, role: str | None) -> bool:
    """Whether the engine chooses who gets it; not where it was escalated to another role than the atom's."""
    return role == turn.journey.routes[atom].role and is_given_out(turn, atom)


def _seeking(turn: Turn, n: int) -> Task | None:
    task = turn.process.tasks.get(n)
    return task if task and task.seeks else None


def _open_for_people(turn: Turn, command: TaskCommand, verb: str) -> Task:
    """The task, if the caller sees it and people can still do something about it, blocked or not."""
    task = seen_task(turn.process, command.task, command.by)
    if not task.open or task.kind == "system":
        what = "is done by a worker" if task.kind == "system" else f"is {task.status}"
        raise Conflict("invalid_transition", f"The task {what}; this cannot be done with it.", **task_ways(task, verb))
    return task


def _check_another(task: Task, user: str, verb: str) -> None:
    if user == task.assignee:
        raise Conflict("invalid_transition", f"{user} has the task already.", **task_ways(task, verb))

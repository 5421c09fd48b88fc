"""Who sees a task and who may act on it, by the task itself (the API checks the permission to the operation first)."""

from typing import Protocol

from engine.core.callers import SYSTEM, Caller
from engine.core.errors import Forbidden, NotFound
from engine.core.process import Process, Task


def sees(caller: Caller, task: Task) -> bool:
    """Its assignee and who delegated it, its role, who manages the one or leads the other, and who may `task:read_all`.

    The role it was escalated to, too: whom one asks to help must find it.
    """
    return (
        caller is SYSTEM
        or task.assignee == caller.id
        or (task.role is not None and task.role in caller.roles)
        or caller.may("task:read_all")
        or (task.delegated_by is not None and task.delegated_by == caller.id)
        or task.assignee in caller.manages
        or _leads(caller, task)
        or _asked(caller, task)
    )


class Work(Protocol):
    """What says whose work a task is: a task of a marking, or an answer about one."""

    @property
    def kind(self) -> str: ...

    @property
    def role(self) -> str | None: ...

    @property
    def assignee(self) -> str | None: ...


def may_act(caller: Caller, task: Work) -> bool:
    """Its assignee; its role while nobody has it; who may `task:act_any`."""
    if caller.may("task:act_any") or task.assignee == caller.id:
        return True
    return task.kind != "system" and task.assignee is None and task.role in caller.roles


def shares_out(caller: Caller, task: Task) -> bool:
    """Whether the caller may give the task to others, take it from who has it, or change when it is due.

    Who leads a role shares out what nobody has; what somebody has is their manager's.
    """
    if caller is SYSTEM or caller.may("task:reassign") or _asked(caller, task):
        return True
    return _leads(caller, task) if task.assignee is None else task.assignee in caller.manages


def sharing_out(task: Task, caller: Caller) -> Task:
    """The task, if the caller may share it out.

    Raises:
        Forbidden: `permission_denied`, saying who could.
    """
    if shares_out(caller, task):
        return task
    whose = f"the manager of {task.assignee}" if task.assignee else f"the manager of those who are {task.role}"
    detail = f"This needs the permission task:reassign; {whose} could do it, too."
    raise Forbidden("permission_denied", detail, permission="task:reassign")


def seen_task(process: Process, n: int, caller: Caller) -> Task:
    """The task number `n`; those that have ended are not all in the marking.

    Raises:
        NotFound: `task_not_found`, also where the caller may not see it.
    """
    task = process.tasks.get(n)
    if task is None or not sees(caller, task):
        raise NotFound("task_not_found")
    return task


def acting_on(task: Task, caller: Caller) -> Task:
    """The task, if the caller may act on it.

    Raises:
        Forbidden: `not_your_task`, saying whose it is.
    """
    if may_act(caller, task):
        return task
    if task.kind == "system":
        raise Forbidden("not_your_task", f"A worker does this task, by the action {task.action}.", action=task.action)
    if task.assignee is not None:
        raise Forbidden("not_your_task", f"The task is assigned to {task.assignee}.", assignee=task.assignee)
    raise Forbidden("not_your_task", f"The task is for the role {task.role}.", role=task.role)


def _leads(caller: Caller, task: Task) -> bool:
    return task.role is not None and task.role in caller.leads


def _asked(caller: Caller, task: Task) -> bool:
    """Whether it was escalated to a role that the caller has or leads."""
    return task.escalated_to is not None and task.escalated_to in caller.roles | caller.leads

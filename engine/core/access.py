"""Who sees a task and who may act on it, by the task itself (the API checks the permission to the operation first)."""

from engine.core.commands import SYSTEM, Caller
from engine.core.errors import Forbidden, NotFound
from engine.core.process import Process, Task


def sees(caller: Caller, task: Task) -> bool:
    """Its assignee, its role, and who may `task:read_all`."""
    return (
        caller is SYSTEM
        or task.assignee == caller.id
        or (task.role is not None and task.role in caller.roles)
        or caller.may("task:read_all")
    )


def may_act(caller: Caller, task: Task) -> bool:
    """Its assignee; its role while nobody has it; who may `task:act_any`."""
    if caller.may("task:act_any") or task.assignee == caller.id:
        return True
    return task.kind != "system" and task.assignee is None and task.role in caller.roles


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

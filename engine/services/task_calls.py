"""How every command on one task is asked: the permission, the command, and a refusal as this caller may hear it."""

from collections.abc import Callable

from engine.answers import TaskAnswer
from engine.commit import Answer, Commits
from engine.core.commands import TaskCommand
from engine.core.errors import Conflict, EngineError, Forbidden, NotFound, Unavailable
from engine.core.ids import split
from engine.core.process import CLOSED
from engine.core.receivers import superiors
from engine.ports import Reads, Staff
from engine.services.calls import Call, Shape, require
from engine.services.shapes import changed_task
from engine.services.unknown import no_task


class TaskCalls:
    """Commands on single tasks. A task that the caller may not see does not exist."""

    def __init__(self, commits: Commits, reads: Reads, staff: Staff) -> None:
        self._commits = commits
        self._reads = reads
        self._staff = staff

    async def change(
        self,
        call: Call,
        permission: str | None,
        id: str,
        command: Callable[[int], TaskCommand],
        shape: Callable[[int], Shape] = changed_task,
        status: int = 200,
    ) -> Answer:
        """The answer to the command that is made for the task's number; without a permission the task decides alone."""
        if permission is not None:
            require(call.caller, permission)
        address = split(id)
        if address is None:
            raise no_task(id)
        process, n = address
        try:
            return await self._commits(call.ask(process, command(n), shape(n), status))
        except EngineError as refusal:
            raise await self.told(call, id, refusal) from None

    async def told(self, call: Call, id: str, refusal: EngineError) -> EngineError:
        """The refusal as this caller may hear it.

        The marking holds open tasks only, so one that is closed was not found in it; and how its process or it stands
        is not for those who cannot see the task. Who could share it out is named where the organisation knows it.
        """
        if isinstance(refusal, Unavailable):
            return refusal
        try:
            task = await self.seen(call, id)
        except NotFound as unseen:
            return unseen
        if refusal.code == "task_not_found" and task.status in CLOSED:
            sentence = f"The task is {task.status}; nothing more can be done with it."
            return Conflict("invalid_transition", sentence, **{"from": task.status, "to": None, "allowed": []})
        if refusal.code == "permission_denied" and refusal.details.get("permission") == "task:reassign":
            return await self._could(task, refusal)
        return refusal

    async def seen(self, call: Call, id: str) -> TaskAnswer:
        """The task as this caller sees it.

        Raises:
            NotFound: `task_not_found`.
        """
        address = split(id)
        task = await self._reads.task(*address, call.caller) if address else None
        if task is None:
            raise no_task(id)
        return task

    async def _could(self, task: TaskAnswer, refusal: EngineError) -> EngineError:
        who = superiors(await self._staff.current(), task.assignee, task.role)
        if not who:
            return refusal
        detail = f"This needs the permission task:reassign; {' or '.join(who)} could do it, too."
        return Forbidden("permission_denied", detail, **refusal.details, who=list(who))

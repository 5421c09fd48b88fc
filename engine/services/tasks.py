"""Tasks: find, take, do and hand them on, and add some off the graph."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.answers import Counted, Page, TaskAnswer
from engine.clock import new_id
from engine.commit import Answer, Ask, Commits
from engine.core.commands import (
    AddTask,
    BlockTask,
    ClaimTask,
    CompleteTask,
    Extra,
    FailTask,
    ReassignTask,
    ReleaseTask,
    Start,
    StartTask,
    TaskCommand,
    UnblockTask,
)
from engine.core.errors import Conflict, EngineError, Forbidden, NotFound, Unavailable
from engine.core.ids import split
from engine.core.journey import NO_JOURNEY
from engine.core.process import CLOSED
from engine.journeys import Journeys
from engine.ports import Key, Reads, TaskFilter
from engine.services.calls import Call, Shape, require
from engine.services.shapes import added_task, changed_task, completed_task
from engine.services.unknown import no_process, no_task


@dataclass(frozen=True, slots=True)
class Completion:
    """One task of many that are completed together, with an idempotency key of its own."""

    task: str
    output: Mapping[str, Any]
    key: Key | None = None


class Tasks:
    """Everything that is asked of tasks. A task that the caller may not see does not exist."""

    def __init__(self, commits: Commits, journeys: Journeys, reads: Reads) -> None:
        self._commits = commits
        self._journeys = journeys
        self._reads = reads

    async def find(self, call: Call, wanted: TaskFilter, cursor: str | None, limit: int) -> Page[TaskAnswer]:
        """The tasks that the caller may see, newest first, without their forms."""
        everything = call.caller.may("task:read_all")
        return await self._reads.tasks(replace(wanted, visible_to=None if everything else call.caller), cursor, limit)

    async def get(self, call: Call, id: str) -> TaskAnswer:
        """One task, with the form its performer fills in."""
        task = await self._seen(call, id)
        row = await self._reads.process(task.process, call.caller)
        if row is None:
            raise no_task(id)
        journey = await self._journeys.get(row.process.journey, row.process.version)
        return replace(task, form=journey.atoms[task.atom].output if task.atom else None)

    async def inbox(self, call: Call, user: str | None, cursor: str | None, limit: int) -> Page[TaskAnswer]:
        """The open work of the caller and of the caller's roles, most urgent first.

        Of another `user` it is what is assigned to them: who holds a role is known from the holder's token only.

        Raises:
            Forbidden: `permission_denied`, where another's is asked for without `task:read_all`.
        """
        if user is None or user == call.caller.id:
            return await self._reads.inbox(call.caller.id, sorted(call.caller.roles), cursor, limit)
        if not call.caller.may("task:read_all"):
            raise Forbidden(
                "permission_denied", "Another's inbox needs the permission task:read_all.", permission="task:read_all"
            )
        return await self._reads.inbox(user, [], cursor, limit)

    async def stats(self, call: Call) -> Counted:
        """How many tasks the caller may see, by status, and the open ones by role."""
        counts = await self._reads.task_counts(None if call.caller.may("task:read_all") else call.caller)
        return Counted(sum(counts.get("status", {}).values()), counts)

    async def add(self, call: Call, process: str | None, extra: Extra) -> Answer:
        """Adds a task off the graph (R18); without a `process` it gets one of its own. 201 with the task.

        Raises:
            NotFound: `process_not_found`.
            Conflict: `process_ended`, or `invalid_transition` while the process has not started.
        """
        if process is None:
            require(call.caller, "task:create")
            own = new_id()
            command = Start(call.caller, own, {}, task=extra)
            return await self._commits(replace(call.ask(own, command, added_task, 201), journey=NO_JOURNEY))
        row = await self._reads.process(process, call.caller)
        if row is None or not row.visible:
            raise no_process(process)
        require(call.caller, "task:create")
        return await self._commits(call.ask(process, AddTask(call.caller, extra), added_task, 201))

    async def claim(self, call: Call, id: str) -> Answer:
        """Takes it: pending → assigned to the caller."""
        return await self._change(call, "task:claim", id, lambda n: ClaimTask(call.caller, n))

    async def start(self, call: Call, id: str) -> Answer:
        """Begins to work: assigned → in_progress."""
        return await self._change(call, "task:start", id, lambda n: StartTask(call.caller, n))

    async def release(self, call: Call, id: str, reason: str | None) -> Answer:
        """Gives it back to its role: assigned or in_progress → pending."""
        return await self._change(call, "task:release", id, lambda n: ReleaseTask(call.caller, n, reason))

    async def reassign(self, call: Call, id: str, assignee: str, reason: str | None) -> Answer:
        """To another person; for those who may `task:reassign`."""
        if not call.caller.may("task:reassign"):
            await self._seen(call, id)
        return await self._change(call, "task:reassign", id, lambda n: ReassignTask(call.caller, n, assignee, reason))

    async def complete(self, call: Call, id: str, output: Mapping[str, Any]) -> Answer:
        """The step exits `done` with `output` (R9); the answer says what that started and skipped."""
        return await self._change(
            call, "task:complete", id, lambda n: CompleteTask(call.caller, n, output), completed_task
        )

    async def fail(self, call: Call, id: str, reason: str) -> Answer:
        """The work cannot be done: its step exits `error`, is held by an incident, or its process fails (R10)."""
        return await self._change(call, "task:fail", id, lambda n: FailTask(call.caller, n, reason))

    async def block(self, call: Call, id: str, reason: str) -> Answer:
        """It cannot go on for now, for this reason."""
        return await self._change(call, "task:block", id, lambda n: BlockTask(call.caller, n, reason))

    async def unblock(self, call: Call, id: str) -> Answer:
        """It can go on from where it was."""
        return await self._change(call, "task:unblock", id, lambda n: UnblockTask(call.caller, n))

    async def complete_many(self, call: Call, items: Sequence[Completion]) -> list[Answer | EngineError]:
        """Completes tasks together; one answer or refusal for each, in order, none depending on another."""
        require(call.caller, "task:complete")
        places: dict[int, Ask] = {}
        results: list[Answer | EngineError] = [no_task(item.task) for item in items]
        for place, item in enumerate(items):
            if address := split(item.task):
                process, n = address
                command = CompleteTask(call.caller, n, item.output)
                places[place] = Ask(
                    process,
                    command,
                    completed_task(n),
                    correlation_id=call.correlation_id,
                    keys=(item.key,) if item.key else (),
                )
        for place, answer in zip(places, await self._commits.many([*places.values()]), strict=True):
            refusal = answer if isinstance(answer, EngineError) else None
            results[place] = await self._told(call, items[place].task, refusal) if refusal else answer
        return results

    async def _change(
        self,
        call: Call,
        permission: str,
        id: str,
        command: Callable[[int], TaskCommand],
        shape: Callable[[int], Shape] = changed_task,
    ) -> Answer:
        require(call.caller, permission)
        address = split(id)
        if address is None:
            raise no_task(id)
        process, n = address
        try:
            return await self._commits(call.ask(process, command(n), shape(n)))
        except EngineError as refusal:
            raise await self._told(call, id, refusal) from None

    async def _told(self, call: Call, id: str, refusal: EngineError) -> EngineError:
        """The refusal as this caller may hear it.

        The marking holds open tasks only, so one that is closed was not found in it; and how its process or it stands
        is not for those who cannot see the task.
        """
        if isinstance(refusal, Unavailable):
            return refusal
        try:
            task = await self._seen(call, id)
        except NotFound as unseen:
            return unseen
        if refusal.code == "task_not_found" and task.status in CLOSED:
            sentence = f"The task is {task.status}; nothing more can be done with it."
            return Conflict("invalid_transition", sentence, **{"from": task.status, "to": None, "allowed": []})
        return refusal

    async def _seen(self, call: Call, id: str) -> TaskAnswer:
        address = split(id)
        task = await self._reads.task(*address, call.caller) if address else None
        if task is None:
            raise no_task(id)
        return task

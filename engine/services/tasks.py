"""Tasks: find, take and do them, and add some off the graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.answers import Page, TaskAnswer
from engine.clock import new_id
from engine.commit import Answer, Ask, Commits
from engine.core.commands import (
    AddTask,
    BlockTask,
    ClaimTask,
    CompleteTask,
    Extra,
    FailTask,
    Start,
    StartTask,
    UnblockTask,
)
from engine.core.documents import NOTHING_BROUGHT, Brought
from engine.core.errors import EngineError
from engine.core.ids import split
from engine.core.task_facts import Link
from engine.journeys import Journeys
from engine.ports import Key, Reads, TaskFilter
from engine.services.calls import Call, require
from engine.services.documents import documents_of
from engine.services.drafts import DraftService
from engine.services.shapes import added_task, completed_task
from engine.services.task_calls import TaskCalls
from engine.services.unknown import no_process, no_task


@dataclass(frozen=True, slots=True)
class Completion:
    """One task of many that are completed together, with an idempotency key of its own."""

    task: str
    output: Mapping[str, Any]
    key: Key | None = None
    documents: Brought = field(default_factory=dict[str, tuple[Link, ...]])


class Tasks:
    """Everything that is asked of tasks. A task that the caller may not see does not exist."""

    def __init__(
        self, commits: Commits, journeys: Journeys, reads: Reads, calls: TaskCalls, drafts: DraftService
    ) -> None:
        self._commits = commits
        self._journeys = journeys
        self._reads = reads
        self._calls = calls
        self._drafts = drafts

    async def find(self, call: Call, wanted: TaskFilter, cursor: str | None, limit: int) -> Page[TaskAnswer]:
        """The tasks that the caller may see, newest first, without their forms."""
        everything = call.caller.may("task:read_all")
        return await self._reads.tasks(replace(wanted, visible_to=None if everything else call.caller), cursor, limit)

    async def get(self, call: Call, id: str) -> TaskAnswer:
        """One task, with the form its performer fills in, and the draft of it that the caller has."""
        task = await self._calls.seen(call, id)
        row = await self._reads.process(task.process, call.caller)
        if row is None:
            raise no_task(id)
        journey = await self._journeys.get(row.process.journey, row.process.version)
        documents = documents_of(journey, row.process, task.atom)
        form = journey.atoms[task.atom].output if task.atom else None
        return replace(task, form=form, documents=documents, draft=await self._drafts.of(call, task))

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
            none = await self._journeys.get(None, None)
            return await self._commits(replace(call.ask(own, command, added_task, 201), journey=none))
        row = await self._reads.process(process, call.caller)
        if row is None or not row.visible:
            raise no_process(process)
        require(call.caller, "task:create")
        return await self._commits(call.ask(process, AddTask(call.caller, extra), added_task, 201))

    async def claim(self, call: Call, id: str) -> Answer:
        """Takes it: pending → assigned to the caller."""
        return await self._calls.change(call, "task:claim", id, lambda n: ClaimTask(call.caller, n))

    async def start(self, call: Call, id: str) -> Answer:
        """Begins to work: assigned → in_progress."""
        return await self._calls.change(call, "task:start", id, lambda n: StartTask(call.caller, n))

    async def complete(
        self, call: Call, id: str, output: Mapping[str, Any], documents: Brought = NOTHING_BROUGHT
    ) -> Answer:
        """The step exits `done` with `output` (R9); the answer says what that started and skipped.

        Raises:
            Conflict: `documents_missing`, where the atom requires some that are not accepted.
        """
        return await self._calls.change(
            call, "task:complete", id, lambda n: CompleteTask(call.caller, n, output, documents), completed_task
        )

    async def fail(self, call: Call, id: str, reason: str) -> Answer:
        """The work cannot be done: its step exits `error`, is held by an incident, or its process fails (R10)."""
        return await self._calls.change(call, "task:fail", id, lambda n: FailTask(call.caller, n, reason))

    async def block(self, call: Call, id: str, reason: str) -> Answer:
        """It cannot go on for now, for this reason."""
        return await self._calls.change(call, "task:block", id, lambda n: BlockTask(call.caller, n, reason))

    async def unblock(self, call: Call, id: str) -> Answer:
        """It can go on from where it was."""
        return await self._calls.change(call, "task:unblock", id, lambda n: UnblockTask(call.caller, n))

    async def complete_many(self, call: Call, items: Sequence[Completion]) -> list[Answer | EngineError]:
        """Completes tasks together; one answer or refusal for each, in order, none depending on another."""
        require(call.caller, "task:complete")
        places: dict[int, Ask] = {}
        results: list[Answer | EngineError] = [no_task(item.task) for item in items]
        for place, item in enumerate(items):
            if address := split(item.task):
                process, n = address
                command = CompleteTask(call.caller, n, item.output, item.documents)
                places[place] = Ask(
                    process,
                    command,
                    completed_task(n),
                    correlation_id=call.correlation_id,
                    keys=(item.key,) if item.key else (),
                )
        for place, answer in zip(places, await self._commits.many([*places.values()]), strict=True):
            refusal = answer if isinstance(answer, EngineError) else None
            results[place] = await self._calls.told(call, items[place].task, refusal) if refusal else answer
        return results

"""Drafts: what a task's performer has not finished. Private, apart from the history, and gone once the task is over."""

from collections.abc import Mapping
from typing import Any, Final

from engine.answers import DraftAnswer, TaskAnswer
from engine.commit import Answer
from engine.core.access import may_act
from engine.core.callers import Caller
from engine.core.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from engine.core.ids import split
from engine.core.process import CLOSED
from engine.core.times import format_time
from engine.core.values import encode
from engine.ports import Draft, Drafts
from engine.services.calls import Call, require
from engine.services.remembered import Memory
from engine.services.task_calls import TaskCalls
from engine.services.unknown import no_task

MOST_BYTES: Final = 256 * 1024
"""The longest JSON text of a draft."""


class DraftService:
    """Everything that is asked of drafts. Each person who may perform a task has one of their own; nobody else sees it.

    A draft is not checked against the form: it is what is not finished. Suspended processes take drafts, too (R12).
    """

    def __init__(self, drafts: Drafts, calls: TaskCalls, memory: Memory) -> None:
        self._drafts = drafts
        self._calls = calls
        self._memory = memory

    async def of(self, call: Call, task: TaskAnswer) -> DraftAnswer | None:
        """The caller's draft of a task that is open and the caller's to perform, without asking where there is none."""
        address = split(task.id)
        if address is None or task.status in CLOSED or not may_act(call.caller, task):
            return None
        draft = await self._drafts.read(*address, call.caller.id)
        return _answer(task.id, draft) if draft else None

    async def get(self, call: Call, id: str) -> DraftAnswer:
        """The caller's draft.

        Raises:
            NotFound: `draft_not_found`; `task_not_found`.
        """
        task = await self._calls.seen(call, id)
        draft = await self.of(call, task)
        if draft is None:
            raise NotFound("draft_not_found", f"You have no draft of {task.name}.")
        return draft

    async def keep(self, call: Call, id: str, output: Mapping[str, Any]) -> Answer:
        """Keeps the caller's draft in the place of the one before; with `if_match` only if that has this version.

        Raises:
            NotFound: `task_not_found`.
            Forbidden: `not_your_task`.
            Conflict: `invalid_transition`, where the task is over.
            Stale: `stale_version`.
            Invalid: `request_invalid`, beyond 256 KiB.
        """
        require(call.caller, "task:draft")
        if len(encode(output)) > MOST_BYTES:
            wrong = [{"pointer": "/output", "message": f"is longer than {MOST_BYTES // 1024} KiB"}]
            raise Invalid("request_invalid", "The draft is too long.", errors=wrong)

        async def act() -> Answer:
            process, n = await self._performed(call, id)
            draft = await self._drafts.keep(process, n, call.caller.id, output, call.if_match)
            if draft is None:
                await self._performed(call, id)
                there = await self._drafts.read(process, n, call.caller.id)
                raise Stale("stale_version", version=there.version if there else None)
            return Answer(200, _answer(id, draft))

        return await self._memory.once(call.key, act)

    async def drop(self, call: Call, id: str) -> None:
        """Removes the caller's draft, if there is one.

        Raises:
            NotFound: `task_not_found`.
        """
        require(call.caller, "task:draft")
        await self._calls.seen(call, id)
        process, n = _address(id)
        await self._drafts.drop(process, n, call.caller.id)

    async def _performed(self, call: Call, id: str) -> tuple[str, int]:
        """The place of a task that is open and that the caller may perform."""
        task = await self._calls.seen(call, id)
        if task.status in CLOSED:
            detail = f"The task is {task.status}; nothing more can be done with it."
            raise Conflict("invalid_transition", detail, **{"from": task.status, "to": None, "allowed": []})
        if not may_act(call.caller, task) or task.kind == "system":
            raise _not_yours(call.caller, task)
        return _address(id)


def _address(id: str) -> tuple[str, int]:
    address = split(id)
    if address is None:
        raise no_task(id)
    return address


def _not_yours(caller: Caller, task: TaskAnswer) -> Forbidden:
    whose = f"assigned to {task.assignee}" if task.assignee else f"for the role {task.role}"
    detail = f"The task is {whose}; only who may perform it has a draft of it."
    return Forbidden("not_your_task", detail, assignee=task.assignee, role=task.role, user=caller.id)


def _answer(id: str, draft: Draft) -> DraftAnswer:
    return DraftAnswer(id, draft.output, draft.version, format_time(draft.updated_at))

"""Actions as operators see them: how much of each waits and runs, and the pauses and limits that hold for all workers.

A pause keeps every worker, outside ones too, from being given work of an action; attempts under way go on. It does no
harm to cases: their steps wait, and `explain` says for what.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.answers import Page
from engine.commit import Answer
from engine.core.times import format_if_any, format_time
from engine.ports import ActionRecord, Actions
from engine.services.calls import Call, require
from engine.services.lists_by_name import name_in, page_of
from engine.services.remembered import Memory


@dataclass(frozen=True, slots=True)
class ActionPause:
    """Since when an action rests, who said so, and why."""

    since: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActionAnswer:
    """One action over all workers.

    `limit` is how many attempts run at once at the most; `waiting` is due work that nobody holds, and `running` what
    some worker holds, both counted to 10,000.
    """

    action: str
    paused: ActionPause | None
    limit: int | None
    waiting: int
    running: int
    oldest_due_at: str | None


class ActionService:
    """Everything that is asked and said of actions. Any name is taken: work of it may come later."""

    def __init__(self, actions: Actions, memory: Memory) -> None:
        self._actions = actions
        self._memory = memory

    async def find(self, call: Call, cursor: str | None, limit: int) -> Page[ActionAnswer]:
        """By name, all that have work, a pause or a limit."""
        require(call.caller, "monitoring:read")
        records = await self._actions.records(name_in(cursor), limit + 1)
        return page_of(records, limit, lambda record: record.action, _answer)

    async def pause(self, call: Call, action: str, reason: str) -> Answer:
        """Nobody is given work of it from now on. One that rests already keeps its first pause."""
        require(call.caller, "action:pause")
        return await self._once(call, lambda: self._actions.pause(action, call.caller.id, reason))

    async def resume(self, call: Call, action: str, reason: str | None) -> Answer:
        """Work of it is given out again. Not paused is no error."""
        require(call.caller, "action:resume")
        return await self._once(call, lambda: self._actions.resume(action, call.caller.id, reason or ""))

    async def limit(self, call: Call, action: str, most: int | None, reason: str | None) -> Answer:
        """At most `most` attempts run at once from the next claim on; None takes the limit away."""
        require(call.caller, "action:limit")
        return await self._once(call, lambda: self._actions.limit(action, most, call.caller.id, reason or ""))

    async def _once(self, call: Call, change: Callable[[], Awaitable[ActionRecord]]) -> Answer:
        async def act() -> Answer:
            return Answer(200, _answer(await change()))

        return await self._memory.once(call.key, act)


def _answer(record: ActionRecord) -> ActionAnswer:
    pause = record.pause
    return ActionAnswer(
        action=record.action,
        paused=ActionPause(format_time(pause.since), pause.by, pause.reason) if pause else None,
        limit=record.most,
        waiting=record.waiting,
        running=record.running,
        oldest_due_at=format_if_any(record.oldest_due),
    )

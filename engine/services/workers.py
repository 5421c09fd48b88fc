"""The pause of all workers: for whoever restored a database, or must stop all that the engine does by itself."""

from dataclasses import dataclass

from engine.commit import Answer
from engine.core.times import format_time
from engine.ports import Backlog, Pause, Pauses
from engine.services.calls import Call, require
from engine.services.remembered import Memory


@dataclass(frozen=True, slots=True)
class WorkersAnswer:
    """Whether all workers are paused, since when, by whom and why; and what waits for them (`backlog`)."""

    paused: bool
    since: str | None
    by: str | None
    reason: str | None
    backlog: Backlog


class Workers:
    """Pauses and resumes all workers of all processes of the operating system at once; people go on working."""

    def __init__(self, pauses: Pauses, memory: Memory) -> None:
        self._pauses = pauses
        self._memory = memory

    async def state(self, call: Call) -> WorkersAnswer:
        """Whether they are paused, and what waits for them."""
        require(call.caller, "monitoring:read")
        return await self._answer(await self._pauses.current())

    async def standing(self) -> Pause | None:
        """The pause that stands; for whoever starts workers at a terminal."""
        return await self._pauses.current()

    async def pause(self, call: Call, reason: str) -> Answer:
        """Nothing is claimed any more from now on, no timer fires; work under way may end. Paused already is no error.

        The answer is a `WorkersAnswer` with the pause that stands, which may be an earlier one.
        """
        require(call.caller, "workers:pause")

        async def act() -> Answer:
            return Answer(200, await self._answer(await self._pauses.begin(call.caller.id, reason)))

        return await self._memory.once(call.key, act)

    async def resume(self, call: Call) -> Answer:
        """Lets the workers take up what waits: due timers fire, due work is claimed. Not paused is no error."""
        require(call.caller, "workers:resume")

        async def act() -> Answer:
            await self._pauses.end(call.caller.id)
            return Answer(200, await self._answer(None))

        return await self._memory.once(call.key, act)

    async def _answer(self, pause: Pause | None) -> WorkersAnswer:
        backlog = await self._pauses.backlog()
        if pause is None:
            return WorkersAnswer(False, None, None, None, backlog)
        return WorkersAnswer(True, format_time(pause.since), pause.by, pause.reason, backlog)

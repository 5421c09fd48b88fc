"""The clock of a sandbox: time moves on from one due moment to the next, and all that is due happens on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from engine import clock as machine
from engine.answers import ClockAnswer
from engine.commit import Answer
from engine.core.errors import Conflict, Invalid, Unavailable
from engine.core.times import format_time
from engine.ports import Clock
from engine.services.calls import Call, require
from engine.services.remembered import Memory

_PAUSE: Final = 0.01
"""Seconds between two looks whether the workers are done with what was due."""
_PATIENCE: Final = 45.0
"""Seconds of the machine's time that one call may take."""


class Sandbox:
    """Moves the time of a server that was started with `--sandbox`.

    `idle` says whether the actions of this process have done what was due.
    """

    def __init__(self, clock: Clock, memory: Memory, idle: Callable[[], Awaitable[bool]], *, allowed: bool) -> None:
        self._clock = clock
        self._memory = memory
        self._idle = idle
        self._allowed = allowed
        self._turn = asyncio.Lock()

    async def advance(self, call: Call, by: timedelta, *, at_once: bool = False) -> Answer:
        """Moves the time on; timers on the way have fired at their due time before the answer.

        With `at_once` it stops nowhere on the way, as if nothing had run meanwhile: what came due is done after it.

        Raises:
            Conflict: `not_a_sandbox`.
            Invalid: `request_invalid`, beyond the year 9999.
            Unavailable: when what was due did not get done in time; the clock stands where it did, and can go on.
        """
        require(call.caller, "sandbox:advance")
        if not self._allowed:
            raise Conflict("not_a_sandbox")

        async def act() -> Answer:
            async with self._turn:
                return Answer(200, await self._advance(by, at_once=at_once))

        return await self._memory.once(call.key, act)

    async def _advance(self, by: timedelta, *, at_once: bool) -> ClockAnswer:
        until = machine.monotonic() + _PATIENCE
        await self._settle(until)
        try:
            goal = await self._clock.now() + by
        except OverflowError:
            wrong = [{"pointer": "/advance", "message": "leads beyond the year 9999"}]
            raise Invalid("request_invalid", errors=wrong) from None
        stops = 0
        while not at_once and (due := await self._clock.next_due(goal)):
            await self._clock.advance_to(due)
            await self._settle(until)
            stops += 1
        now = await self._clock.advance_to(goal)
        await self._settle(until)
        return ClockAnswer(format_time(now), stops)

    async def _settle(self, until: float) -> None:
        while not (await self._clock.settled() and await self._idle()):
            if machine.monotonic() > until:
                now = format_time(await self._clock.now())
                raise Unavailable("unavailable", f"What was due by {now} is still being done; ask for the rest then.")
            await asyncio.sleep(_PAUSE)

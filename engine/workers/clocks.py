"""Notes what the clocks of service levels have come to: found by the next mark of each, each mark noted once.

What happens when it is killed: nothing, the marks are found again. Two workers that come to the same clock are no harm:
the second finds nothing passed under the process's lock. The moment of a mark is part of the clock, so that it is exact
however late it is noted. So many processes at most are written in one transaction, and others come between. One whose
clocks cannot be struck is looked at again after a while, and keeps no other from theirs.
"""

import asyncio
from dataclasses import dataclass

import structlog

from engine import clock
from engine.commit import Ask, Commits
from engine.core.callers import SYSTEM
from engine.core.commands import Strike
from engine.core.decision import Decision
from engine.core.errors import EngineError
from engine.core.journey import Journey
from engine.ports import ClockQueue, Staff

_log = structlog.get_logger(__name__)
_ELSEWHERE = frozenset({"process_ended", "process_not_found"})
_FIRST_REST, _LONGEST_REST = 1.0, 300.0
_MOST_AT_REST = 1_000


@dataclass(frozen=True, slots=True)
class _Rest:
    """For how many seconds a process whose clocks could not be struck is left alone, and until when."""

    seconds: float
    until: float


class ClocksWorker:
    """Strikes what is due of at most `limit` processes, every `breath` seconds at most while there are more.

    So where very many clocks strike at the same time, they are noted at a steady pace, and the rest of the processor is
    left to those who wait for an answer. The organisation says who is above those who have what takes too long.
    """

    def __init__(self, queue: ClockQueue, staff: Staff, commits: Commits, limit: int, breath: float) -> None:
        self._queue = queue
        self._staff = staff
        self._commits = commits
        self._limit = limit
        self._breath = breath
        self._at_rest: dict[str, _Rest] = {}

    async def run_once(self) -> bool:
        """Says whether there may be more.

        Raises:
            Unavailable: when the database is away.
        """
        began = clock.monotonic()
        due = await self._queue.due(self._limit, self._resting(began))
        if not due:
            return False
        command = Strike(SYSTEM, await self._staff.current())
        asks = [Ask(process, command, shape=_nothing) for process in due]
        for process, answer in zip(due, await self._commits.many(asks), strict=True):
            if isinstance(answer, EngineError) and answer.code not in _ELSEWHERE:
                self._rest(process, answer.code)
            else:
                self._at_rest.pop(process, None)
        if len(due) < self._limit:
            return False
        await asyncio.sleep(max(self._breath - (clock.monotonic() - began), 0))
        return True

    def _resting(self, now: float) -> list[str]:
        return [process for process, rest in self._at_rest.items() if rest.until > now]

    def _rest(self, process: str, code: str) -> None:
        """Twice as long each time. Of very many, those that rested first are looked at again early."""
        before = self._at_rest.pop(process, None)
        seconds = min(before.seconds * 2, _LONGEST_REST) if before else _FIRST_REST
        _log.warning("clocks.refused", process=process, code=code, again_in_seconds=seconds)
        self._at_rest[process] = _Rest(seconds, clock.monotonic() + seconds)
        if len(self._at_rest) > _MOST_AT_REST:
            del self._at_rest[next(iter(self._at_rest))]


def _nothing(_journey: Journey, _decision: Decision) -> None:
    """Nobody waits for an answer."""

"""Fires timers that are due (R11, R16): found by their due time whenever that was, each fired once.

What happens when it is killed: a timer that was claimed and not fired is another's some seconds later. Two workers that
come to fire the same timer are no harm: the second finds nothing due under the process's lock. Never early: the time is
the database's, read under that lock.
"""

import asyncio
from collections.abc import Sequence

import structlog

from engine.commit import Ask, Commits
from engine.core.callers import SYSTEM
from engine.core.commands import (
    FireTimers,
)
from engine.core.decision import Decision
from engine.core.errors import EngineError
from engine.core.journey import Journey
from engine.points import Point, reached
from engine.ports import TimerQueue

_log = structlog.get_logger(__name__)
_SIDE_BY_SIDE = 2


class TimersWorker:
    """Fires at most `limit` timers in one transaction, so that however many are due, others come in between.

    One claim is for two transactions side by side: while PostgreSQL writes the one, the other is decided.
    """

    def __init__(self, queue: TimerQueue, commits: Commits, limit: int) -> None:
        self._queue = queue
        self._commits = commits
        self._limit = limit

    async def run_once(self) -> bool:
        """Says whether some were due. All that a process has due are one command.

        Raises:
            Unavailable: when the database is away; what was claimed is free again after some seconds.
        """
        due = await self._queue.claim(_SIDE_BY_SIDE * self._limit)
        if not due:
            return False
        reached(Point.BEFORE_FIRING)
        batches = [due[place : place + self._limit] for place in range(0, len(due), self._limit)]
        # Each to its end, whatever becomes of the other: who is told that the round is over begins the next one.
        ends = await asyncio.gather(*map(self._fire_all, batches), return_exceptions=True)
        if failure := next((end for end in ends if end is not None), None):
            raise failure
        return True

    async def _fire_all(self, due: Sequence[str]) -> None:
        while due:
            due = await self._fire(due)

    async def _fire(self, due: Sequence[str]) -> list[str]:
        """Fires what these processes have due; gives those that have more, once they took up what followed."""
        asks = [Ask(process, FireTimers(SYSTEM), shape=_more) for process in due]
        more: list[str] = []
        for process, answer in zip(due, await self._commits.many(asks), strict=True):
            if isinstance(answer, EngineError):
                _log.warning("timers.refused", process=process, code=answer.code)
            elif answer.body:
                more.append(process)
        return more


def _more(_journey: Journey, decision: Decision) -> bool:
    """Whether timers that are due were left, as something that follows from one comes before the next."""
    after = decision.after
    return bool(decision.events) and any(
        not timer.standing and after.last_at is not None and timer.due_at <= after.last_at
        for timer in after.timers.values()
    )

"""Finds leases that ran out and counts each as a failed attempt (R10)."""

import structlog

from engine.commit import Ask, Commits
from engine.core.callers import SYSTEM
from engine.core.commands import (
    ExpireLease,
)
from engine.core.errors import EngineError
from engine.points import Point, reached
from engine.ports import WorkQueue

_log = structlog.get_logger(__name__)


class Rescuer:
    """Looks at no more than `limit` leases at once; one that was answered meanwhile is left alone."""

    def __init__(self, queue: WorkQueue, commits: Commits, limit: int) -> None:
        self._queue = queue
        self._commits = commits
        self._limit = limit

    async def run_once(self) -> bool:
        """Says whether some attempt was counted as failed; a lease whose end is refused is left to the next beat."""
        expired = await self._queue.expired(self._limit)
        if not expired:
            return False
        reached(Point.BEFORE_EXPIRING)
        answers = await self._commits.many(
            [
                Ask(process, ExpireLease(SYSTEM, task, token), shape=lambda journey, decision: None)
                for process, task, token in expired
            ]
        )
        for (process, task, _), answer in zip(expired, answers, strict=True):
            if isinstance(answer, EngineError):
                _log.info("rescuer.refused", process=process, task=task, code=answer.code)
        return not all(isinstance(answer, EngineError) for answer in answers)

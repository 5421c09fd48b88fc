"""Finds leases that ran out and counts each as a failed attempt (R10)."""

from engine.commit import Ask, Commits
from engine.core.commands import SYSTEM, ExpireLease
from engine.ports import WorkQueue


class Rescuer:
    """Looks at no more than `limit` leases at once; one that was answered meanwhile is left alone."""

    def __init__(self, queue: WorkQueue, commits: Commits, limit: int) -> None:
        self._queue = queue
        self._commits = commits
        self._limit = limit

    async def run_once(self) -> bool:
        """Says whether some lease had run out."""
        expired = await self._queue.expired(self._limit)
        if expired:
            await self._commits.many(
                [
                    Ask(process, ExpireLease(SYSTEM, task, token), shape=lambda journey, decision: None)
                    for process, task, token in expired
                ]
            )
        return bool(expired)

"""Takes up what processes post each other: a child's start and end, suspensions, looks for kept messages (R12–R16).

What happens when it is killed: before the commit nothing was taken up; after it, the command is gone with what it did.
Several workers may be at it at once: a process takes up what it was posted under its lock, in order, each once.
"""

from engine.commit import Commits
from engine.points import Point, reached
from engine.ports import CommandQueue


class CommandsWorker:
    """Takes up at most `limit` posted commands at once. `Commits.posted` says when there are some."""

    def __init__(self, queue: CommandQueue, commits: Commits, limit: int) -> None:
        self._queue = queue
        self._commits = commits
        self._limit = limit

    async def run_once(self) -> bool:
        """Says whether there were some.

        Raises:
            Unavailable: when the database is away; what was posted waits there.
        """
        waiting = await self._queue.waiting(self._limit)
        if waiting:
            reached(Point.BEFORE_TAKING_UP)
            await self._commits.take_up(waiting)
        return bool(waiting)

"""Drops what is past its age: event partitions, idempotency keys, kept messages, drafts of tasks that are over,
notifications and what was sent in PostgreSQL, ended processes in the graph.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from engine.ports import Clock, Outbox, Projection

_LIMIT = 500


class Forgetful(Protocol):
    """Rows that are kept for a time."""

    async def forget(self, limit: int) -> int:
        """Removes at most `limit` that are past it; gives how many."""
        ...


class Pruner:
    """Ended processes stay in the graph for `retention`, by the time that they ended by."""

    def __init__(
        self,
        outbox: Outbox,
        kept: Sequence[Forgetful],
        projection: Projection,
        clock: Clock,
        retention: timedelta,
    ) -> None:
        self._outbox = outbox
        self._kept = kept
        self._projection = projection
        self._clock = clock
        self._retention = retention

    async def run_once(self) -> bool:
        """Says whether there may be more to remove."""
        await self._outbox.prune()
        dropped = [await rows.forget(_LIMIT) for rows in self._kept]
        forgotten = await self._projection.forget(await self._clock.now() - self._retention, _LIMIT)
        return _LIMIT in (*dropped, forgotten)

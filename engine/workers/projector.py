"""Applies the events to Neo4j, in order and never twice: the checkpoint moves in the transaction of the batch.

What happens when it is killed: before Neo4j's commit nothing was applied and the checkpoint is the old one; after it,
the new one. When Neo4j is away work goes on and the lag grows; when it comes back wiped there is no checkpoint, and
everything is applied from the first event on.
"""

import structlog

from engine.ports import Cursor, Outbox, Projection

_log = structlog.get_logger(__name__)


class Projector:
    """Moves at most `limit` events at once."""

    def __init__(self, outbox: Outbox, projection: Projection, limit: int) -> None:
        self._outbox = outbox
        self._projection = projection
        self._limit = limit

    async def run_once(self) -> bool:
        """Applies the next events; says whether there were some (which another projector may have applied first).

        Raises:
            Unavailable: when a database is away; the next run starts from the checkpoint again.
        """
        cursor = await self._position()
        batch = await self._outbox.after(cursor, self._limit)
        if batch is not None:
            await self._projection.apply(batch, cursor)
        return batch is not None

    async def rebuild(self) -> int:
        """Removes the live execution and applies every event again; gives how many batches that took."""
        await self._projection.clear()
        batches = 0
        while await self.run_once():
            batches += 1
        return batches

    async def digest(self) -> str:
        """The digest of the live execution as it stands."""
        return await self._projection.digest()

    async def _position(self) -> Cursor | None:
        """The checkpoint; a graph of another epoch followed a database that was restored since, and is rebuilt."""
        cursor = await self._projection.checkpoint()
        if cursor is None or cursor.epoch == await self._outbox.epoch():
            return cursor
        _log.warning("projector.other_epoch", action="rebuild")
        await self._projection.clear()
        return None

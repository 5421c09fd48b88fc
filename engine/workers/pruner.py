"""Drops what is past its age: event partitions and idempotency keys in PostgreSQL, ended processes in the graph."""

from datetime import timedelta

from engine import clock
from engine.ports import Outbox, Projection

_LIMIT = 500


class Pruner:
    """Ended processes stay in the graph for `retention`."""

    def __init__(self, outbox: Outbox, projection: Projection, retention: timedelta) -> None:
        self._outbox = outbox
        self._projection = projection
        self._retention = retention

    async def run_once(self) -> bool:
        """Says whether there may be more to remove."""
        await self._outbox.prune()
        return await self._projection.forget(clock.now() - self._retention, _LIMIT) == _LIMIT

"""Drops what is past its age: event partitions, idempotency keys and kept messages in PostgreSQL, ended processes in
the graph.
"""

from datetime import timedelta

from engine.ports import Clock, Messages, Outbox, Projection

_LIMIT = 500


class Pruner:
    """Ended processes stay in the graph for `retention`, by the time that they ended by."""

    def __init__(
        self, outbox: Outbox, messages: Messages, projection: Projection, clock: Clock, retention: timedelta
    ) -> None:
        self._outbox = outbox
        self._messages = messages
        self._projection = projection
        self._clock = clock
        self._retention = retention

    async def run_once(self) -> bool:
        """Says whether there may be more to remove."""
        await self._outbox.prune()
        dropped = await self._messages.forget(_LIMIT)
        forgotten = await self._projection.forget(await self._clock.now() - self._retention, _LIMIT)
        return _LIMIT in (dropped, forgotten)

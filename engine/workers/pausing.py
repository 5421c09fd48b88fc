"""Knows whether all workers are paused, as PostgreSQL said last; the drum asks before each round.

What happens when PostgreSQL goes away: what was read last holds until it is back, and nothing can be claimed meanwhile.
"""

import structlog

from engine.ports import Pause, Pauses

_log = structlog.get_logger(__name__)


class PauseWatch:
    """Reads the pause at every beat; `pause` is what it read last. Read once before the first worker runs."""

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self.pause: Pause | None = None

    def paused(self) -> bool:
        """Whether workers rest now."""
        return self.pause is not None

    async def run_once(self) -> bool:
        """One look; there is nothing more to find right after it.

        Raises:
            Unavailable: when PostgreSQL is away.
        """
        before, self.pause = self.pause, await self._pauses.current()
        if self.pause and self.pause != before:
            _log.warning("workers.paused", by=self.pause.by, reason=self.pause.reason)
        elif before and not self.pause:
            _log.info("workers.resumed")
        return False

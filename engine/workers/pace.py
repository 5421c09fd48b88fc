"""How long events take from their commit to the graph, told in the log once a minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from engine.clock import monotonic
from engine.ports import Batch

_log = structlog.get_logger(__name__)
_TELL_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """A span of time: `delays` are seconds from an event to the end of Neo4j's commit, by nearest rank."""

    seconds: float
    events: int
    batches: int
    p50: float
    p99: float
    longest: float


class Pace:
    """Counts the events of each batch by the delay they had, and tells of them when a minute has gone by."""

    def __init__(self) -> None:
        self._since = monotonic()
        self._batches = 0
        self._delays: dict[float, int] = {}

    def observe(self, batch: Batch, seconds: float) -> None:
        """A batch was applied so many seconds after it was read."""
        if batch.read_at is None:
            return
        self._batches += 1
        for event in batch.events:
            delay = round((batch.read_at - event.at).total_seconds() + seconds, 3)
            self._delays[delay] = self._delays.get(delay, 0) + 1
        if monotonic() - self._since >= _TELL_SECONDS:
            told = self.told()
            _log.info(
                "projector.pace",
                seconds=round(told.seconds, 1),
                events=told.events,
                batches=told.batches,
                p50=told.p50,
                p99=told.p99,
                longest=told.longest,
            )
            self._since, self._batches, self._delays = monotonic(), 0, {}

    def told(self) -> Told:
        """What was observed since it was told of last."""
        delays = sorted(self._delays.items())
        events = sum(self._delays.values())
        return Told(
            seconds=monotonic() - self._since,
            events=events,
            batches=self._batches,
            p50=_rank(delays, events * 0.5),
            p99=_rank(delays, events * 0.99),
            longest=delays[-1][0] if delays else 0.0,
        )


def _rank(delays: Sequence[tuple[float, int]], rank: float) -> float:
    passed = 0
    for delay, events in delays:
        passed += events
        if passed >= rank:
            return delay
    return 0.0

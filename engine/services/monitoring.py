"""Figures for those who look after the whole: what runs, and where work waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.answers import Page, ProcessSummary
from engine.core.errors import Unavailable
from engine.ports import GraphStore, HeldBack, Outbox, Pauses, Projection, Reads
from engine.services.calls import Call, require
from engine.services.questions import Questions

HELD_TOO_LONG: Final = 60.0
"""Seconds after which a transaction that holds the projection back is told of as what is the matter."""


@dataclass(frozen=True, slots=True)
class BottlenecksAnswer:
    """Where work waits, worst first; `as_of` is the time of the last event that the graph had applied."""

    items: tuple[Mapping[str, Any], ...]
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the projection is behind: events (counted to 100,000) and the age of the oldest, in seconds.

    Of these, `held_back_events` wait for a transaction that is still open in PostgreSQL, in its process `held_back_by`
    (null where it cannot be seen), the oldest since `held_back_seconds`. `stuck` names an event that the graph cannot
    take: nothing goes on behind it.
    """

    events: int
    seconds: float
    held_back_events: int = 0
    held_back_seconds: float = 0.0
    held_back_by: int | None = None
    stuck: str | None = None

    @property
    def bounded(self) -> bool:
        """Whether it goes on by itself: nobody has to end a transaction, or mend an event."""
        return self.stuck is None and self.held_back_seconds < HELD_TOO_LONG


@dataclass(frozen=True, slots=True)
class Readiness:
    """`ready`, `degraded` while Neo4j is away or stands still (work goes on), or `unavailable` while PostgreSQL is.

    `workers` are `running` or `paused` (all of them: people's work goes on), `unknown` while PostgreSQL is away.
    """

    status: str
    postgres: str
    neo4j: str
    workers: str
    projection: Lag | None


class Monitoring:
    """Figures over all processes, and whether the parts of the engine are there."""

    def __init__(
        self,
        reads: Reads,
        pauses: Pauses,
        graph: GraphStore,
        outbox: Outbox,
        projection: Projection,
        questions: Questions,
    ) -> None:
        self._reads = reads
        self._pauses = pauses
        self._graph = graph
        self._outbox = outbox
        self._projection = projection
        self._questions = questions

    async def active_processes(self, call: Call, cursor: str | None, limit: int) -> Page[ProcessSummary]:
        """Every process that has not ended, longest running first."""
        require(call.caller, "monitoring:read")
        return await self._reads.active_processes(cursor, limit)

    async def bottlenecks(self, call: Call, given: Mapping[str, str]) -> BottlenecksAnswer:
        """Where work waits longest and blocks most, by the graph; `given` are the question's parameters."""
        require(call.caller, "monitoring:read")
        answer = await self._questions.answer("bottlenecks", given)
        return BottlenecksAnswer(answer.items, answer.as_of)

    async def readiness(self) -> Readiness:
        """Asks both databases. PostgreSQL away: unavailable. Neo4j away, or nothing gets there any more: degraded."""
        try:
            await self._reads.ping()
            workers = "paused" if await self._pauses.current() else "running"
        except Unavailable:
            return Readiness("unavailable", "away", "unknown", "unknown", None)
        try:
            await self._graph.ping()
            lag = await self.lag()
            return Readiness("ready" if lag.bounded else "degraded", "there", "there", workers, lag)
        except Unavailable:
            return Readiness("degraded", "there", "away", workers, None)

    async def lag(self) -> Lag:
        """How far the projection is behind the events.

        Raises:
            Unavailable: when either database is away.
        """
        state = await self._projection.state()
        events, seconds = await self._outbox.lag(state.cursor)
        held = (await self._outbox.held_back() if events else None) or HeldBack(0, 0.0, None)
        return Lag(events, seconds, held.events, held.seconds, held.pid, state.stuck)

    async def counts(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """Processes, tasks and open incidents by what they are counted by, for the metrics."""
        return {
            "processes": await self._reads.process_counts(None),
            "tasks": await self._reads.task_counts(None),
            "incidents": await self._reads.incident_counts(),
        }

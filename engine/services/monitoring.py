"""Figures for those who look after the whole: what runs, and where work waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.answers import Page, ProcessSummary
from engine.core.errors import Unavailable
from engine.ports import GraphStore, Outbox, Projection, Reads
from engine.services.calls import Call, require
from engine.services.questions import Questions


@dataclass(frozen=True, slots=True)
class BottlenecksAnswer:
    """Where work waits, worst first; `as_of` is the time of the last event that the graph had applied."""

    items: tuple[Mapping[str, Any], ...]
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the projection is behind: events (counted to 100,000) and the age of the oldest, in seconds."""

    events: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """`ready`, `degraded` while Neo4j is away (work goes on), or `unavailable` while PostgreSQL is."""

    status: str
    postgres: str
    neo4j: str
    projection: Lag | None


class Monitoring:
    """Figures over all processes, and whether the parts of the engine are there."""

    def __init__(
        self, reads: Reads, graph: GraphStore, outbox: Outbox, projection: Projection, questions: Questions
    ) -> None:
        self._reads = reads
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
        """Asks both databases. PostgreSQL away: unavailable. Neo4j away: degraded."""
        try:
            await self._reads.ping()
        except Unavailable:
            return Readiness("unavailable", "away", "unknown", None)
        try:
            await self._graph.ping()
            return Readiness("ready", "there", "there", await self.lag())
        except Unavailable:
            return Readiness("degraded", "there", "away", None)

    async def lag(self) -> Lag:
        """How far the projection is behind the events.

        Raises:
            Unavailable: when either database is away.
        """
        return Lag(*await self._outbox.lag(await self._projection.checkpoint()))

    async def counts(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """Processes, tasks and open incidents by what they are counted by, for the metrics."""
        return {
            "processes": await self._reads.process_counts(None),
            "tasks": await self._reads.task_counts(None),
            "incidents": await self._reads.incident_counts(),
        }

"""The engine below its doors, on fakes: published journeys, commits, and the queue of the workers."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.commit import Answer, Ask, Commits
from engine.core.callers import Caller
from engine.core.commands import (
    Command,
    Start,
)
from engine.core.journey import Journey
from engine.core.process import Process
from engine.journeys import Journeys
from engine.loading import load
from engine.ports import Key
from tests.core.play import ADMIN, HEAD
from tests.fakes.memory import Memory
from tests.fakes.memory_versions import MemoryVersions

OLGA = Caller("olga")


class Clock:
    """A time that moves when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class InMemory:
    """One engine; `start` and `give` are single commands."""

    def __init__(self, memory: Memory | None = None, queue: int = 5_000) -> None:
        self.clock = Clock()
        self.memory = memory or Memory(self.clock)
        self.versions = MemoryVersions(self.memory.now)
        self.journeys = Journeys(self.versions)
        self.commits = Commits(self.memory.store, self.journeys, queue=queue)
        self._numbers = itertools.count(1)

    async def publish(self, atoms: str, head: str = HEAD) -> Journey:
        text = f"{head}atoms:\n{atoms}"
        loaded = load(text, "yaml")
        assert loaded.definition and loaded.routes, loaded.findings
        definition = loaded.definition
        await self.versions.save(definition, text, "yaml", "dora")
        await self.versions.publish(definition.key, definition.version, definition.hash, loaded.routes, "", "dora")
        return await self.journeys.get(definition.key, definition.version)

    def starting(
        self,
        journey: Journey,
        key: Key | None = None,
        business_key: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Ask:
        id = f"p{next(self._numbers)}"
        return Ask(
            id,
            Start(OLGA, id, context or {}, business_key=business_key),
            lambda _, decision: decision.after.id,
            201,
            keys=(key,) if key else (),
            journey=journey,
        )

    async def start(self, journey: Journey, **context: Any) -> str:
        answer = await self.commits(self.starting(journey, context=context))
        assert isinstance(answer.body, str)
        return answer.body

    async def give(self, process: str, command: Command, key: Key | None = None) -> Answer:
        return await self.commits(asking(process, command, key))

    def process(self, id: str) -> Process:
        return self.memory.rows.processes[id]

    def types(self, id: str) -> list[str]:
        return [event.fact.name for event, _ in self.memory.rows.events if event.process == id]


def asking(process: str, command: Command, key: Key | None = None) -> Ask:
    keys = (key,) if key else ()
    return Ask(process, command, lambda _, decision: [event.fact.name for event in decision.events], keys=keys)


__all__ = ["ADMIN", "OLGA", "Clock", "InMemory", "asking"]

"""`crew`: the engine below its doors on a migrated PostgreSQL of the test's own, and its workers to be made."""

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from engine.commit import Ask, Commits
from engine.core.callers import Caller
from engine.core.commands import (
    Command,
    Start,
)
from engine.core.journey import Journey
from engine.core.process import Process
from engine.journeys import Journeys
from engine.loading import load
from engine.settings import Settings
from engine.store import Postgres, migrate
from engine.workers.commands import CommandsWorker
from engine.workers.timers import TimersWorker
from tests.core.play import HEAD


class Crew:
    """One engine on PostgreSQL; every `commits` is a process of the operating system of its own, so to say."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.commits = self.other_commits()
        self._numbers = itertools.count(1)

    def other_commits(self) -> Commits:
        return Commits(self.postgres.store, Journeys(self.postgres.versions))

    def commands(self, commits: Commits | None = None, limit: int = 100) -> CommandsWorker:
        return CommandsWorker(self.postgres.commands, commits or self.commits, limit)

    def timers(self, commits: Commits | None = None, limit: int = 100) -> TimersWorker:
        return TimersWorker(self.postgres.timers, commits or self.commits, limit)

    async def publish(self, atoms: str, head: str = HEAD) -> Journey:
        text = f"{head}atoms:\n{atoms}"
        loaded = load(text, "yaml")
        assert loaded.definition, loaded.findings
        assert loaded.routes, loaded.findings
        key, version = loaded.definition.key, loaded.definition.version
        assert key
        assert version
        await self.postgres.versions.save(loaded.definition, text, "yaml", "dora")
        await self.postgres.versions.publish(key, version, loaded.definition.hash, loaded.routes, "h", "dora")
        return await Journeys(self.postgres.versions).get(key, version)

    async def start(self, journey: Journey, count: int = 1, **context: Any) -> list[str]:
        """Starts so many processes in one transaction; gives their ids."""
        ids = [f"p{next(self._numbers)}" for _ in range(count)]
        olga = Caller("olga")
        asks = [Ask(id, Start(olga, id, context), lambda _, decision: None, journey=journey) for id in ids]
        await self.commits.many(asks)
        return ids

    async def give(self, process: str, command: Command) -> None:
        await self.commits(Ask(process, command, lambda _, decision: None))

    async def advance(self, by: timedelta) -> None:
        await self.postgres.clock.advance_to(await self.postgres.clock.now() + by)

    async def process(self, id: str) -> Process:
        async with self.postgres.store.transaction() as transaction:
            return (await transaction.lock([id])).markings[id]

    async def types(self, id: str) -> list[str]:
        page = await self.postgres.reads.history(id, None, 1000)
        return [event.type for event in page.items]


async def drain(worker: CommandsWorker | TimersWorker) -> int:
    """Runs a worker until it finds nothing; gives how many rounds found something."""
    rounds = 0
    while await worker.run_once():
        rounds += 1
    return rounds


@pytest.fixture
async def crew(postgres_url: str) -> AsyncIterator[Crew]:
    await migrate(postgres_url, Settings())
    async with Postgres.open(postgres_url, Settings()) as postgres:
        yield Crew(postgres)

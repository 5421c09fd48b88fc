"""`world`: every suite runs in memory and on PostgreSQL, on a fresh database for each test."""

from collections.abc import AsyncIterator

import pytest

from engine.settings import Settings
from engine.store import Postgres, migrate
from tests.conformance.worlds import World, world_of
from tests.fakes.memory import Memory
from tests.fakes.memory_versions import MemoryVersions


@pytest.fixture(params=["memory", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        memory = Memory()
        yield world_of(memory, MemoryVersions())
        return
    url = request.getfixturevalue("postgres_url")
    settings = Settings()
    await migrate(url, settings)
    async with Postgres.open(url, settings) as postgres:
        yield world_of(postgres, postgres.versions)

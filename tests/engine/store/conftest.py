"""A migrated PostgreSQL for each test: the adapter, its ports as a `World`, and a plain connection beside them."""

from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from engine.settings import Settings
from engine.store import Postgres, migrate
from tests.conformance.worlds import World, world_of

Plain = AsyncConnection[TupleRow]


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Postgres]:
    await migrate(postgres_url, Settings())
    async with Postgres.open(postgres_url, Settings()) as postgres:
        yield postgres


@pytest.fixture
async def another(postgres: Postgres, postgres_url: str) -> AsyncIterator[Postgres]:
    """What another program on the same database has, with a memory of its own."""
    async with Postgres.open(postgres_url, Settings()) as opened:
        yield opened


@pytest.fixture
def world(postgres: Postgres) -> World:
    return world_of(postgres, postgres.versions)


@pytest.fixture
async def sql(postgres: Postgres, postgres_url: str) -> AsyncIterator[Plain]:
    """A connection in autocommit to the test's migrated database."""
    async with await AsyncConnection.connect(postgres_url, autocommit=True) as connection:
        yield connection

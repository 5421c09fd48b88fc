"""The whole engine on real databases: one fresh PostgreSQL database and an empty Neo4j for each test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.permissions import PERMISSIONS
from engine.bootstrap import Engine, migrate, open_engine
from engine.core.callers import Caller
from engine.services.calls import Call
from engine.services.journeys import Received
from engine.settings import Settings, read_settings
from local.servers import Addresses

ADMIN = Call(Caller("ada", frozenset({"admin"}), PERMISSIONS))
SECRET = "a-secret-of-the-tests-that-is-long-enough"


def settings_for(postgres_url: str, neo4j: Addresses, **more: Any) -> Settings:
    """Settings on the databases of one test."""
    return read_settings(
        postgres_url=postgres_url,
        neo4j_uri=neo4j.neo4j_uri,
        neo4j_user=neo4j.neo4j_user,
        neo4j_password=neo4j.neo4j_password,
        jwt_secret=SECRET,
        **more,
    )


@pytest.fixture
async def settings(postgres_url: str, neo4j: Addresses) -> Settings:
    """Settings on migrated databases."""
    found = settings_for(postgres_url, neo4j)
    await migrate(found)
    return found


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[Engine]:
    """The engine without workers: tests call `run_once()` of those they want."""
    async with open_engine(settings, workers=False) as opened:
        yield opened


async def publish(engine: Engine, document: str) -> None:
    """Loads and publishes a journey."""
    await engine.journeys.load(ADMIN, Received(document.encode(), "yaml"), publish=True)

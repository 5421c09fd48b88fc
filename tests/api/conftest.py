"""An app on real servers for each test, its databases empty but for what the test puts in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI

from api.app import create_app
from engine.bootstrap import Engine, migrate, open_engine
from engine.settings import Settings
from local.servers import Addresses
from tests.api.people import SECRET, Person, person

DOCUMENT = (Path(__file__).parent / "expense.yaml").read_text("utf-8")


@pytest.fixture(autouse=True)
def _plain_log(_logs_as_they_were: None) -> None:
    # The log as it comes without being set up draws every variable of a traceback, which takes seconds.
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


def settings_on(url: str, neo4j: Addresses) -> Settings:
    """Settings on these databases, with the tests' secret."""
    return Settings(
        postgres_url=url,
        neo4j_uri=neo4j.neo4j_uri,
        neo4j_user=neo4j.neo4j_user,
        neo4j_password=neo4j.neo4j_password,
        jwt_secret=SECRET,
        postgres_pool_max=4,
    )


@pytest.fixture(scope="session")
def migrated(migrated_database: Callable[[], AbstractContextManager[str]], neo4j_server: Addresses) -> None:
    """Both databases are migrated; in PostgreSQL each test copies one that is."""
    with migrated_database() as url:
        asyncio.run(migrate(settings_on(url, neo4j_server)))


@pytest.fixture
def settings(postgres_url: str, neo4j: Addresses, migrated: None) -> Settings:
    """Settings on an empty database of each kind."""
    return settings_on(postgres_url, neo4j)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[Engine]:
    """An engine without workers."""
    async with open_engine(settings, workers=False) as opened:
        yield opened


@pytest.fixture
def app(settings: Settings, engine: Engine) -> FastAPI:
    """The app on that engine."""
    return create_app(settings, engine=engine)


@pytest.fixture
async def working(settings: Settings) -> AsyncIterator[FastAPI]:
    """The app on an engine with workers."""
    async with open_engine(settings, workers=True) as opened:
        yield create_app(settings, engine=opened)


@pytest.fixture
async def admin(app: FastAPI) -> Person:
    """Someone who holds every permission."""
    return person(app, "u-admin", ["admin"])


@pytest.fixture
async def expense(admin: Person) -> str:
    """A published journey: a clerk enters, above a limit a boss reviews, then it is paid."""
    response = await admin.send("POST", "/api/journeys", text=DOCUMENT.encode(), publish="true")
    assert response.status_code == 201, response.text
    return "expense"
